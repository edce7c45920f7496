//! A visit: what a browser asks of the app.

use std::time::Duration;

use serde::Deserialize;
use ureq::Agent;

use crate::failure::{Context, Failure, Result};
use crate::text;

/// How long one request may take. The app itself answers within two seconds; a machine that compiles or writes images
/// meanwhile was seen to take more than five.
const LIMIT: Duration = Duration::from_secs(30);

/// A visitor of the app at one address.
pub struct Visitor {
    agent: Agent,
    url: String,
}

/// What `/health` tells of the app.
#[derive(Debug, Clone, Deserialize)]
pub struct Health {
    /// The release that serves.
    pub release: String,
    /// The name of its host.
    pub host: String,
}

impl Visitor {
    /// A visitor of `url`, which ends with a slash. A proxy of the environment is not asked: the app is on this machine.
    pub fn new(url: &str) -> Visitor {
        let config =
            Agent::config_builder().timeout_global(Some(LIMIT)).proxy(None).http_status_as_error(false);
        Visitor { agent: config.build().into(), url: url.to_owned() }
    }

    /// Visits the page and returns its body without the newline at its end.
    ///
    /// # Errors
    ///
    /// No answer, or another status than 200.
    pub fn visit(&self) -> Result<String> {
        self.get(&self.url)
    }

    /// The counter as it stands, read without counting, in JSON.
    ///
    /// # Errors
    ///
    /// As [`Visitor::visit`].
    pub fn hits(&self) -> Result<String> {
        self.get(&format!("{}hits", self.url))
    }

    fn get(&self, url: &str) -> Result<String> {
        let mut answer = self.agent.get(url).call().context(|| url.to_owned())?;
        let body = answer.body_mut().read_to_string().context(|| url.to_owned())?;
        let body = body.strip_suffix('\n').unwrap_or(&body).to_owned();
        if answer.status() == 200 {
            Ok(body)
        } else {
            Err(Failure::Failed(text!("bad-status", url = url, status = answer.status(), body = body)))
        }
    }

    /// The app's health, where it is good; `Err` tells why it is not, in one line.
    pub fn health(&self) -> std::result::Result<Health, String> {
        let url = format!("{}health", self.url);
        let mut answer = self.agent.get(&url).call().map_err(|error| format!("{url}: {error}"))?;
        let body = answer.body_mut().read_to_string().map_err(|error| format!("{url}: {error}"))?;
        if answer.status() != 200 {
            return Err(format!("{url}: {} {body}", answer.status()));
        }
        serde_json::from_str(&body).map_err(|error| format!("{url}: {error}: {body}"))
    }
}
