//! The one queue to the one writer. It collects a group of up to 256 proposals or 900 rows, or what has come when
//! the queue runs dry, appends it, and hands what is committed to the sealer. Full means 503, not collapse.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::{Semaphore, oneshot};

use super::issuance::Patience;
use super::refusal::{Failure, Fault, Refusal};
use super::sealing::{Seal, Sealer, Sealing};
use super::writer::{Committed, Outcome, Proposal, Writer};

/// Most proposals of a group: the width of a tile.
const GROUP: usize = 256;
/// Most rows of a commit: sled's batches grow expensive beyond it.
const ROWS: usize = 900;
/// Rows that an entry makes beside those of its proposal and its block: entry, licence, and what its standing moves.
const OWN_ROWS: usize = 3;
/// How long a group waits for more once a second proposal shows that there is company.
const COMPANY: Duration = Duration::from_millis(2);
/// Proposals that may wait, half of them lines of batches, which are held back while the other half is for requests.
const QUEUE: usize = 4096;

/// A proposal with the way back to whoever waits for it.
struct Waiting {
    proposal: Proposal,
    seal: Option<Sealing>,
    reply: oneshot::Sender<Result<Done, Failure>>,
}

/// What stands: the entry and, where there was something to seal, its seal.
pub type Done = (Committed, Option<Seal>);

/// The way to the writer. Dropping it lets the writer finish what was accepted and stop.
pub struct Sequencer {
    queue: Option<SyncSender<Waiting>>,
    requests: Semaphore,
    lines: Semaphore,
    thread: Option<JoinHandle<()>>,
}

impl Sequencer {
    /// Starts the writer's thread.
    pub fn start(writer: Writer, sealer: Arc<Sealer>) -> Result<Self, Fault> {
        let (queue, waiting) = sync_channel(QUEUE);
        let thread = std::thread::Builder::new()
            .name("sequencer".into())
            .spawn(move || run(writer, &sealer, &waiting))
            .map_err(|_| Fault::Stopped)?;
        let room = || Semaphore::new(QUEUE / 2);
        Ok(Self { queue: Some(queue), requests: room(), lines: room(), thread: Some(thread) })
    }

    /// Proposes an entry; returns when it is under a signed checkpoint and, where there is something to seal, sealed.
    /// Where there is no room, a request is refused and a line of a batch waits, and with it whoever sends the batch.
    pub async fn propose(
        &self,
        proposal: Proposal,
        seal: Option<Sealing>,
        patience: Patience,
    ) -> Result<Done, Failure> {
        let _room = match patience {
            Patience::Refuse => self.requests.try_acquire().map_err(|_| Refusal::Busy)?,
            Patience::Wait => self.lines.acquire().await.map_err(|_| Fault::Stopped)?,
        };
        let (reply, answer) = oneshot::channel();
        let queue = self.queue.as_ref().ok_or(Fault::Stopped)?;
        queue.try_send(Waiting { proposal, seal, reply }).map_err(|error| match error {
            TrySendError::Full(_) => Failure::Refused(Refusal::Busy),
            TrySendError::Disconnected(_) => Failure::Fault(Fault::Stopped),
        })?;
        answer.await.map_err(|_| Fault::Stopped)?
    }
}

impl Drop for Sequencer {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take() {
            // A panic there has been reported by its own hook; there is nothing left to stop.
            let _ = thread.join();
        }
    }
}

fn run(mut writer: Writer, sealer: &Sealer, waiting: &Receiver<Waiting>) {
    let mut deferred: VecDeque<Waiting> = VecDeque::new();
    loop {
        let mut group: Vec<Waiting> = deferred.drain(..).collect();
        if group.is_empty() {
            match waiting.recv() {
                Ok(first) => group.push(first),
                Err(_) => return,
            }
        }
        collect(&mut group, waiting);
        deferred.extend(append(&mut writer, sealer, group));
    }
}

/// Takes what is queued. A lone proposal is not kept waiting; in company it waits a little for more.
fn collect(group: &mut Vec<Waiting>, waiting: &Receiver<Waiting>) {
    let rows = |waiting: &Waiting| waiting.proposal.rows.len() + OWN_ROWS;
    let mut total: usize = group.iter().map(rows).sum();
    while group.len() < GROUP && total < ROWS {
        match waiting.try_recv() {
            Ok(next) => {
                total += rows(&next);
                group.push(next);
            }
            Err(_) if group.len() == 1 => return,
            Err(_) => match waiting.recv_timeout(COMPANY) {
                Ok(next) => {
                    total += rows(&next);
                    group.push(next);
                }
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return,
            },
        }
    }
}

/// Appends a group, seals what is committed, answers; returns what must wait for the next group.
fn append(writer: &mut Writer, sealer: &Sealer, group: Vec<Waiting>) -> Vec<Waiting> {
    metrics::histogram!("vidimus_group_entries")
        .record(f64::from(u32::try_from(group.len()).unwrap_or(u32::MAX)));
    let mut proposals = Vec::with_capacity(group.len());
    let mut askers = Vec::with_capacity(group.len());
    for waiting in group {
        proposals.push(waiting.proposal);
        askers.push((waiting.seal, waiting.reply));
    }
    let mut deferred = Vec::new();
    let mut committed = Vec::new();
    for (outcome, (seal, reply)) in writer.append(proposals).into_iter().zip(askers) {
        match outcome {
            Outcome::Committed(one) => committed.push((*one, seal, reply)),
            // Nobody waits any more when the connection is gone; the entry stands all the same.
            Outcome::Failed(failure) => drop(reply.send(Err(failure))),
            Outcome::Deferred(proposal) => deferred.push(Waiting { proposal: *proposal, seal, reply }),
        }
    }
    let sealings: Vec<&Sealing> = committed.iter().filter_map(|(_, seal, _)| seal.as_ref()).collect();
    let until = committed.iter().map(|(one, ..)| one.index() + 1).max();
    let mut sealed = match until {
        Some(until) if !sealings.is_empty() => sealer.seal(&sealings, until).map(Vec::into_iter),
        _ => Ok(Vec::new().into_iter()),
    };
    for (one, seal, reply) in committed {
        let result = match (&mut sealed, seal) {
            (_, None) => Ok(None),
            (Ok(seals), Some(_)) => seals.next().unwrap_or(Err(Fault::Stopped)).map(Some),
            (Err(fault), Some(_)) => Err(fault.clone()),
        };
        drop(reply.send(result.map(|seal| (one, seal)).map_err(Failure::from)));
    }
    deferred
}
