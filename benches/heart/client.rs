//! HTTP/1.1 as a load: requests whose bytes are ready, over connections that are kept. As little work as can be, since
//! it is done on the cores that are measured.

use std::io::ErrorKind;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// Requests, and what every answer must contain.
pub struct Load {
    pub address: String,
    pub requests: Vec<Vec<u8>>,
    pub must: &'static str,
}

/// The bytes of a request.
pub fn request(path: &str, token: Option<&str>, media_type: &str, body: &str) -> Vec<u8> {
    let token = token.map(|token| format!("authorization: Bearer {token}\r\n")).unwrap_or_default();
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nhost: bench\r\n{token}content-type: {media_type}\r\ncontent-length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

/// A runtime with as many threads as there are cores.
pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap()
}

/// Sends all requests over so many connections, each as soon as the one before is answered; requests a second.
pub fn closed(load: Load, connections: usize) -> f64 {
    let (load, next) = (Arc::new(load), Arc::new(AtomicUsize::new(0)));
    let count = load.requests.len();
    runtime().block_on(async {
        let mut talks = JoinSet::new();
        let mut open = Vec::new();
        for _ in 0..connections {
            open.push(Connection::to(&load.address).await);
        }
        let begun = Instant::now();
        for mut connection in open {
            let (load, next) = (Arc::clone(&load), Arc::clone(&next));
            talks.spawn(async move {
                while let Some(request) = load.requests.get(next.fetch_add(1, Ordering::Relaxed)) {
                    connection.ask(request, load.must).await;
                }
            });
        }
        while let Some(done) = talks.join_next().await {
            done.unwrap();
        }
        count as f64 / begun.elapsed().as_secs_f64()
    })
}

/// Sends requests at `rate` a second, whether or not earlier ones are answered, as far as the connections allow; how
/// long each took from when it was due.
pub fn open(load: Load, connections: usize, rate: f64) -> Vec<Duration> {
    let (load, next) = (Arc::new(load), Arc::new(AtomicUsize::new(0)));
    runtime().block_on(async {
        let begun = Instant::now() + Duration::from_millis(50);
        let mut talks = JoinSet::new();
        for _ in 0..connections {
            let (load, next) = (Arc::clone(&load), Arc::clone(&next));
            talks.spawn(async move {
                let mut connection = Connection::to(&load.address).await;
                let mut taken = Vec::new();
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some(request) = load.requests.get(number) else { return taken };
                    let due = begun + Duration::from_secs_f64(number as f64 / rate);
                    tokio::time::sleep_until(due.into()).await;
                    connection.ask(request, load.must).await;
                    taken.push(due.elapsed());
                }
            });
        }
        let mut taken = Vec::new();
        while let Some(done) = talks.join_next().await {
            taken.extend(done.unwrap());
        }
        taken
    })
}

/// Sends one request and reads the answer, however it is framed, to its end; the body.
pub fn whole(address: &str, request: &[u8]) -> Vec<u8> {
    runtime().block_on(async {
        let connection = Connection::to(address).await;
        let ((), answer) =
            tokio::join!(send(&connection.stream, request), answer(&connection.stream, Vec::new()));
        answer.0
    })
}

struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    async fn to(address: &str) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, buffer: Vec::new() }
    }

    async fn ask(&mut self, request: &[u8], must: &str) {
        send(&self.stream, request).await;
        let (body, buffer) = answer(&self.stream, std::mem::take(&mut self.buffer)).await;
        assert!(has(&body, must.as_bytes()), "answered {}", String::from_utf8_lossy(&body));
        self.buffer = buffer;
    }
}

async fn send(to: &TcpStream, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        to.writable().await.unwrap();
        match to.try_write(bytes) {
            Ok(sent) => bytes = &bytes[sent..],
            Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock, "{error}"),
        }
    }
}

/// Waits for more bytes.
async fn more(from: &TcpStream, to: &mut Vec<u8>) {
    let mut piece = [0; 64 * 1024];
    loop {
        from.readable().await.unwrap();
        match from.try_read(&mut piece) {
            Ok(read) => {
                assert!(read > 0, "an answer broke off: {}", String::from_utf8_lossy(to));
                return to.extend_from_slice(&piece[..read]);
            }
            Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock, "{error}"),
        }
    }
}

/// Whether the bytes have the word in them.
pub fn has(bytes: &[u8], word: &[u8]) -> bool {
    let Some(first) = word.first() else { return true };
    let mut at = 0;
    while let Some(found) = bytes[at..].iter().position(|byte| byte == first) {
        if bytes[at + found..].starts_with(word) {
            return true;
        }
        at += found + 1;
    }
    false
}

/// Reads one answer of a status 2xx; its body, and what came after it.
async fn answer(from: &TcpStream, mut buffer: Vec<u8>) -> (Vec<u8>, Vec<u8>) {
    let head = loop {
        if let Some(end) = buffer.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
        more(from, &mut buffer).await;
    };
    let text = String::from_utf8_lossy(&buffer[..head]).to_ascii_lowercase();
    let length =
        text.split("content-length: ").nth(1).and_then(|rest| rest.split("\r\n").next()?.parse().ok());
    let mut rest = buffer.split_off(head);
    match length {
        Some(length) => {
            while rest.len() < length {
                more(from, &mut rest).await;
            }
            let after = rest.split_off(length);
            assert!(text.starts_with("http/1.1 2"), "{text}{}", String::from_utf8_lossy(&rest));
            (rest, after)
        }
        None => {
            while !rest.ends_with(b"\r\n0\r\n\r\n") {
                more(from, &mut rest).await;
            }
            assert!(text.starts_with("http/1.1 2"), "{text}");
            (unchunked(&rest), Vec::new())
        }
    }
}

/// The body in its chunks.
fn unchunked(mut chunks: &[u8]) -> Vec<u8> {
    let mut body = Vec::with_capacity(chunks.len());
    while let Some(end) = chunks.windows(2).position(|two| two == b"\r\n") {
        let length = usize::from_str_radix(std::str::from_utf8(&chunks[..end]).unwrap(), 16).unwrap();
        if length == 0 {
            break;
        }
        body.extend_from_slice(&chunks[end + 2..end + 2 + length]);
        chunks = &chunks[end + 2 + length + 2..];
    }
    body
}
