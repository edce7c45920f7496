//! What stands above both books: the entry page, the site's map, and the page for addresses that lead nowhere.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::{Site, html};
use crate::markup::escape;

/// The page that leads to the reader's language.
const ENTRY: &str = include_str!("entry.html");

/// Writes them to `out`.
///
/// # Errors
///
/// A file cannot be read or written.
pub fn write(out: &Path, url: &str, sites: &[Site<'_>]) -> Result<()> {
    let write = |name: &str, text: &str| fs::write(out.join(name), text).with_context(|| name.to_owned());
    write("index.html", &ENTRY.replace("{{url}}", &escape(url)))?;
    write("sitemap.xml", &map(sites))?;
    write(".nojekyll", "")?;
    if let Some(site) = sites.first() {
        fs::copy(site.out.join("404.html"), out.join("404.html")).context("404.html")?;
        fs::copy(site.out.join("favicon.svg"), out.join("favicon.svg")).context("favicon.svg")?;
    }
    Ok(())
}

/// The pages of all books, each with its twin (<https://www.sitemaps.org/protocol.html>).
fn map(sites: &[Site<'_>]) -> String {
    let mut map = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\" \
         xmlns:xhtml=\"http://www.w3.org/1999/xhtml\">\n",
    );
    for site in sites {
        for page in &site.pages {
            map += &format!("<url><loc>{}</loc>", escape(&site.address(site.language, page)));
            if site.twins.contains(page) {
                for (tag, address) in html::alternates(site, page) {
                    let address = escape(&address);
                    map += &format!("<xhtml:link rel=\"alternate\" hreflang=\"{tag}\" href=\"{address}\"/>");
                }
            }
            map += "</url>\n";
        }
    }
    map + "</urlset>\n"
}
