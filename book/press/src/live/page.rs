//! A page as it is served live: what the script needs to put the buttons on.

use serde_json::json;

use super::stage::{Place, Stage};
use crate::serve::before_the_end;

/// The page of `place` with the style sheet, the script and what it has to know.
pub fn with_buttons(html: &str, stage: &Stage, place: &Place, token: &str) -> String {
    let steps: Vec<bool> = stage
        .chapter(place)
        .map(|chapter| chapter.steps.iter().map(|step| step.attributes.norun.is_none()).collect())
        .unwrap_or_default();
    let data = json!({
        "token": token,
        "path": format!("/-/live/{}/{}", place.language.tag(), place.chapter),
        // Of each step, whether it can be run.
        "steps": steps,
        "texts": place.language.live().page,
    });
    // Nothing in it may end the element.
    let data = data.to_string().replace('<', "\\u003c");
    let head = "<link rel=\"stylesheet\" href=\"/-/live/live.css\">\n</head>";
    let body = format!(
        "<script type=\"application/json\" id=\"live-data\">{data}</script>\n\
         <script type=\"module\" src=\"/-/live/live.js\"></script>\n"
    );
    before_the_end(&html.replacen("</head>", head, 1), &body)
}
