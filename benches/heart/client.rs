//! Ways to load a service: as fast as it answers, at a rate of ours, or by one request.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinSet;

use super::http::Connection;
pub use super::http::{has, request};

/// Requests, and what every answer must contain.
pub struct Load {
    pub address: String,
    pub requests: Vec<Vec<u8>>,
    pub must: &'static str,
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
        let open = connected(&load.address, connections).await;
        let mut talks = JoinSet::new();
        let begun = Instant::now();
        for mut connection in open {
            let (load, next) = (Arc::clone(&load), Arc::clone(&next));
            talks.spawn(async move {
                while let Some(request) = load.requests.get(next.fetch_add(1, Ordering::Relaxed)) {
                    connection.demand(request, load.must).await;
                }
            });
        }
        talks.join_all().await;
        count as f64 / begun.elapsed().as_secs_f64()
    })
}

/// Sends requests at `rate` a second, whether or not earlier ones are answered, as far as the connections allow; how
/// long each took *from when it was due*, so that what waits behind a slow one counts as slow too.
///
/// A thread of its own says when each is due: a timer of the runtime would be late by up to a millisecond, which is more
/// than a verification takes.
pub fn open(load: Load, connections: usize, rate: f64) -> Vec<Duration> {
    let load = Arc::new(load);
    runtime().block_on(async {
        let open = connected(&load.address, connections).await;
        let (tell, due) = mpsc::unbounded_channel();
        let due = Arc::new(Mutex::new(due));
        let count = load.requests.len();
        let clock = std::thread::spawn(move || keep_time(count, rate, &tell));
        let mut talks = JoinSet::new();
        for mut connection in open {
            let (load, due) = (Arc::clone(&load), Arc::clone(&due));
            talks.spawn(async move {
                let mut taken = Vec::new();
                loop {
                    let next = due.lock().await.recv().await;
                    let Some((number, due)) = next else { return taken };
                    connection.demand(&load.requests[number], load.must).await;
                    taken.push(Instant::elapsed(&due));
                }
            });
        }
        let taken = talks.join_all().await.concat();
        clock.join().unwrap();
        taken
    })
}

/// Says of each request when it is due.
fn keep_time(count: usize, rate: f64, tell: &mpsc::UnboundedSender<(usize, Instant)>) {
    let begun = Instant::now();
    for number in 0..count {
        let due = begun + Duration::from_secs_f64(number as f64 / rate);
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        tell.send((number, due)).unwrap();
    }
}

async fn connected(address: &str, count: usize) -> Vec<Connection> {
    let mut open = Vec::with_capacity(count);
    for _ in 0..count {
        open.push(Connection::to(address).await.unwrap());
    }
    open
}

/// Sends one request and reads the answer, however it is framed, to its end; the body.
pub fn whole(address: &str, request: &[u8]) -> Vec<u8> {
    one_by_one(address, &[request.to_vec()]).remove(0)
}

/// Sends these over one connection; the bodies of the answers.
pub fn one_by_one(address: &str, requests: &[Vec<u8>]) -> Vec<Vec<u8>> {
    runtime().block_on(async {
        let mut connection = Connection::to(address).await.unwrap();
        let mut bodies = Vec::with_capacity(requests.len());
        for request in requests {
            bodies.push(connection.demand(request, "").await);
        }
        bodies
    })
}
