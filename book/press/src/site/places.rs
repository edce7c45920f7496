//! Places of mdBook's pages and scripts that are changed: each knows how often it is to be found, so
//! that a new mdBook, which may have moved one, fails the build and names it.

use std::borrow::Cow;
use std::cell::Cell;
use std::ops::RangeInclusive;
use std::rc::Rc;

use anyhow::{Context, Result, ensure};
use lol_html::html_content::Element;
use lol_html::{ElementContentHandlers, HandlerResult, RewriteStrSettings, Selector, rewrite_str};

/// The places of a page's HTML, by CSS selectors.
#[derive(Default)]
pub struct Places<'a> {
    handlers: Vec<(Cow<'a, Selector>, ElementContentHandlers<'a>)>,
    counts: Vec<(String, RangeInclusive<usize>, Rc<Cell<usize>>)>,
}

impl<'a> Places<'a> {
    /// Changes every element that `selector` finds, and says how many there are to be.
    ///
    /// # Errors
    ///
    /// The selector is none.
    pub fn at(
        &mut self,
        selector: &str,
        expected: RangeInclusive<usize>,
        mut change: impl FnMut(&mut Element<'_, '_>) -> HandlerResult + 'a,
    ) -> Result<()> {
        let count = Rc::new(Cell::new(0));
        self.counts.push((selector.to_owned(), expected, Rc::clone(&count)));
        let handler = move |element: &mut Element<'_, '_>| {
            count.set(count.get() + 1);
            change(element)
        };
        let parsed: Selector = selector.parse().with_context(|| selector.to_owned())?;
        self.handlers.push((Cow::Owned(parsed), ElementContentHandlers::default().element(handler)));
        Ok(())
    }

    /// Sets attributes of every element that `selector` finds.
    ///
    /// # Errors
    ///
    /// The selector is none.
    pub fn set(
        &mut self,
        selector: &str,
        expected: RangeInclusive<usize>,
        attributes: &'a [(&'a str, &'a str)],
    ) -> Result<()> {
        self.at(selector, expected, move |element| {
            for (name, value) in attributes {
                element.set_attribute(name, value)?;
            }
            Ok(())
        })
    }

    /// The page, changed; `name` tells which it is.
    ///
    /// # Errors
    ///
    /// A place is found more or less often than expected.
    pub fn change(self, name: &str, html: &str) -> Result<String> {
        let mut settings = RewriteStrSettings::new();
        for handler in self.handlers {
            settings = settings.append_element_content_handler(handler);
        }
        let changed = rewrite_str(html, settings).with_context(|| name.to_owned())?;
        for (selector, expected, count) in self.counts {
            expect(name, &selector, &expected, count.get())?;
        }
        Ok(changed)
    }
}

/// Replaces each `(what, how often, by what)` in a text; `name` tells which text it is.
///
/// # Errors
///
/// One is found more or less often than expected.
pub fn replace(name: &str, text: &str, places: &[(&str, usize, Cow<'_, str>)]) -> Result<String> {
    let mut text = text.to_owned();
    for (place, expected, by) in places {
        expect(name, place, &(*expected..=*expected), text.matches(place).count())?;
        text = text.replace(place, by.as_ref());
    }
    Ok(text)
}

fn expect(name: &str, place: &str, expected: &RangeInclusive<usize>, found: usize) -> Result<()> {
    let (least, most) = (expected.start(), expected.end());
    ensure!(
        expected.contains(&found),
        "{name}: “{place}” is found {found} times, and expected {least} to {most}: \
         is this another mdBook than the one that book/press/src/site was written for?"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_that_is_missing_is_named() {
        let mut places = Places::default();
        places.set("label#toggle", 1..=1, &[("title", "x")]).unwrap();
        let error = places.change("a.html", "<p>nothing</p>").unwrap_err().to_string();
        assert!(error.contains("a.html") && error.contains("label#toggle"), "{error}");
        let error = replace("book.js", "nothing", &[("something", 1, "".into())]).unwrap_err().to_string();
        assert!(error.contains("book.js") && error.contains("something"), "{error}");
    }

    #[test]
    fn a_place_that_is_there_is_changed() {
        let mut places = Places::default();
        places.set("p", 1..=1, &[("title", "a \"b\"")]).unwrap();
        assert_eq!(places.change("a", "<p>1</p>").unwrap(), "<p title=\"a &quot;b&quot;\">1</p>");
        assert_eq!(replace("a", "1 2 1", &[("1", 2, "3".into())]).unwrap(), "3 2 3");
    }
}
