//! The addresses by which `press live` is come to: its own, the one without a port, and one that is forwarded.

use std::io::copy;
use std::net::{TcpListener, TcpStream};
use std::thread;

use serde_json::json;

use crate::common::live::{Live, MORE, RIGHT, books, command};
use crate::driver::Browser;
use crate::live::{click_run, until_verdict};
use tests_common::{Need, Test, tests};

pub fn tests() -> Vec<Test> {
    let mut all = tests!("address", needs [Need::Browser];
        through_another_port_the_way_in_is_told,
    );
    all.extend(tests!("address", needs [Need::Browser, Need::Port80];
        a_step_runs_at_the_port_that_no_address_names,
    ));
    all
}

/// Runs a step at this address, and looks at the counter, as an instructor does.
fn assert_runs_at(address: &str) {
    let browser = Browser::start();
    browser.visit(&format!("{address}en/steps.html"));
    browser.until("document.querySelector('[aria-current=step]')");
    click_run(&browser, RIGHT);
    until_verdict(&browser, RIGHT, "✓ matched");
    browser.until("document.querySelector('.live-hits').textContent === 'no app is up'");
    let errors = browser.errors();
    assert!(errors.is_empty(), "{address}: {errors:?}");
}

fn a_step_runs_at_the_port_that_no_address_names() {
    let books = books(MORE);
    let command = command(books.root(), "127.0.0.1:1");
    let live = Live::on(80, command, books);
    assert_eq!(live.address, "127.0.0.1:80");
    for address in ["http://127.0.0.1/", "http://localhost/", "http://localhost:80/"] {
        assert_runs_at(address);
    }
}

/// Another port of this machine that leads to an address, as `ssh -L` has it.
fn forwarded(address: &str) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (port, address) = (listener.local_addr().unwrap().port(), address.to_owned());
    thread::spawn(move || {
        for near in listener.incoming().map_while(Result::ok) {
            let far = TcpStream::connect(&address).unwrap();
            for (mut from, mut to) in [(near.try_clone().unwrap(), far.try_clone().unwrap()), (far, near)] {
                thread::spawn(move || {
                    copy(&mut from, &mut to).map(|_| to.shutdown(std::net::Shutdown::Write))
                });
            }
        }
    });
    port
}

fn through_another_port_the_way_in_is_told() {
    let live = Live::start();
    let port = live.address.split_once(':').unwrap().1;
    let browser = Browser::start();
    browser.visit(&format!("http://localhost:{}/en/steps.html", forwarded(&live.address)));
    let shown = browser.run("return document.body.innerText", &json!([]));
    let shown = shown.as_str().unwrap();
    for part in [
        "This is not the address of this page.",
        "Este não é o endereço desta página.",
        &format!("ssh -L {port}:localhost:{port} "),
        &format!("http://localhost:{port}/"),
    ] {
        assert!(shown.contains(part), "“{part}” in {shown}");
    }
    assert!(!shown.contains(&live.token), "{shown}");
    let controls =
        browser.run("return document.querySelectorAll('button, script, form, a').length", &json!([]));
    assert_eq!(controls, 0);
}
