//! The one queue to the one writer. A front thread collects a group, of what has come when the queue runs dry, and commits
//! it; a back thread brings what is committed under a checkpoint, seals and answers, while the front one is at the next
//! group. Full means 503, not collapse.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SendError, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit, oneshot};

use super::issuance::Patience;
use super::refusal::{Failure, Fault, Refusal};
use super::sealing::{Seal, Sealer, Sealing};
use super::store::BATCH_BYTES;
use super::writer::{Attempt, Committed, Committer, Outcome, Proposal, Publisher, Writer};

/// Most proposals of a group: the width of a tile.
const GROUP: usize = 256;
/// Most rows of a commit: sled's batches grow expensive beyond it.
const ROWS: usize = 900;
/// Bytes of rows that are enough for a commit, far below what a store takes at once.
const BYTES: usize = BATCH_BYTES / 4;
/// Rows that an entry makes beside those of its proposal and its blocks: its licence, and what its standing moves.
const OWN_ROWS: usize = 2;
/// How long a group waits at first for more, once a second proposal shows that there is company; in all twice that.
const COMPANY: Duration = Duration::from_millis(2);
/// Proposals that may wait, half of them lines of batches, which are held back while the other half is for requests.
const QUEUE: usize = 4096;

/// A proposal with the way back to whoever waits for it.
struct Waiting {
    proposal: Proposal,
    seal: Option<Sealing>,
    reply: oneshot::Sender<Result<Done, Failure>>,
}

/// The room that a proposal takes in the queue, and where its answer comes.
type Asked<'s> = (SemaphorePermit<'s>, oneshot::Receiver<Result<Done, Failure>>);

/// What stands: the entry and, where there was something to seal, its seal.
pub type Done = (Committed, Option<Seal>);

/// The way to the writer. Dropping it lets the writer finish what was accepted and stop.
pub struct Sequencer {
    queue: Option<SyncSender<Waiting>>,
    requests: Semaphore,
    lines: Semaphore,
    threads: Vec<JoinHandle<()>>,
}

impl Sequencer {
    /// Starts the writer's two threads.
    pub fn start(writer: Writer, sealer: Arc<Sealer>) -> Result<Self, Fault> {
        let (in_front, behind) = (writer.guard(), writer.guard());
        let (committer, publisher) = writer.halves();
        let (queue, waiting) = sync_channel(QUEUE);
        // A group is handed over when the one before it is answered: what comes meanwhile makes the next one fuller.
        let (handing, handed) = sync_channel(0);
        let thread = |name: &str, work: Box<dyn FnOnce() + Send>| {
            std::thread::Builder::new().name(name.into()).spawn(work).map_err(|_| Fault::Stopped)
        };
        let front = thread(
            "sequencer",
            Box::new(move || {
                let _guard = in_front;
                commit_groups(committer, &waiting, &handing);
            }),
        )?;
        let back = thread(
            "publisher",
            Box::new(move || {
                let _guard = behind;
                publish_groups(publisher, &sealer, &handed);
            }),
        )?;
        let room = || Semaphore::new(QUEUE / 2);
        Ok(Self { queue: Some(queue), requests: room(), lines: room(), threads: vec![front, back] })
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
            TrySendError::Disconnected(_) => broken_off(),
        })?;
        answer.await.map_err(|_| broken_off())?
    }

    /// Proposes entries that stand on one another, in their order and side by side; how many stand, and why the next does not. Waits
    /// where there is no room.
    pub async fn propose_in_order(&self, proposals: Vec<Proposal>) -> (usize, Result<(), Failure>) {
        let mut asked = Vec::with_capacity(proposals.len());
        let mut refused = Ok(());
        for proposal in proposals {
            match self.ask(proposal).await {
                Ok(answer) => asked.push(answer),
                Err(failure) => {
                    refused = Err(failure);
                    break;
                }
            }
        }
        let mut stand = 0;
        for (_room, answer) in asked {
            if let Err(failure) = answer.await.unwrap_or_else(|_| Err(broken_off())) {
                return (stand, Err(failure));
            }
            stand += 1;
        }
        (stand, refused)
    }

    /// Puts a proposal into the queue.
    async fn ask(&self, proposal: Proposal) -> Result<Asked<'_>, Failure> {
        let room = self.lines.acquire().await.map_err(|_| Fault::Stopped)?;
        let (reply, answer) = oneshot::channel();
        let queue = self.queue.as_ref().ok_or(Fault::Stopped)?;
        queue.try_send(Waiting { proposal, seal: None, reply }).map_err(|error| match error {
            TrySendError::Full(_) => Failure::Refused(Refusal::Busy),
            TrySendError::Disconnected(_) => broken_off(),
        })?;
        Ok((room, answer))
    }
}

