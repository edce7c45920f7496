//! A stand-in for Redis.
fn main() {}
