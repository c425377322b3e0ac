//! Who keeps how far a replay has come: at the end of full bundles, while nothing speaks against the ledger; often enough that little
//! is lost by a kill, seldom enough that keeping costs a few percent, and always at the last bundle that can be kept.

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::Trouble;
use super::file::{Title, Writing};
use crate::audit::head::Head;
use crate::audit::judge::Judge;
use crate::audit::prove::Prover;
use crate::audit::replay::Pins;
use crate::audit::source::Source;
use crate::audit::tree::Tree;
use crate::ledger::state::{Take as _, View as _};
use crate::merkle::Hash;

/// Entries of a full bundle.
const BUNDLE: u64 = 256;
/// Judging takes at least so many times as long as keeping did: so a thirtieth is spent on it, and as much judging is lost by a kill.
const TIMES: u32 = 32;

/// Keeps a file.
pub(in crate::audit) struct Keeper {
    path: PathBuf,
    /// Judging between two writes, in times of what the last one took.
    times: u32,
    last: Instant,
    took: Duration,
    /// Nothing is kept any more.
    rests: bool,
    trouble: Option<Trouble>,
}

/// Where a replay stands: after a bundle.
pub(in crate::audit) struct Passing<'p, 'j> {
    pub(in crate::audit) source: &'p dyn Source,
    pub(in crate::audit) pins: &'p Pins,
    pub(in crate::audit) head: &'p Head,
    pub(in crate::audit) judge: &'p mut Judge<'j>,
    pub(in crate::audit) tree: &'p Tree,
}

impl Keeper {
    pub(super) fn new(path: &Path) -> Self {
        let (path, last, took) = (path.to_owned(), Instant::now(), Duration::ZERO);
        Self { path, times: TIMES, last, took, rests: false, trouble: None }
    }

    /// Keeps at the end of every bundle.
    #[cfg(test)]
    pub(super) fn eager(path: &Path) -> Self {
        Self { times: 0, ..Self::new(path) }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Keeps nothing from now on: what is there stays.
    pub(super) fn rest(&mut self) {
        self.rests = true;
    }

    /// Why it could not be kept, told once.
    pub(super) fn trouble(&mut self) -> Option<Trouble> {
        self.trouble.take()
    }

    /// Keeps where the replay stands, if it is time and nothing speaks against it.
    pub(in crate::audit) fn passing(&mut self, at: &mut Passing<'_, '_>) {
        let size = at.tree.size();
        let last = last_of(at.head.checkpoint.size, at.judge.tokens.settled());
        let due = size == last || self.last.elapsed() >= self.took * self.times;
        if self.rests || size > last || !size.is_multiple_of(BUNDLE) || !due || !at.judge.holds_so_far() {
            return;
        }
        // What the ledger does not name yet may be another's, who would be accused by it.
        if !at.pins.keys().iter().all(|key| at.judge.trail.names(key)) {
            return;
        }
        let began = Instant::now();
        if let Err(error) = write(&self.path, at) {
            self.rests = true;
            let busy = error.kind() == io::ErrorKind::WouldBlock;
            self.trouble = Some(if busy { Trouble::Busy } else { Trouble::Write(error.to_string()) });
        }
        (self.last, self.took) = (Instant::now(), began.elapsed());
    }
}

/// The last place that can be kept: a token that is published later may name any size that no token of now has reached.
fn last_of(size: u64, settled: u64) -> u64 {
    size.min(settled) / BUNDLE * BUNDLE
}

fn write(path: &Path, at: &Passing<'_, '_>) -> io::Result<()> {
    let (judge, tree) = (&at.judge, at.tree);
    let (size, root) = (tree.size(), tree.root());
    let origin = at.head.checkpoint.origin.to_string();
    let title = Title::new(origin, &at.pins.keys, (size, root.to_string()), signed(at));
    let mut to = Writing::begin(path, &title)?;
    to.take(&judge.kinds)?;
    // Bodies leave out what is not there, which only JSON can.
    to.take(&serde_json::to_vec(judge.state.charter())?)?;
    to.take_all(judge.charter.iter())?;
    to.take_all(judge.tokens.all_judged().iter())?;
    to.take_all(tree.range().parts().iter().map(|part| part.0))?;
    to.take_all(
        tree.edge().iter().map(|(index, hashes)| (index, Vec::from_iter(hashes.iter().map(|hash| hash.0)))),
    )?;
    judge.state.put_away(&mut to)?;
    judge.carded.put_away(&mut to)?;
    to.end()
}

/// Whether the checkpoint is signed by a key that the entries so far name, and proved to continue them: only then may somebody be
/// told later that he rewrote what was kept.
fn signed(at: &Passing<'_, '_>) -> bool {
    let size = at.head.checkpoint.size;
    let prover = Prover::new(at.source, size, size, Hash(at.head.checkpoint.root));
    at.judge.trail.verify(&at.head.note, size, &at.pins.keys()).is_ok()
        && prover.beginning(at.tree.size()).is_ok_and(|root| root == at.tree.root())
}
