//! Both books, built and served with mdBook as a library.
//!
//! A page goes this way: its schedules are computed ([`schedule`]), its head matter is taken off, its
//! steps and its code become HTML ([`page`]); mdBook renders it ([`mod@build`]); a pass over the HTML finishes it ([`site`]).
//!
//! # What tests and styles may rely on
//!
//! | where | what |
//! |---|---|
//! | `p.minutes` | how long the page takes, under its title |
//! | `pre.console[data-commands]` | a step; the attribute holds its commands, one a line, and is what is copied |
//! | `.prompt`, `.command`, `.output`, `.status`, `.any` in it | a prompt, a command, a line of output, an exit status other than 0, a wildcard (`…`) |
//! | `p.norun` after it | why a step does not run unattended |
//! | `.h-comment`, `.h-string`, `.h-number`, `.h-keyword`, `.h-type`, `.h-name`, `.h-key`, `.h-attribute` | highlighted code |
//! | `button.clip-button` | the copy button of a block (mdBook's) |
//! | `a#language-link` | the same page in the other language |
//! | `footer.proof` | when, with what and at which commit the page's commands were last executed |
//! | `button#mdbook-sidebar-toggle`, `nav#mdbook-sidebar` | the table of contents (mdBook's); its `a.active` is the page |
//! | `button#mdbook-theme-toggle`, `#mdbook-theme-list`, `#mdbook-theme-default_theme`, `#mdbook-theme-light`, `#mdbook-theme-ayu` | the themes (mdBook's) |
//! | `button#mdbook-search-toggle`, `input#mdbook-searchbar`, `ul#mdbook-searchresults > li a` | the search (mdBook's), whose script is fetched on its first use |

pub mod build;
pub mod check;
mod console;
mod file;
pub mod highlight;
pub mod language;
pub mod live;
mod markup;
pub mod page;
pub mod proof;
pub mod schedule;
pub mod serve;
mod shown;
pub mod site;
pub mod texts;
