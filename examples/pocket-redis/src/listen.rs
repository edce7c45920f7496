//! The sockets that the process listens on.

use std::{
    io,
    net::{SocketAddr, TcpListener as StdListener},
};

use anyhow::Context;
use socket2::{Domain, Socket, Type};
use tokio::net::{TcpListener, lookup_host};

/// How many connections may wait to be accepted (Redis' `tcp-backlog`).
const BACKLOG: i32 = 511;

/// One address of `--bind`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BindAddress {
    /// A host name or an address.
    pub host: String,
    /// Whether the machine may lack it.
    pub optional: bool,
}

impl BindAddress {
    /// Reads Redis' spelling: `*` is all of IPv4, `::*` all of IPv6, and `-` before any of them
    /// makes it optional.
    pub fn parse(text: &str) -> Self {
        let (host, optional) = match text.strip_prefix('-') {
            Some(host) => (host, true),
            None => (text, false),
        };
        let host = match host {
            "*" => "0.0.0.0",
            "::*" => "::",
            host => host,
        };
        Self { host: host.to_owned(), optional }
    }
}

/// Listens on every address. An optional one that this machine does not have is left out.
///
/// # Errors
///
/// An address cannot be listened on, or none is left.
pub async fn listen(addresses: &[BindAddress], port: u16) -> anyhow::Result<Vec<TcpListener>> {
    let mut listeners = Vec::new();
    for address in addresses {
        let host = address.host.as_str();
        match open(host, port).await {
            Err(error) if address.optional && is_missing(&error) => {}
            opened => {
                listeners.push(opened.with_context(|| format!("cannot listen on {host} port {port}"))?);
            }
        }
    }
    anyhow::ensure!(!listeners.is_empty(), "none of the addresses of --bind is on this machine");
    Ok(listeners)
}

async fn open(host: &str, port: u16) -> io::Result<TcpListener> {
    let mut addresses = lookup_host((host, port)).await?;
    let address = addresses.next().ok_or_else(|| io::Error::other("this name has no address"))?;
    TcpListener::from_std(bind(address)?)
}

fn bind(address: SocketAddr) -> io::Result<StdListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    if address.is_ipv6() {
        // So that `* -::*`, all addresses of either kind, can be had on one port.
        socket.set_only_v6(true)?;
    }
    // On Windows this option would let two processes share a port.
    #[cfg(not(windows))]
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}

/// Whether the machine has no such address, or no such kind of address: an address that is there
/// can only be taken, or forbidden.
fn is_missing(error: &io::Error) -> bool {
    !matches!(error.kind(), io::ErrorKind::AddrInUse | io::ErrorKind::PermissionDenied)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_spelled_as_redis_spells_it() {
        let read = |text| {
            let address = BindAddress::parse(text);
            (address.host, address.optional)
        };
        assert_eq!(read("*"), ("0.0.0.0".to_owned(), false));
        assert_eq!(read("-::*"), ("::".to_owned(), true));
        assert_eq!(read("localhost"), ("localhost".to_owned(), false));
    }
}
