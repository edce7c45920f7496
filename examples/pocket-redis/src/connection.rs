//! One client, from the first request to the last reply.

use std::sync::Mutex;

use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio_util::codec::Framed;

use crate::{
    command::{self, Context},
    fault::Fault,
    instance::{Instance, lock},
    reply::Reply,
    request::Request,
    session::{Next, Session},
    wire::{Wire, WireError},
};

/// Serves one client until either side is done. What it last asked for is returned, for a client
/// may end the whole process.
pub async fn serve(stream: TcpStream, instance: &Mutex<Instance>) -> Next {
    let mut session = Session::new(lock(instance).connect());
    // How a connection was lost concerns nobody but its client.
    let _ = converse(stream, &mut session, instance).await;
    lock(instance).disconnect();
    session.next
}

/// Answers one request after the other; a reply is on its way before the next request is read,
/// so that a client which does not read cannot make replies pile up here.
async fn converse(
    stream: TcpStream,
    session: &mut Session,
    instance: &Mutex<Instance>,
) -> Result<(), WireError> {
    stream.set_nodelay(true)?;
    let mut wire = Framed::new(stream, Wire::default());
    while session.next == Next::Listen {
        let reply = match wire.next().await {
            None => break,
            Some(Ok(request)) if is_http(&request) => break,
            Some(Ok(request)) => {
                let mut instance = lock(instance);
                command::answer(&mut Context { instance: &mut instance, session }, request)
            }
            Some(Err(error @ WireError::Malformed(_))) => {
                wire.send(Reply::Error(Fault::new(error.to_string()))).await?;
                break;
            }
            Some(Err(error)) => return Err(error),
        };
        wire.codec_mut().protocol = session.protocol;
        if session.next != Next::Shutdown {
            wire.send(reply).await?;
        }
    }
    Ok(())
}

/// A web page may make its reader's browser post to any port of this machine. As Redis does it,
/// the connection is closed before the body, which may hold commands, is read.
fn is_http(request: &Request) -> bool {
    let name = request.first();
    name.is_some_and(|name| ["post", "host:"].iter().any(|bad| name.eq_ignore_ascii_case(bad.as_bytes())))
}
