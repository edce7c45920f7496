//! Pictures of pages, to be looked at, in the folder that `FACTOR12_SHOTS` names.

use std::path::PathBuf;
use std::{env, fs};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use press::language::Language;
use serde_json::json;

use crate::driver::Browser;
use crate::site::Page;
use tests_common::{Need, Test, tests};

const PAGES: [&str; 3] = ["introduction", "reset", "same-image"];

/// A name, whether it is dark, the window in CSS pixels, and how many pixels of the screen are one of them.
const LOOKS: [(&str, bool, u32, u32, f64); 4] = [
    ("light", false, 1440, 900, 1.0),
    ("dark", true, 1440, 900, 1.0),
    ("phone", false, 360, 740, 2.0),
    // A projector of 1280 by 720, zoomed to 200 %.
    ("projector", false, 640, 360, 2.0),
];

pub fn tests() -> Vec<Test> {
    if folder().is_none() {
        return Vec::new();
    }
    tests!("pictures", needs [Need::Browser];
        pictures_of_pages_are_saved,
    )
}

fn folder() -> Option<PathBuf> {
    env::var_os("FACTOR12_SHOTS").map(PathBuf::from)
}

fn pictures_of_pages_are_saved() {
    let folder = folder().unwrap();
    fs::create_dir_all(&folder).unwrap();
    let browser = Browser::start();
    for (look, is_dark, width, height, scale) in LOOKS {
        browser.resize(width, height, scale);
        browser.prefer_dark(is_dark);
        for language in Language::ALL {
            for name in PAGES {
                browser.open(&Page::new(language, name).path());
                for (part, is_whole) in [("first", false), ("whole", true)] {
                    let shot =
                        browser.tell("Page.captureScreenshot", &json!({ "captureBeyondViewport": is_whole }));
                    let shot = STANDARD.decode(shot["data"].as_str().unwrap()).unwrap();
                    let file = format!("{name}.{}.{look}.{part}.png", language.tag());
                    fs::write(folder.join(file), shot).unwrap();
                }
            }
        }
    }
}
