//! What the stack's health check asks of a Redis image beside the server: `redis-cli [-p PORT] -e ping`, and no more.

use std::{
    env,
    io::{self, BufRead, BufReader, Write},
    net::{Ipv4Addr, TcpStream},
    process::ExitCode,
    time::Duration,
};

/// A check is over before the next begins.
const PATIENCE: Duration = Duration::from_secs(2);

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let port = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["-e", "ping"] => Ok(6379),
        ["-p", port, "-e", "ping"] => port.parse().map_err(|_| format!("-p {port}: this is no port")),
        _ => Err("this stand-in knows “[-p PORT] -e ping” alone".to_owned()),
    };
    let answer = port.and_then(|port| ping(port).map_err(|error| format!("127.0.0.1:{port}: {error}")));
    match answer {
        Ok(answer) => {
            println!("{answer}");
            ExitCode::from(u8::from(answer != "PONG"))
        }
        Err(error) => {
            eprintln!("redis-cli: {error}");
            ExitCode::FAILURE
        }
    }
}

fn ping(port: u16) -> io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&(Ipv4Addr::LOCALHOST, port).into(), PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(b"PING\r\n")?;
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer)?;
    Ok(answer.trim_end().trim_start_matches(['+', '-']).to_owned())
}
