//! The elements of HTML that stand in a page.

use lol_html::{RewriteStrSettings, element, rewrite_str};

/// An element of HTML, as its start tag has it.
#[derive(Debug)]
pub struct Element {
    /// The page's line on which it starts, from 1.
    pub line: usize,
    /// Its name, in small letters.
    pub name: String,
    attributes: Vec<(String, String)>,
}

impl Element {
    /// An attribute's value, where it has one that is not blank.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.trim().is_empty())
    }

    /// The names by which it can be linked to.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        let name = self.attribute("name").filter(|_| self.name == "a");
        self.attribute("id").into_iter().chain(name)
    }

    /// Where it leads, and what it shows.
    pub fn targets(&self) -> Vec<&str> {
        let mut targets = Vec::new();
        for (name, value) in &self.attributes {
            match name.as_str() {
                "href" | "xlink:href" | "src" | "poster" => targets.push(value.trim()),
                "data" if self.name == "object" => targets.push(value.trim()),
                // Each with its width or its density behind it.
                "srcset" => targets.extend(value.split(',').filter_map(|one| one.split_whitespace().next())),
                _ => {}
            }
        }
        targets
    }
}

/// The elements of a page in which all that is no HTML is blank.
pub fn elements(page: &str) -> Vec<Element> {
    let mut elements = Vec::new();
    let all = element!("*", |element| {
        let start = element.source_location().bytes().start;
        let attributes = element.attributes().iter();
        elements.push(Element {
            line: page[..start].matches('\n').count() + 1,
            name: element.tag_name(),
            attributes: attributes.map(|one| (one.name(), one.value().replace("&amp;", "&"))).collect(),
        });
        Ok(())
    });
    // What cannot be told apart is text to a browser, too: it is read on.
    rewrite_str(page, RewriteStrSettings::new().append_element_content_handler(all).with_strict(false)).ok();
    elements
}
