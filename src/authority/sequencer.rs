//! The one queue to the one writer. It collects a group of up to 256 proposals or 900 rows, or what has come when
//! the queue runs dry, appends it, and hands what is committed to the sealer. Full means 503, not collapse.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::oneshot;

use super::refusal::{Failure, Fault, Refusal};
use super::sealing::{Sealer, Sealing};
use super::writer::{Committed, Outcome, Proposal, Writer};

/// Most proposals of a group: the width of a tile.
const GROUP: usize = 256;
/// Most rows of a commit: sled's batches grow expensive beyond it.
const ROWS: usize = 900;
/// Rows that an entry makes beside those of its proposal: entry, licence, own to its department, place, waiting to be
/// sealed.
const OWN_ROWS: usize = 5;
/// How long a group waits for more once a second proposal shows that there is company.
const COMPANY: Duration = Duration::from_millis(2);
/// Proposals that may wait.
const QUEUE: usize = 4096;

/// A proposal with the way back to whoever waits for it.
struct Waiting {
    proposal: Proposal,
    seal: Option<Sealing>,
    reply: oneshot::Sender<Result<Committed, Failure>>,
}

/// The way to the writer. Dropping it lets the writer finish what was accepted and stop.
pub struct Sequencer {
    queue: Option<SyncSender<Waiting>>,
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
        Ok(Self { queue: Some(queue), thread: Some(thread) })
    }

    /// Proposes an entry; returns when it is under a signed checkpoint and, where there is something to seal, sealed.
    pub async fn propose(&self, proposal: Proposal, seal: Option<Sealing>) -> Result<Committed, Failure> {
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
    let mut sealed = sealer.seal(&sealings).map(Vec::into_iter);
    for (one, seal, reply) in committed {
        let result = match (&mut sealed, seal) {
            (_, None) => Ok(()),
            (Ok(results), Some(_)) => results.next().unwrap_or(Err(Fault::Stopped)),
            (Err(fault), Some(_)) => Err(fault.clone()),
        };
        drop(reply.send(result.map(|()| one).map_err(Failure::from)));
    }
    deferred
}
