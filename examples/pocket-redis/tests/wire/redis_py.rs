//! redis-py, the client of the original app, talks to pocket-redis unaware.

use std::process::Command;

use tests_common::{Need, Test, test};

use crate::{
    Outcome, same,
    server::{Server, finish},
};

/// What the original app and its `reset.py` do, and a transaction; then the results in one line.
const SCRIPT: &str = "
import sys, redis
options = {'protocol': int(sys.argv[2])} if len(sys.argv) > 2 else {}
r = redis.Redis(host='127.0.0.1', port=int(sys.argv[1]), **options)
r.set('hits', 0)
visits = [r.incr('hits') for _ in range(3)]
with r.pipeline() as pipe:
    transaction = pipe.get('hits').set('hits', 0).incr('hits').execute()
r.rpush('list', 'a', 'b')
try:
    r.incr('list')
except redis.ResponseError as error:
    refused = str(error).split()[0]
info = r.info()
print(r.ping(), visits, transaction, r.lrange('list', 0, -1), refused, r.get('none'),
      info['redis_mode'], info['db0']['keys'])
";

const EXPECTED: &str = "True [1, 2, 3] [b'3', True, 1] [b'a', b'b'] WRONGTYPE None standalone 2\n";

pub fn tests() -> Vec<Test> {
    vec![
        test("redis-py", "redis-py works with its own defaults", &[Need::RedisPy], || script(&[])),
        test("redis-py", "redis-py works in RESP2", &[Need::RedisPy], || script(&["2"])),
        test("redis-py", "redis-py works in RESP3", &[Need::RedisPy], || script(&["3"])),
    ]
}

fn script(arguments: &[&str]) -> Outcome {
    let server = Server::pocket()?;
    let port = server.address.port().to_string();
    let mut command = Command::new("python3");
    let output = finish(command.args(["-c", SCRIPT, &port]).args(arguments), "")?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    same(String::from_utf8(output.stdout)?, EXPECTED)
}