impl Drop for Sequencer {
    fn drop(&mut self) {
        self.queue = None;
        for thread in self.threads.drain(..) {
            // A panic there has been reported by its own hook; there is nothing left to stop.
            let _ = thread.join();
        }
    }
}

/// Nobody can say what became of it, so whoever waits is told to ask again, under the same key.
fn broken_off() -> Failure {
    Refusal::NotReady("the writer broke off: read the log, then restart".into()).into()
}

/// What the committer did with a group, and who waits for it: nobody where a proposal was deferred.
struct Handed {
    attempt: Attempt,
    askers: Vec<Option<Asker>>,
}

struct Asker {
    seal: Option<Sealing>,
    reply: oneshot::Sender<Result<Done, Failure>>,
}

/// The front thread: collects groups and commits them.
fn commit_groups(mut committer: Committer, waiting: &Receiver<Waiting>, handed: &SyncSender<Handed>) {
    let mut deferred: Vec<Waiting> = Vec::new();
    loop {
        let mut group = std::mem::take(&mut deferred);
        if group.is_empty() {
            match waiting.recv() {
                Ok(first) => group.push(first),
                Err(_) => return,
            }
        }
        collect(&mut group, waiting);
        let (handing, again) = commit(&mut committer, group);
        deferred = again;
        if let Err(SendError(unsigned)) = handed.send(handing) {
            unsigned.askers.into_iter().flatten().for_each(|asker| drop(asker.reply.send(Err(broken_off()))));
            return;
        }
    }
}

/// Takes what is queued. A lone proposal is not kept waiting; in company it waits a little for more, each time half as
/// long as before.
fn collect(group: &mut Vec<Waiting>, waiting: &Receiver<Waiting>) {
    let rows = |waiting: &Waiting| waiting.proposal.rows.len() + OWN_ROWS;
    let mut total: usize = group.iter().map(rows).sum();
    let mut bytes: usize = group.iter().map(|waiting| waiting.proposal.bytes()).sum();
    let mut company = COMPANY;
    while group.len() < GROUP && total < ROWS && bytes < BYTES {
        let next = match waiting.try_recv() {
            Ok(next) => next,
            Err(_) if group.len() == 1 => return,
            Err(_) => match waiting.recv_timeout(company) {
                Ok(next) => {
                    company /= 2;
                    next
                }
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return,
            },
        };
        total += rows(&next);
        bytes += next.proposal.bytes();
        group.push(next);
    }
}

/// Commits a group; what is to be published and answered, and what must wait for the next group.
fn commit(committer: &mut Committer, group: Vec<Waiting>) -> (Handed, Vec<Waiting>) {
    metrics::histogram!("vidimus_group_entries")
        .record(f64::from(u32::try_from(group.len()).unwrap_or(u32::MAX)));
    let mut proposals = Vec::with_capacity(group.len());
    let mut askers = Vec::with_capacity(group.len());
    for Waiting { proposal, seal, reply } in group {
        proposals.push(proposal);
        askers.push(Some(Asker { seal, reply }));
    }
    let mut attempt = committer.commit(proposals, false);
    let mut again = Vec::new();
    for (place, proposal) in attempt.take_deferred() {
        if let Some(Asker { seal, reply }) = askers.get_mut(place).and_then(Option::take) {
            again.push(Waiting { proposal, seal, reply });
        }
    }
    (Handed { attempt, askers }, again)
}

/// The back thread: brings what is committed under a checkpoint, seals and answers. What was refused is answered here
/// too: it was judged over entries that nobody has seen before this.
fn publish_groups(mut publisher: Publisher, sealer: &Sealer, handed: &Receiver<Handed>) {
    while let Ok(Handed { attempt, askers }) = handed.recv() {
        let outcomes = publisher.settle(attempt);
        let answers = askers.into_iter().zip(outcomes);
        seal_and_answer(sealer, answers.filter_map(|(asker, outcome)| Some((asker?, outcome))).collect());
    }
}

/// Seals what is committed, in one write, and answers everybody.
fn seal_and_answer(sealer: &Sealer, answers: Vec<(Asker, Outcome)>) {
    let mut committed = Vec::with_capacity(answers.len());
    for (Asker { seal, reply }, outcome) in answers {
        match outcome {
            Outcome::Committed(one) => committed.push((*one, seal, reply)),
            // Nobody waits any more when the connection is gone; the entry stands all the same.
            Outcome::Failed(failure) => drop(reply.send(Err(failure))),
            Outcome::Deferred(_) => drop(reply.send(Err(Fault::Stopped.into()))),
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
}
