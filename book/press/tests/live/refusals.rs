//! Who is refused, and that nothing runs for them.

use std::io::{Read, Write};

use crate::common::live::{Live, RIGHT};

/// All that is there to be asked for: the first two without the token.
fn requests() -> [String; 9] {
    [
        "GET /en/steps.html".to_owned(),
        "GET /-/live/live.js".to_owned(),
        "GET /-/live/en/steps/news/0".to_owned(),
        "GET /-/live/hits".to_owned(),
        format!("POST /-/live/en/steps/steps/{RIGHT}"),
        "POST /-/live/en/steps/all".to_owned(),
        "POST /-/live/en/steps/start-over".to_owned(),
        "POST /-/live/stop".to_owned(),
        "GET /".to_owned(),
    ]
}

/// What only a page of this server may ask for.
fn calls() -> Vec<String> {
    requests()
        .into_iter()
        .filter(|request| request.contains("/-/live/") && !request.ends_with(".js"))
        .collect()
}

fn assert_nothing_ran(live: &Live) {
    for trace in ["ran", "up", "overs"] {
        assert!(!live.books.root().join(trace).exists(), "something ran: {trace}");
    }
}

#[test]
fn a_foreign_name_that_leads_here_is_refused_whatever_it_asks_for() {
    let live = Live::start();
    let port = live.address.split_once(':').unwrap().1;
    let foreign = [
        format!("rebound.example:{port}"),
        "rebound.example".to_owned(),
        "127.0.0.1".to_owned(),
        "127.0.0.1:1".to_owned(),
        format!("127.0.0.1.rebound.example:{port}"),
        format!("localhost.rebound.example:{port}"),
        format!("rebound.example@127.0.0.1:{port}"),
        format!("0.0.0.0:{port}"),
        format!("[::1]:{port}"),
        // As “ssh -L 8000:localhost:PORT” has it.
        "localhost:8000".to_owned(),
        format!("localhost.:{port}"),
        "<script>alert(1)</script>".to_owned(),
        String::new(),
    ];
    let cure = format!("ssh -L {port}:localhost:{port} ");
    for request in requests() {
        for host in &foreign {
            let answer = live.send(&request, &[format!("Host: {host}"), live.key()]);
            assert!(matches!(answer.status, 400 | 403), "{request} for “{host}”: {}", answer.status);
            for told in [&live.token, "<", "rebound", ":8000"] {
                assert!(!answer.body.contains(told), "{request} for “{host}” tells {told}: {}", answer.body);
            }
            // What is no request at all is answered by the library.
            let cures = if answer.status == 403 { 2 } else { 0 };
            assert_eq!(answer.body.matches(&cure).count(), cures, "{request} for “{host}”: {}", answer.body);
        }
        let two = live.send(&request, &[live.host(), "Host: rebound.example".to_owned(), live.key()]);
        assert!(matches!(two.status, 400 | 403), "{request} with two hosts: {}", two.status);
    }
    let absolute = live.send("GET http://rebound.example/en/steps.html", &[live.host()]);
    assert_eq!(absolute.status, 403);
    // In HTTP 1.0 a host need not be named: no browser of today asks so.
    let mut nameless = live.connect();
    write!(nameless, "GET /en/steps.html HTTP/1.0\r\n\r\n").unwrap();
    let mut answer = String::new();
    nameless.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.0 403") && answer.contains(&cure), "{answer}");
    assert_nothing_ran(&live);
}

#[test]
fn its_own_names_are_answered_in_any_case_and_in_a_whole_address() {
    let live = Live::start();
    let port = live.address.split_once(':').unwrap().1;
    for name in ["localhost", "LOCALHOST", "127.0.0.1"] {
        let host = format!("Host: {name}:{port}");
        let origin = format!("Origin: http://{}:{port}", name.to_lowercase());
        for target in ["/en/steps.html".to_owned(), format!("http://{name}:{port}/en/steps.html")] {
            let answer = live.send(&format!("GET {target}"), &[host.clone(), origin.clone()]);
            assert_eq!(answer.status, 200, "{target} for “{host}”");
        }
        let hits = live.send("GET /-/live/hits", &[host.clone(), origin, live.key()]);
        assert_eq!(hits.status, 200, "{host}");
        assert_eq!(live.send("GET /-/live/en/steps/news/0", &[host, live.key()]).status, 200);
    }
}

#[test]
fn a_page_of_another_origin_is_refused_even_with_the_token() {
    let live = Live::start();
    let port = live.address.split_once(':').unwrap().1;
    for request in requests() {
        for origin in [
            "https://evil.example",
            "null",
            "http://127.0.0.1",
            &format!("https://127.0.0.1:{port}"),
            &format!("http://localhost:{port}"),
            "http://127.0.0.1:8080",
            "",
        ] {
            let answer = live.send(&request, &[live.host(), format!("Origin: {origin}"), live.key()]);
            assert_eq!(answer.status, 403, "{request} from “{origin}”");
        }
    }
    assert_nothing_ran(&live);
    let own = format!("Origin: http://{}", live.address);
    let answer = live.send(&format!("POST /-/live/en/steps/steps/{RIGHT}"), &[live.host(), own, live.key()]);
    assert_eq!(answer.status, 202);
}

