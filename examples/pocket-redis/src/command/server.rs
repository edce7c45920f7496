//! Commands about the server: what it is, what it can do, its end.

use std::{env::consts::OS, process};

use bytes::Bytes;

use super::{COMMANDS, Context, lower};
use crate::{
    REDIS_VERSION,
    fault::Fault,
    instance::Instance,
    reply::{Answer, Reply},
    session::Next,
};

/// `COMMAND`: what a client asks for the details of every command. They are Redis' own to tell;
/// an empty answer makes clients go without.
pub fn command(_: &mut Context, _: &[Bytes]) -> Answer {
    Ok(Reply::Array(Vec::new()))
}

/// `COMMAND COUNT`: how many commands there are.
pub fn command_count(_: &mut Context, _: &[Bytes]) -> Answer {
    Ok(Reply::count(names().count()))
}

/// `COMMAND DOCS [name…]`: no documentation, to redis-cli, which asks before its first prompt.
pub fn command_docs(_: &mut Context, _: &[Bytes]) -> Answer {
    Ok(Reply::Map(Vec::new()))
}

/// `COMMAND LIST`: the names of all commands.
pub fn command_list(_: &mut Context, _: &[Bytes]) -> Answer {
    Ok(Reply::Array(names().map(Reply::bulk).collect()))
}

/// Subcommands are no commands of their own; each group counts once.
fn names() -> impl Iterator<Item = &'static str> {
    let plain = COMMANDS.iter().map(|command| command.name).filter(|name| !name.contains('|'));
    plain.chain(["client"])
}

/// `INFO [section…]`: facts about the process, in the format of Redis.
pub fn info(context: &mut Context, request: &[Bytes]) -> Answer {
    let wanted: Vec<String> = request[1..].iter().map(|name| lower(name)).collect();
    let all = wanted.is_empty()
        || wanted.iter().any(|name| matches!(name.as_str(), "all" | "default" | "everything"));
    let sections: Vec<String> = sections(context.instance)
        .into_iter()
        .filter(|(title, _)| all || wanted.contains(&title.to_lowercase()))
        .map(|(title, lines)| format!("# {title}\r\n{lines}"))
        .collect();
    Ok(Reply::Text(sections.join("\r\n")))
}

fn sections(instance: &Instance) -> Vec<(&'static str, String)> {
    vec![
        ("Server", server(instance)),
        ("Clients", format!("connected_clients:{}\r\n", instance.clients)),
        ("Persistence", "loading:0\r\nrdb_last_save_time:0\r\naof_enabled:0\r\n".to_owned()),
        ("Replication", "role:master\r\nconnected_slaves:0\r\n".to_owned()),
        ("Keyspace", keyspace(instance)),
    ]
}

fn server(instance: &Instance) -> String {
    let version = env!("CARGO_PKG_VERSION");
    format!(
        "pocket_redis:this is pocket-redis {version}, a stand-in for Redis; it keeps nothing\r\n\
         redis_version:{REDIS_VERSION}\r\n\
         redis_mode:standalone\r\n\
         os:{OS}\r\n\
         arch_bits:{}\r\n\
         process_id:{}\r\n\
         tcp_port:{}\r\n\
         uptime_in_seconds:{}\r\n",
        usize::BITS,
        process::id(),
        instance.port,
        instance.started.elapsed().as_secs(),
    )
}

fn keyspace(instance: &Instance) -> String {
    let databases = instance.store.0.iter().enumerate();
    databases
        .filter(|(_, database)| !database.is_empty())
        .map(|(index, database)| {
            let (keys, expires) = (database.len(), database.ending());
            format!("db{index}:keys={keys},expires={expires},avg_ttl=0\r\n")
        })
        .collect()
}

/// `SHUTDOWN [NOSAVE|SAVE] [NOW] [FORCE]`: ends the process. There is nothing to save.
pub fn shutdown(context: &mut Context, request: &[Bytes]) -> Answer {
    let known = |word: &Bytes| matches!(lower(word).as_str(), "nosave" | "save" | "now" | "force");
    if !request[1..].iter().all(known) {
        return Err(Fault::syntax());
    }
    context.session.next = Next::Shutdown;
    Ok(Reply::OK)
}
