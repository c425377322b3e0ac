//! HTTP/1.1 as a load needs it: requests whose bytes are ready, over connections that are kept. As little work as can be,
//! since it is done on the cores that are measured. Not here: how many, and when (`client`, `load`).

use std::io::{self, ErrorKind};

use tokio::net::TcpStream;

/// The bytes of a request with a body.
pub fn request(path: &str, token: Option<&str>, media_type: &str, body: &str) -> Vec<u8> {
    let (token, length) = (authorization(token), body.len());
    format!(
        "POST {path} HTTP/1.1\r\nhost: bench\r\n{token}content-type: {media_type}\r\ncontent-length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

/// The bytes of a request that only reads.
pub fn reading(path: &str, token: Option<&str>) -> Vec<u8> {
    let token = authorization(token);
    format!("GET {path} HTTP/1.1\r\nhost: bench\r\n{token}\r\n").into_bytes()
}

fn authorization(token: Option<&str>) -> String {
    token.map(|token| format!("authorization: Bearer {token}\r\n")).unwrap_or_default()
}

/// What came back.
pub struct Answer {
    pub status: u16,
    /// Seconds after which the service wants to be asked again.
    pub retry_after: Option<u64>,
    pub body: Vec<u8>,
}

/// A connection that is kept.
pub struct Connection {
    stream: TcpStream,
    /// What came after the last answer.
    buffer: Vec<u8>,
}

impl Connection {
    pub async fn to(address: &str) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::new() })
    }

    /// Sends and reads at once, since a batch is answered while it is sent; the answer to its end.
    pub async fn ask(&mut self, request: &[u8]) -> io::Result<Answer> {
        let buffer = std::mem::take(&mut self.buffer);
        let (sent, answered) = tokio::join!(send(&self.stream, request), answer(&self.stream, buffer));
        sent?;
        let (answer, after) = answered?;
        self.buffer = after;
        Ok(answer)
    }

    /// Asks for what must be answered well, with the word in it; the body.
    pub async fn demand(&mut self, request: &[u8], must: &str) -> Vec<u8> {
        let Answer { status, body, .. } = self.ask(request).await.unwrap();
        let well = (200..300).contains(&status) && has(&body, must.as_bytes());
        assert!(well, "answered {status} {}", String::from_utf8_lossy(&body));
        body
    }
}

async fn send(to: &TcpStream, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        to.writable().await?;
        match to.try_write(bytes) {
            Ok(sent) => bytes = &bytes[sent..],
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Waits for more bytes.
async fn more(from: &TcpStream, to: &mut Vec<u8>) -> io::Result<()> {
    let mut piece = [0; 64 * 1024];
    loop {
        from.readable().await?;
        match from.try_read(&mut piece) {
            Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
            Ok(read) => {
                to.extend_from_slice(&piece[..read]);
                return Ok(());
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
}

/// Reads one answer, however it is framed; and what came after it.
async fn answer(from: &TcpStream, mut buffer: Vec<u8>) -> io::Result<(Answer, Vec<u8>)> {
    let head = loop {
        if let Some(end) = buffer.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
        more(from, &mut buffer).await?;
    };
    let text = String::from_utf8_lossy(&buffer[..head]).to_ascii_lowercase();
    let number =
        |name: &str| text.split(name).nth(1).and_then(|rest| rest.split("\r\n").next()?.parse().ok());
    let status =
        text.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or(ErrorKind::InvalidData)?;
    let retry_after = number("\r\nretry-after: ");
    let mut rest = buffer.split_off(head);
    let Some(length) = number("\r\ncontent-length: ") else {
        while !rest.ends_with(b"\r\n0\r\n\r\n") {
            more(from, &mut rest).await?;
        }
        return Ok((Answer { status, retry_after, body: unchunked(&rest) }, Vec::new()));
    };
    while (rest.len() as u64) < length {
        more(from, &mut rest).await?;
    }
    let after = rest.split_off(length as usize);
    Ok((Answer { status, retry_after, body: rest }, after))
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
