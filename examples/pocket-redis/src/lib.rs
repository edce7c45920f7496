//! pocket-redis: the few Redis commands that an app of one counter and its admin processes need, in
//! one small process, for a machine that has neither Docker nor Redis. It is a stand-in, and it
//! keeps nothing.
//!
//! One request's way through the crate: [`server`] accepts a connection, [`connection`] reads a
//! request from it by [`wire`], [`command`] looks the request up and runs it on the [`store`],
//! and the [`reply`] goes back by the same wire.
//!
//! Replies and error texts are those of Redis 7.0, byte for byte where the tests can compare.

pub mod args;
pub mod command;
pub mod connection;
pub mod expiry;
pub mod fault;
pub mod instance;
pub mod integer;
pub mod listen;
pub mod log;
pub mod reply;
pub mod request;
pub mod server;
pub mod session;
pub mod store;
pub mod watch;
pub mod wire;

/// The version of Redis whose replies and error texts these are. Clients read it from `HELLO`
/// and `INFO` to know which commands they may send.
pub const REDIS_VERSION: &str = "7.0.15";
