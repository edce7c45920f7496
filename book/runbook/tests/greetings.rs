//! The shortest use of the library: a page, a session, a verdict.

use runbook::{Chapter, Event, Session, Verdict};

#[test]
fn a_page_is_parsed_run_and_judged() {
    let page = "# Greetings\n\n```console\n$ echo Hello from $(uname)\nHello from [..]\n```\n";
    let chapter = Chapter::parse("greetings", page).unwrap();

    let session = Session::new(".").env("PATH", "/usr/bin:/bin");
    let mut verdicts = Vec::new();
    for step in &chapter.steps {
        session.run(step, &|| false, &mut |event| {
            if let Event::Verdict(verdict) = event {
                verdicts.push(verdict);
            }
        });
    }
    assert!(matches!(verdicts[..], [Verdict::Matched { .. }]));
}
