//! Visits that go on and on from several clients, each with a connection that it keeps.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::web::{Answer, BOUND, Web, agent, request};
use tests_common::eventually;

/// What became of one visit.
pub type Outcome = Result<Answer, String>;

/// Clients that visit until they are told to stop.
pub struct Load {
    stop: Arc<AtomicBool>,
    outcomes: Arc<Mutex<Vec<Outcome>>>,
    clients: Vec<JoinHandle<()>>,
}

impl Load {
    /// Starts `clients` clients.
    pub fn on(web: &Web, clients: usize) -> Load {
        let stop = Arc::new(AtomicBool::new(false));
        let outcomes = Arc::new(Mutex::new(Vec::new()));
        let visit = |_| {
            let (stop, outcomes, address) = (Arc::clone(&stop), Arc::clone(&outcomes), web.address);
            thread::spawn(move || visit_until(&stop, &outcomes, address))
        };
        let clients = (0..clients).map(visit).collect();
        Load { stop, outcomes, clients }
    }

    /// Waits until `count` more visits have ended with this status.
    pub fn wait_for(&self, count: usize, status: u16) {
        let so_far = || {
            let outcomes = self.outcomes.lock().expect("no client panics");
            let with_status =
                |outcome: &&Outcome| outcome.as_ref().is_ok_and(|answer| answer.status == status);
            outcomes.iter().filter(with_status).count()
        };
        let wanted = so_far() + count;
        let what = format!("{count} more answers with status {status}");
        eventually(&what, Duration::from_secs(10), || (so_far() >= wanted).then_some(()));
    }

    /// The highest number answered so far.
    pub fn highest(&self) -> i64 {
        let outcomes = self.outcomes.lock().expect("no client panics");
        let numbers = outcomes.iter().flatten().filter_map(Answer::number);
        numbers.max().unwrap_or_default()
    }

    /// Ends the clients, each after its current visit, and returns what became of every visit.
    pub fn end(mut self) -> Vec<Outcome> {
        self.stop.store(true, Ordering::SeqCst);
        for client in self.clients.drain(..) {
            client.join().expect("no client panics");
        }
        std::mem::take(&mut self.outcomes.lock().expect("no client panics"))
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
    }
}

fn visit_until(stop: &AtomicBool, outcomes: &Mutex<Vec<Outcome>>, address: SocketAddr) {
    let agent = agent();
    while !stop.load(Ordering::SeqCst) {
        let outcome = request(&agent, "GET", address, "/").map_err(|error| error.to_string());
        let counted = outcome.as_ref().is_ok_and(|answer| answer.status == 200);
        outcomes.lock().expect("no client panics").push(outcome);
        if !counted {
            // Refusals come at once: nobody asks again without a breath.
            thread::sleep(Duration::from_millis(10));
        }
    }
}

/// Fails unless every visit was answered in time, either counted or put off, and no number came twice.
/// Returns the numbers.
pub fn assert_counted_or_put_off(outcomes: &[Outcome]) -> HashSet<i64> {
    for outcome in outcomes {
        let answer = outcome.as_ref().expect("every visit is answered");
        assert!(answer.took < BOUND, "late: {answer:?}");
        if answer.number().is_none() {
            answer.assert_later();
        }
    }
    assert_no_number_twice(outcomes)
}

/// Fails if two visits got one number. Returns the numbers.
pub fn assert_no_number_twice(outcomes: &[Outcome]) -> HashSet<i64> {
    let mut seen = HashSet::new();
    for number in outcomes.iter().flatten().filter_map(Answer::number) {
        assert!(seen.insert(number), "two visits got the number {number}");
    }
    seen
}
