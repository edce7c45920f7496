//! The commands: which there are, how a request finds its own, and when it runs.

mod connection;
mod keys;
mod lists;
mod server;
mod strings;
mod transaction;

use bytes::Bytes;

use crate::{
    fault::Fault,
    instance::Instance,
    reply::{Answer, Reply},
    request::Request,
    session::Session,
    store::Database,
};

/// What a command works on: the state that all share, whose lock is held, and its own client.
pub struct Context<'a> {
    /// What all connections share.
    pub instance: &'a mut Instance,
    /// The client who asks.
    pub session: &'a mut Session,
}

impl Context<'_> {
    /// The database that the client selected.
    pub fn database(&mut self) -> &mut Database {
        &mut self.instance.store.0[self.session.database]
    }
}

/// What happens to a command that comes between `MULTI` and `EXEC`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Within {
    /// It is queued.
    Queue,
    /// It runs at once.
    Run,
    /// It is refused.
    Refuse,
}

/// One command.
#[derive(Debug)]
pub struct Command {
    /// Its name, in lower case; a subcommand's is `client|id`, as Redis spells it in errors.
    pub name: &'static str,
    /// How many words a request has, its name among them; negative, if that many or more.
    arity: i8,
    run: fn(&mut Context, &[Bytes]) -> Answer,
    within: Within,
}

impl Command {
    const fn new(name: &'static str, arity: i8, run: fn(&mut Context, &[Bytes]) -> Answer) -> Self {
        Self { name, arity, run, within: Within::Queue }
    }

    const fn within(self, within: Within) -> Self {
        Self { within, ..self }
    }

    fn takes(&self, words: usize) -> bool {
        let least = usize::from(self.arity.unsigned_abs());
        if self.arity < 0 { words >= least } else { words == least }
    }
}

/// Every command there is.
pub static COMMANDS: &[Command] = &[
    Command::new("auth", -2, connection::auth),
    Command::new("client|getname", 2, connection::client_getname),
    Command::new("client|id", 2, connection::client_id),
    Command::new("client|setinfo", 4, connection::client_setinfo),
    Command::new("client|setname", 3, connection::client_setname),
    Command::new("command", -1, server::command),
    Command::new("command|count", 2, server::command_count),
    Command::new("command|docs", -2, server::command_docs),
    Command::new("command|list", 2, server::command_list),
    Command::new("dbsize", 1, keys::dbsize),
    Command::new("decr", 2, strings::decr),
    Command::new("decrby", 3, strings::decrby),
    Command::new("del", -2, keys::del),
    Command::new("discard", 1, transaction::discard).within(Within::Run),
    Command::new("echo", 2, connection::echo),
    Command::new("exec", 1, transaction::exec).within(Within::Run),
    Command::new("exists", -2, keys::exists),
    Command::new("expire", -3, keys::expire),
    Command::new("flushall", -1, keys::flushall),
    Command::new("flushdb", -1, keys::flushdb),
    Command::new("get", 2, strings::get),
    Command::new("hello", -1, connection::hello),
    Command::new("incr", 2, strings::incr),
    Command::new("incrby", 3, strings::incrby),
    Command::new("info", -1, server::info),
    Command::new("llen", 2, lists::llen),
    Command::new("lpush", -3, lists::lpush),
    Command::new("lrange", 4, lists::lrange),
    Command::new("multi", 1, transaction::multi).within(Within::Run),
    Command::new("persist", 2, keys::persist),
    Command::new("ping", -1, connection::ping),
    Command::new("quit", -1, connection::quit).within(Within::Run),
    Command::new("rename", 3, keys::rename),
    Command::new("rpush", -3, lists::rpush),
    Command::new("select", 2, connection::select),
    Command::new("set", -3, strings::set),
    Command::new("shutdown", -1, server::shutdown).within(Within::Refuse),
    Command::new("ttl", 2, keys::ttl),
    Command::new("type", 2, keys::kind),
    Command::new("unlink", -2, keys::del),
    Command::new("unwatch", 1, transaction::unwatch),
    Command::new("watch", -2, transaction::watch).within(Within::Run),
];

/// The command of that name, in lower case.
pub fn find(name: &str) -> Option<&'static Command> {
    COMMANDS.iter().find(|command| command.name == name)
}

/// Answers one request: runs its command at the present time, or queues it, or says why not.
pub fn answer(context: &mut Context, request: Request) -> Reply {
    context.instance.tick();
    let command = match admit(context.session, &request) {
        Ok(command) => command,
        Err(fault) => return Reply::Error(transaction::spoil(context.session, &request, fault)),
    };
    match &mut context.session.transaction {
        Some(transaction) if command.within == Within::Queue => {
            if transaction.queue(command, request) {
                Reply::Status("QUEUED")
            } else {
                Reply::Error(Fault::new("ERR the transaction is too big"))
            }
        }
        _ => run(context, command, &request),
    }
}

