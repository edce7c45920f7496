//! Commands about the connection itself: greeting, name, database, end.

use bytes::Bytes;

use super::{Context, lower};
use crate::{
    REDIS_VERSION,
    fault::Fault,
    integer,
    reply::{Answer, Reply},
    session::Next,
    store::DATABASES,
    wire::Protocol,
};

/// `PING [message]`: `PONG`, or the message.
pub fn ping(_: &mut Context, request: &[Bytes]) -> Answer {
    match request {
        [_] => Ok(Reply::Status("PONG")),
        [_, message] => Ok(Reply::Bulk(message.clone())),
        _ => Err(Fault::arity("ping")),
    }
}

/// `ECHO message`: the message.
pub fn echo(_: &mut Context, request: &[Bytes]) -> Answer {
    Ok(Reply::Bulk(request[1].clone()))
}

/// `QUIT`: `OK`, and the connection is closed.
pub fn quit(context: &mut Context, _: &[Bytes]) -> Answer {
    context.session.next = Next::Close;
    Ok(Reply::OK)
}

/// `SELECT index`: the database that the next commands work on, 0 to 15.
pub fn select(context: &mut Context, request: &[Bytes]) -> Answer {
    let index = integer::parse(&request[1]).ok_or_else(Fault::not_an_integer)?;
    let index = i32::try_from(index).map_err(|_| out_of_int())?;
    context.session.database = usize::try_from(index)
        .ok()
        .filter(|index| *index < DATABASES)
        .ok_or_else(|| Fault::new("ERR DB index is out of range"))?;
    Ok(Reply::OK)
}

/// Redis reads a database's number as a C `int`, and says so.
fn out_of_int() -> Fault {
    let (least, most) = (i32::MIN, i32::MAX);
    Fault::new(format!("ERR value is out of range, value must between {least} and {most}"))
}

/// `AUTH [username] password`: as Redis answers where no password is set. Only its default user
/// exists, and any password is right for that one.
pub fn auth(_: &mut Context, request: &[Bytes]) -> Answer {
    match request {
        [_, _password] => Err(Fault::new(
            "ERR AUTH <password> called without any password configured for the default user. \
             Are you sure your configuration is correct?",
        )),
        [_, user, _password] => log_in(user).map(|()| Reply::OK),
        _ => Err(Fault::syntax()),
    }
}

fn log_in(user: &Bytes) -> Result<(), Fault> {
    if user == "default" {
        Ok(())
    } else {
        Err(Fault::new("WRONGPASS invalid username-password pair or user is disabled."))
    }
}

/// `HELLO [protocol [AUTH username password] [SETNAME name]]`: switches to RESP2 or RESP3, and
/// tells the client whom it talks to.
pub fn hello(context: &mut Context, request: &[Bytes]) -> Answer {
    let protocol = match request.get(1) {
        None => context.session.protocol,
        Some(version) => protocol(version)?,
    };
    let mut name = None;
    let mut options = request.get(2..).unwrap_or_default();
    while let [option, rest @ ..] = options {
        options = match (lower(option).as_str(), rest) {
            ("auth", [user, _password, rest @ ..]) => {
                log_in(user)?;
                rest
            }
            ("setname", [wanted, rest @ ..]) => {
                name = Some(client_name(wanted)?);
                rest
            }
            _ => return Err(bad_option(option)),
        };
    }
    if let Some(name) = name {
        context.session.name = name;
    }
    context.session.protocol = protocol;
    Ok(greeting(context.session.id, protocol))
}

fn protocol(version: &[u8]) -> Result<Protocol, Fault> {
    match integer::parse(version) {
        Some(2) => Ok(Protocol::Resp2),
        Some(3) => Ok(Protocol::Resp3),
        Some(_) => Err(Fault::new("NOPROTO unsupported protocol version")),
        None => Err(Fault::new("ERR Protocol version is not an integer or out of range")),
    }
}

fn bad_option(option: &[u8]) -> Fault {
    let option = String::from_utf8_lossy(option);
    Fault::new(format!("ERR Syntax error in HELLO option '{option}'"))
}

fn greeting(id: i64, protocol: Protocol) -> Reply {
    let version = if protocol == Protocol::Resp2 { 2 } else { 3 };
    Reply::Map(vec![
        ("server", Reply::bulk("redis")),
        ("version", Reply::bulk(REDIS_VERSION)),
        ("proto", Reply::Integer(version)),
        ("id", Reply::Integer(id)),
        ("mode", Reply::bulk("standalone")),
        ("role", Reply::bulk("master")),
        ("modules", Reply::Array(Vec::new())),
    ])
}

/// `CLIENT ID`: this connection's number.
pub fn client_id(context: &mut Context, _: &[Bytes]) -> Answer {
    Ok(Reply::Integer(context.session.id))
}

/// `CLIENT GETNAME`: this connection's name, if it has one.
pub fn client_getname(context: &mut Context, _: &[Bytes]) -> Answer {
    Ok(Reply::bulk_or_null(context.session.name.as_ref()))
}

/// `CLIENT SETNAME name`: names this connection; an empty name takes it away.
pub fn client_setname(context: &mut Context, request: &[Bytes]) -> Answer {
    context.session.name = client_name(&request[2])?;
    Ok(Reply::OK)
}

fn client_name(name: &Bytes) -> Result<Option<Bytes>, Fault> {
    if name.iter().all(u8::is_ascii_graphic) {
        Ok((!name.is_empty()).then(|| Bytes::copy_from_slice(name)))
    } else {
        let text = "ERR Client names cannot contain spaces, newlines or special characters.";
        Err(Fault::new(text))
    }
}

/// `CLIENT SETINFO LIB-NAME|LIB-VER text`: what libraries say of themselves since Redis 7.2.
/// Nobody asks for it here, so it is not kept.
pub fn client_setinfo(_: &mut Context, request: &[Bytes]) -> Answer {
    match lower(&request[2]).as_str() {
        "lib-name" | "lib-ver" => Ok(Reply::OK),
        other => Err(Fault::new(format!("ERR Unrecognized option '{other}'"))),
    }
}