#[test]
fn without_the_token_of_this_start_nothing_is_run_or_told() {
    let live = Live::start();
    let other = Live::start();
    assert_ne!(live.token, other.token);
    let mut wrong: Vec<String> =
        ["", "0", &live.token[1..], &format!("{}0", live.token), &other.token].map(str::to_owned).to_vec();
    wrong.push(live.token.to_uppercase());
    for request in calls() {
        assert_eq!(live.send(&request, &[live.host()]).status, 403, "{request}");
        for token in &wrong {
            let head = [live.host(), format!("X-Live-Token: {token}")];
            assert_eq!(live.send(&request, &head).status, 403, "{request} with {token}");
        }
        let cookie = [live.host(), format!("Cookie: x-live-token={}", live.token)];
        assert_eq!(live.send(&request, &cookie).status, 403, "{request} with a cookie");
        let query = format!("{request}?token={0}&x-live-token={0}", live.token);
        assert_eq!(live.send(&query, &[live.host()]).status, 403, "{query}");
    }
    assert_nothing_ran(&live);
}

#[test]
fn a_form_that_another_site_posts_is_refused() {
    let live = Live::start();
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"] {
        // A browser sends the first; an old one, or one that hides it, neither.
        for origin in ["Origin: https://evil.example\r\n", "Origin: null\r\n", ""] {
            let body = format!("x-live-token={}&step=1", live.token);
            let mut stream = live.connect();
            write!(
                stream,
                "POST /-/live/en/steps/steps/{RIGHT} HTTP/1.1\r\n{}\r\n{origin}Content-Type: {kind}\r\nConnection: close\r\n\
                 Content-Length: {}\r\n\r\n{body}",
                live.host(),
                body.len()
            )
            .unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            assert!(answer.starts_with("HTTP/1.1 403"), "{kind}, {origin}: {answer}");
        }
    }
    assert_nothing_ran(&live);
}

#[test]
fn only_steps_of_the_book_are_run_by_chapter_and_number() {
    let live = Live::start();
    for path in [
        "en/steps/steps/0",
        "en/steps/steps/7",
        "en/steps/steps/99999999999999999999",
        "en/steps/steps/-1",
        "en/steps/steps/1;touch%20ran",
        "en/steps/steps/touch%20ran",
        "en/steps/steps/",
        "en/nowhere/steps/1",
        "en/nowhere/all",
        "en/prose/all",
        "en/prose/steps/1",
        "de/steps/steps/1",
        "en/..%2Fpt-BR%2Fsteps/steps/1",
        "en/..%2F..%2F..%2Fetc%2Fpasswd/steps/1",
        "en/steps%00/steps/1",
        "en/SUMMARY/steps/1",
        "en/../pt-BR/steps/steps/1/",
    ] {
        let answer = live.post(path);
        assert!(matches!(answer.status, 400 | 404 | 405), "{path}: {} {}", answer.status, answer.body);
    }
    for path in ["en/nowhere/news/0", "en/steps/news/x"] {
        let answer = live.send(&format!("GET /-/live/{path}"), &[live.host(), live.key()]);
        assert!(matches!(answer.status, 400 | 404), "{path}: {}", answer.status);
    }
    assert_nothing_ran(&live);
}

#[test]
fn no_file_beside_the_book_is_served() {
    let live = Live::start();
    live.books.write("target/secret.txt", "secret");
    for path in [
        "/../secret.txt",
        "/en/../../secret.txt",
        "/%2e%2e/secret.txt",
        "/en/%2e%2e%2f%2e%2e%2fsecret.txt",
        "/en/..%5c..%5csecret.txt",
        "//etc/passwd",
        "/en//etc/passwd",
        "/%2fetc%2fpasswd",
    ] {
        let answer = live.get(path);
        assert!(answer.status >= 400, "{path}: {}", answer.status);
        assert!(!answer.body.contains("secret") && !answer.body.contains("root:"), "{path}: {}", answer.body);
    }
}

#[test]
fn no_answer_lets_another_origin_read_it_or_show_it_in_a_frame() {
    let live = Live::start();
    let mut all: Vec<String> = requests().to_vec();
    all.extend(
        ["OPTIONS /-/live/en/steps/steps/1", "OPTIONS /en/steps.html", "GET /en/nowhere.html"]
            .map(str::to_owned),
    );
    for request in all {
        for head in
            [vec![live.host(), live.key()], vec![live.host(), "Origin: https://evil.example".to_owned()]]
        {
            let answer = live.send(&request, &head);
            assert!(!answer.head.contains("access-control"), "{request}: {}", answer.head);
            for line in [
                "x-frame-options: deny",
                "frame-ancestors 'none'",
                "cross-origin-resource-policy: same-origin",
                "no-store",
            ] {
                assert!(answer.head.contains(line), "{request} has no {line}: {}", answer.head);
            }
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn it_listens_on_loopback_only() {
    let live = Live::start();
    let port: u16 = live.address.split_once(':').unwrap().1.parse().unwrap();
    let sockets = |file: &str| std::fs::read_to_string(file).unwrap_or_default();
    let listening: Vec<String> = (sockets("/proc/net/tcp") + &sockets("/proc/net/tcp6"))
        .lines()
        .filter_map(|line| {
            let mut fields = line.split_whitespace().skip(1);
            let (local, state) = (fields.next()?, fields.nth(1)?);
            (local.ends_with(&format!(":{port:04X}")) && state == "0A").then(|| local.to_owned())
        })
        .collect();
    assert_eq!(listening, [format!("0100007F:{port:04X}")]);
}
