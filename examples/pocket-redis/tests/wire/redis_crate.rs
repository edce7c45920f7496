//! The redis crate, which the app uses, talks to pocket-redis unaware.

use std::{collections::HashSet, thread};

use libtest_mimic::Failed;
use redis::{Commands, Connection, IntoConnectionInfo, RedisResult, Value};
use tests_common::{Test, test};

use crate::{Outcome, same, server::Server};

const CLIENTS: usize = 64;
const VISITS: usize = 500;

pub fn tests() -> Vec<Test> {
    vec![
        test(
            "redis-crate",
            "64 clients with 500 INCR each get 32000 different numbers",
            &[],
            no_number_twice,
        ),
        test("redis-crate", "the redis crate sets, counts and reads back", &[], basics),
        test("redis-crate", "the redis crate speaks RESP3 if it is asked to", &[], resp3),
        test("redis-crate", "a transaction of the redis crate is atomic and answers in order", &[], pipeline),
        test("redis-crate", "a watched key that another client changes stops EXEC", &[], watch),
        test(
            "redis-crate",
            "a list that was staged under an expiry takes its key in one transaction",
            &[],
            staged,
        ),
        test("redis-crate", "databases are kept apart", &[], databases),
        test("redis-crate", "a list is not a number, and SET repairs it", &[], wrong_type),
    ]
}

fn connect(server: &Server) -> Result<Connection, Failed> {
    Ok(redis::Client::open(server.url())?.get_connection()?)
}

fn no_number_twice() -> Outcome {
    let server = Server::pocket()?;
    let visit = |mut client: Connection| {
        let visits = (0..VISITS).map(move |_| client.incr("hits", 1));
        visits.collect::<RedisResult<Vec<i64>>>()
    };
    let clients = (0..CLIENTS).map(|_| connect(&server)).collect::<Result<Vec<_>, _>>()?;
    let threads: Vec<_> = clients.into_iter().map(|c| thread::spawn(move || visit(c))).collect();
    let mut numbers = HashSet::new();
    for thread in threads {
        numbers.extend(thread.join().map_err(|_| "a client panicked")??);
    }
    let total = i64::try_from(CLIENTS * VISITS)?;
    same(numbers, (1..=total).collect::<HashSet<i64>>())
}

fn basics() -> Outcome {
    let server = Server::pocket()?;
    let mut client = connect(&server)?;
    client.set::<_, _, ()>("hits", 41)?;
    same(client.incr::<_, _, i64>("hits", 1)?, 42)?;
    same(client.get::<_, String>("hits")?, "42")?;
    same(client.key_type::<_, redis::ValueType>("hits")?, redis::ValueType::String)?;
    same(client.del::<_, i64>("hits")?, 1)?;
    same(client.get::<_, Option<i64>>("hits")?, None)
}

fn resp3() -> Outcome {
    let server = Server::pocket()?;
    let info = format!("{}?protocol=resp3", server.url()).into_connection_info()?;
    let mut client = redis::Client::open(info)?.get_connection()?;
    same(client.incr::<_, _, i64>("hits", 1)?, 1)?;
    same(client.get::<_, Option<i64>>("none")?, None)?;
    let hello: Value = redis::cmd("HELLO").query(&mut client)?;
    same(matches!(hello, Value::Map(_)), true)
}

fn pipeline() -> Outcome {
    let server = Server::pocket()?;
    let mut client = connect(&server)?;
    client.set::<_, _, ()>("hits", 7)?;
    let mut pipe = redis::pipe();
    pipe.atomic().get("hits").set("hits", 0).ignore().incr("hits", 1);
    same(pipe.query::<(i64, i64)>(&mut client)?, (7, 1))
}

fn watch() -> Outcome {
    let server = Server::pocket()?;
    let (mut client, mut other) = (connect(&server)?, connect(&server)?);
    redis::cmd("WATCH").arg("hits").exec(&mut client)?;
    other.set::<_, _, ()>("hits", 1)?;
    let mut pipe = redis::pipe();
    pipe.atomic().set("hits", 2);
    same(pipe.query::<Value>(&mut client)?, Value::Nil)?;
    same(client.get::<_, i64>("hits")?, 1)
}

fn staged() -> Outcome {
    let server = Server::pocket()?;
    let (mut client, mut other) = (connect(&server)?, connect(&server)?);
    let mut stage = redis::pipe();
    stage.atomic().rpush("staged", &["a", "b"]).expire("staged", 100);
    same(stage.query::<(i64, i64)>(&mut client)?, (2, 1))?;
    let mut take = redis::pipe();
    take.atomic().rename("staged", "visits").persist("visits");
    redis::cmd("WATCH").arg("visits").exec(&mut client)?;
    other.rpush::<_, _, ()>("visits", "c")?;
    same(take.query::<Value>(&mut client)?, Value::Nil)?;
    same(client.ttl::<_, i64>("staged")?, 100)?;
    redis::cmd("WATCH").arg("visits").exec(&mut client)?;
    same(take.query::<(String, i64)>(&mut client)?, ("OK".to_owned(), 1))?;
    same(client.lrange::<_, Vec<String>>("visits", 0, -1)?, ["a", "b"])?;
    same(client.ttl::<_, i64>("visits")?, -1)
}

fn databases() -> Outcome {
    let server = Server::pocket()?;
    let mut first = connect(&server)?;
    let mut second = redis::Client::open(format!("{}1", server.url()))?.get_connection()?;
    first.set::<_, _, ()>("hits", 1)?;
    same(second.get::<_, Option<i64>>("hits")?, None)
}

fn wrong_type() -> Outcome {
    let server = Server::pocket()?;
    let mut client = connect(&server)?;
    client.rpush::<_, _, ()>("hits", &["a", "b"])?;
    let error = client.incr::<_, _, i64>("hits", 1).err().ok_or("a list was counted up")?;
    same(error.code(), Some("WRONGTYPE"))?;
    client.set::<_, _, ()>("hits", 0)?;
    same(client.incr::<_, _, i64>("hits", 1)?, 1)
}
