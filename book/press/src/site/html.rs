//! A page of mdBook's, finished.

use std::cell::RefCell;
use std::rc::Rc;

use anyhow::{Context, Result, ensure};
use lol_html::html_content::ContentType::Html;
use lol_html::{RewriteStrSettings, element, rewrite_str, text};

use super::places::{Places, replace};
use super::{Assets, Site, chrome};
use crate::markup::escape;

/// The table of contents as mdBook writes it for pages without JavaScript: the list alone.
///
/// # Errors
///
/// The list is not where it is expected.
pub fn contents(toc: &str) -> Result<String> {
    let body = toc.split_once("<body class=\"sidebar-iframe-inner\">").map(|(_, body)| body);
    let list = body.and_then(|body| body.split_once("</body>")).map(|(list, _)| list.trim());
    let list = list.context("toc.html: there is no body that holds the table of contents")?;
    let links = list.matches("<a href=").count();
    replace("toc.html", list, &[(" target=\"_parent\"", links, "".into())])
}

/// The style sheets and the scripts that a page links to, in order.
///
/// # Errors
///
/// The page is no HTML.
pub fn linked(page: &str) -> Result<(Vec<String>, Vec<String>)> {
    let (styles, scripts) = (RefCell::new(Vec::new()), RefCell::new(Vec::new()));
    let settings = RewriteStrSettings::new()
        .append_element_content_handler(element!("link[rel=stylesheet]", |link| {
            styles.borrow_mut().extend(link.get_attribute("href"));
            Ok(())
        }))
        .append_element_content_handler(element!("script[src]", |script| {
            scripts.borrow_mut().extend(script.get_attribute("src"));
            Ok(())
        }));
    rewrite_str(page, settings)?;
    Ok((styles.into_inner(), scripts.into_inner()))
}

/// Finishes the page `name`.
///
/// # Errors
///
/// A place that is changed is not there as often as expected.
pub fn finish(site: &Site<'_>, assets: &Assets, contents: &str, name: &str, page: &str) -> Result<String> {
    let file = format!("{}/{name}.html", site.language.tag());
    let texts = site.language.texts();
    let root = "../".repeat(name.matches('/').count());
    // The book's start is its first page once more.
    let first = site.pages.first().context("the book has no page")?;
    let subject = if name == "index" { first } else { name };
    let page = inline_scripts(&file, page, &root, assets)?;
    let mut places = Places::default();
    head(&mut places, site, assets, &root, subject)?;
    let contents = sidebar(&file, contents, &root, subject)?;
    places.at("mdbook-sidebar-scrollbox", 1..=1, move |element| {
        element.replace(&format!("<div class=\"sidebar-scrollbox\">{contents}</div>"), Html);
        Ok(())
    })?;
    places.at("#mdbook-sidebar noscript", 1..=1, |element| {
        element.remove();
        Ok(())
    })?;
    // Icons of what the pages do not have: code that runs elsewhere, code that can be edited.
    places.at("template#fa-play, template#fa-clock-rotate-left", 2..=2, |element| {
        element.remove();
        Ok(())
    })?;
    chrome::menu(&mut places, site, &root, subject)?;
    chrome::labels(&mut places, texts)?;
    chrome::scrolling(&mut places)?;
    let footer = site.proof.and_then(|proof| proof.footer(site.language, subject));
    places.at("main", 1..=1, move |element| {
        if subject == "404" {
            let [title, what] = texts.not_found;
            element.set_inner_content(&format!("<h1>{title}</h1>\n<p>{what}</p>"), Html);
        }
        element.append(footer.as_deref().unwrap_or_default(), Html);
        Ok(())
    })?;
    places.change(&file, &page)
}

/// One style sheet, one script, and the addresses by which the page is known.
fn head<'a>(places: &mut Places<'a>, site: &Site<'_>, assets: &Assets, root: &str, page: &str) -> Result<()> {
    for selector in ["link[rel=stylesheet]", "script[src]"] {
        places.at(selector, 7..=7, |element| {
            element.remove();
            Ok(())
        })?;
    }
    let mut links = format!("<link rel=\"stylesheet\" href=\"{root}{}\">\n", assets.style);
    links += &format!(
        "<script defer src=\"{root}{}\" data-search=\"{root}{}\"></script>\n",
        assets.script, assets.search
    );
    let has_twin = site.twins.iter().any(|twin| twin == page);
    if site.pages.iter().any(|known| known == page) {
        let own = site.address(site.language, page);
        links += &format!("<link rel=\"canonical\" href=\"{}\">\n", escape(&own));
        if has_twin {
            for (tag, address) in alternates(site, page) {
                links +=
                    &format!("<link rel=\"alternate\" hreflang=\"{tag}\" href=\"{}\">\n", escape(&address));
            }
        }
    }
    places.at("head", 1..=1, move |element| {
        element.append(&links, Html);
        Ok(())
    })
}

/// The addresses of a page that is in both languages, its own included: of each language, and for everybody else.
pub fn alternates(site: &Site<'_>, page: &str) -> Vec<(&'static str, String)> {
    use crate::language::Language::{En, PtBr};
    let each = [En, PtBr].map(|language| (language.tag(), site.address(language, page)));
    each.into_iter().chain([("x-default", site.address(En, page))]).collect()
}

/// The table of contents as seen from a page, which is marked in it.
fn sidebar(file: &str, contents: &str, root: &str, page: &str) -> Result<String> {
    let link = format!("<a href=\"{page}.html\"");
    let marked = format!("{link} class=\"active\" aria-current=\"page\"");
    let expected = usize::from(page != "404");
    let contents = replace(file, contents, &[(&link, expected, marked.into())])?;
    Ok(contents.replace("<a href=\"", &format!("<a href=\"{root}")))
}

/// The scripts in the page itself: a theme that another book stored is not taken over, and the index
/// is the one that bears its digest.
fn inline_scripts(file: &str, page: &str, root: &str, assets: &Assets) -> Result<String> {
    let collected = Rc::new(RefCell::new(String::new()));
    let scripts = Rc::clone(&collected);
    // Found by the parser, so that a page which shows such code is left alone.
    let settings =
        RewriteStrSettings::new().append_element_content_handler(text!("script:not([src])", move |chunk| {
            scripts.borrow_mut().push_str(chunk.as_str());
            if chunk.last_in_text_node() {
                scripts.borrow_mut().push('\u{0}');
            }
            Ok(())
        }));
    rewrite_str(page, settings)?;
    let scripts = collected.take();
    let index = format!("window.path_to_searchindex_js = \"{root}{}\";", assets.index);
    let changes = [
        (
            "if (theme === null || theme === undefined) {".to_owned(),
            "if (theme !== 'light' && theme !== 'ayu') {".to_owned(),
        ),
        (format!("window.path_to_searchindex_js = \"{root}searchindex.js\";"), index),
    ];
    let mut page = page.to_owned();
    for script in scripts.split('\u{0}').filter(|script| !script.is_empty()) {
        let changed = changes.iter().fold(script.to_owned(), |script, (place, by)| script.replace(place, by));
        if changed != script {
            page = page.replace(script, &changed);
        }
    }
    for (place, _) in &changes {
        ensure!(
            scripts.matches(place.as_str()).count() == 1,
            "{file}: “{place}” is not found once in its scripts"
        );
    }
    Ok(page)
}
