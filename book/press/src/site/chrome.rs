//! What stands around a page's text: the menu bar, and what its parts are called.

use anyhow::Result;
use lol_html::html_content::ContentType::{Html, Text};

use super::Site;
use super::places::Places;
use crate::texts::Texts;

/// The menu bar: a landmark, buttons that are buttons, and the way to the other language.
///
/// # Errors
///
/// A selector is none.
pub fn menu(places: &mut Places<'_>, site: &Site<'_>, root: &str, page: &str) -> Result<()> {
    let other = site.language.other();
    let twin = if site.twins.iter().any(|twin| twin == page) { page } else { "index" };
    let (tag, name) = (other.tag(), other.name());
    let link = format!(
        "<a id=\"language-link\" class=\"language-link\" rel=\"alternate\" href=\"{root}../{tag}/{twin}.html\" \
         hreflang=\"{tag}\" lang=\"{tag}\">{name}</a>"
    );
    places.at("#mdbook-menu-bar", 1..=1, |element| Ok(element.set_tag_name("header")?))?;
    places.at("label#mdbook-sidebar-toggle", 1..=1, |element| {
        element.remove_attribute("for");
        element.set_attribute("type", "button")?;
        Ok(element.set_tag_name("button")?)
    })?;
    // The page's own title is its first heading.
    places.at("h1.menu-title", 1..=1, |element| Ok(element.set_tag_name("p")?))?;
    places.at("#mdbook-menu-bar .right-buttons", 1..=1, move |element| {
        element.append(&link, Html);
        Ok(())
    })?;
    // Of mdBook's themes, these have enough contrast.
    let mut themes = 0;
    places.at("#mdbook-theme-list > li", 6..=6, move |element| {
        themes += 1;
        if matches!(themes, 3..=5) {
            element.remove();
        }
        Ok(())
    })
}

/// What the chrome says, in the page's language.
///
/// # Errors
///
/// A selector is none.
pub fn labels<'a>(places: &mut Places<'a>, texts: &'static Texts) -> Result<()> {
    let mut label = |selector: &str, expected, attributes: &'static [&'static str], text: &'static str| {
        places.at(selector, expected, move |element| {
            attributes.iter().try_for_each(|name| element.set_attribute(name, text))?;
            Ok(())
        })
    };
    label("nav#mdbook-sidebar", 1..=1, &["aria-label"], texts.contents)?;
    label("#mdbook-sidebar-toggle", 1..=1, &["title", "aria-label"], texts.toggle_contents)?;
    label("#mdbook-theme-toggle", 1..=1, &["title", "aria-label"], texts.change_theme)?;
    label("#mdbook-theme-list", 1..=1, &["aria-label"], texts.themes)?;
    label("#mdbook-search-toggle", 1..=1, &["title", "aria-label"], texts.toggle_search)?;
    label("#mdbook-searchbar", 1..=1, &["placeholder", "aria-label"], texts.search)?;
    label("#mdbook-search-wrapper", 1..=1, &["aria-label"], texts.search)?;
    label(".nav-wrapper, .nav-wide-wrapper", 2..=2, &["aria-label"], texts.page_navigation)?;
    label("a.previous", 0..=2, &["title", "aria-label"], texts.previous)?;
    label("a.next", 0..=2, &["title", "aria-label"], texts.next)?;
    label("#mdbook-help-popup", 1..=1, &["aria-label"], texts.keys[0])?;
    for (theme, name) in ["default_theme", "light", "ayu"].into_iter().zip(texts.theme_names) {
        places.at(&format!("button#mdbook-theme-{theme}"), 1..=1, move |element| {
            element.set_inner_content(name, Text);
            Ok(())
        })?;
    }
    let [title, keys @ ..] = texts.keys;
    places.at(".mdbook-help-title", 1..=1, move |element| {
        element.set_inner_content(title, Text);
        Ok(())
    })?;
    let mut keys = keys.into_iter();
    places.at("#mdbook-help-popup p", 4..=4, move |element| {
        element.set_inner_content(keys.next().unwrap_or_default(), Html);
        Ok(())
    })?;
    places.set("#mdbook-help-popup", 1..=1, &[("role", "dialog")])?;
    places.set("#mdbook-search-wrapper", 1..=1, &[("role", "search")])?;
    places.set("#mdbook-searchbar", 1..=1, &[("aria-describedby", "mdbook-searchresults-header")])
}

/// What may be wider than a phone can be scrolled by keyboard.
///
/// # Errors
///
/// A selector is none.
pub fn scrolling(places: &mut Places<'_>) -> Result<()> {
    places.set("main pre > code, main .table-wrapper", 0..=usize::MAX, &[("tabindex", "0")])
}