/// Runs a command, whose number of words has been checked.
fn run(context: &mut Context, command: &Command, request: &[Bytes]) -> Reply {
    (command.run)(context, request).into()
}

/// The command that the request names, if it is complete and may come now.
fn admit(session: &Session, request: &[Bytes]) -> Result<&'static Command, Fault> {
    let command = look_up(request)?;
    if !command.takes(request.len()) {
        return Err(Fault::arity(command.name));
    }
    if session.transaction.is_some() && command.within == Within::Refuse {
        return Err(Fault::new("ERR Command not allowed inside a transaction"));
    }
    Ok(command)
}

/// Finds a command by its first word, or by its first two where there are subcommands.
fn look_up(request: &[Bytes]) -> Result<&'static Command, Fault> {
    let unknown = || Fault::unknown_command(request);
    let name = lower(request.first().ok_or_else(unknown)?);
    if name.contains('|') {
        return Err(unknown());
    }
    let prefix = format!("{name}|");
    let has_subcommands = COMMANDS.iter().any(|command| command.name.starts_with(&prefix));
    match request.get(1) {
        Some(second) if has_subcommands => {
            find(&(prefix + &lower(second))).ok_or_else(|| Fault::unknown_subcommand(&name, second))
        }
        None if has_subcommands => find(&name).ok_or_else(|| Fault::arity(&name)),
        _ => find(&name).ok_or_else(unknown),
    }
}

/// A word in lower case: names and options are the same in any case.
fn lower(word: &[u8]) -> String {
    String::from_utf8_lossy(word).to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(session: &mut Session, line: &str) -> Reply {
        reply_of(&mut Instance::new(0), session, line)
    }

    fn reply_of(instance: &mut Instance, session: &mut Session, line: &str) -> Reply {
        let request = line.split(' ').map(|word| Bytes::copy_from_slice(word.as_bytes()));
        answer(&mut Context { instance, session }, request.collect())
    }

    fn refused(line: &str) -> String {
        match reply(&mut Session::default(), line) {
            Reply::Error(fault) => fault.text().to_owned(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_name_is_found_in_any_case() {
        assert_eq!(reply(&mut Session::default(), "pInG"), Reply::Status("PONG"));
        assert_eq!(reply(&mut Session::default(), "Client GetName"), Reply::Null);
    }

    #[test]
    fn a_subcommand_is_not_a_command() {
        assert!(refused("client|id").starts_with("ERR unknown command 'client|id'"));
        assert!(refused("CLIENT NONE").starts_with("ERR unknown subcommand 'NONE'. Try CLIENT"));
        assert!(refused("CLIENT").ends_with("arguments for 'client' command"));
    }

    #[test]
    fn a_client_that_asks_for_the_commands_gets_their_names_and_no_details() {
        let session = &mut Session::default();
        assert_eq!(reply(session, "COMMAND"), Reply::Array(Vec::new()));
        let Reply::Array(names) = reply(session, "COMMAND LIST") else { panic!("no array") };
        assert!(names.contains(&Reply::bulk("command")) && names.contains(&Reply::bulk("client")));
        assert_eq!(reply(session, "COMMAND COUNT"), Reply::count(names.len()));
    }

    #[test]
    fn a_command_meets_no_key_that_has_ended_in_any_database() {
        let mut instance = Instance::new(0);
        for database in &mut instance.store.0 {
            database.set(b"key", b"");
            database.end_at(b"key", 0);
        }
        assert_eq!(reply_of(&mut instance, &mut Session::default(), "EXISTS key"), Reply::Integer(0));
        assert!(instance.store.0.iter().all(Database::is_empty));
    }

    #[test]
    fn an_expiry_that_would_not_be_kept_is_refused() {
        assert!(refused("SET a 1 EX 5").ends_with("use EXPIRE"));
        assert_eq!(refused("EXPIRE a 5 NX"), "ERR Unsupported option NX");
    }

    #[test]
    fn names_are_unique_and_in_order() {
        assert!(COMMANDS.is_sorted_by(|a, b| a.name < b.name));
    }

    #[test]
    fn a_command_that_may_not_be_queued_spoils_the_transaction() {
        let mut session = Session::default();
        reply(&mut session, "MULTI");
        reply(&mut session, "SHUTDOWN");
        assert!(session.transaction.is_some_and(|transaction| transaction.spoiled));
    }
}
