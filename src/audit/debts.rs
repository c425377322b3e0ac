//! The signatures that entries owe: other cores check them in batches while the law goes on, and what they say is heard
//! in the ledger's order, a fixed number of batches later. So a bad signature ends the same audit at the same place,
//! however many cores there are.

use std::collections::VecDeque;
use std::sync::mpsc::{self, Receiver};

use super::ahead::wait;
use super::summary::Finding;
use crate::law::{self, Debt, Rule, Violation};

/// Entries of a batch: beyond this what it takes no longer fits near a core, below the other the equation gets dearer.
const MOST: u64 = 1024;
const LEAST: u64 = 256;
/// A batch is at most as large as all before it, so that no core waits long for its first, and at most this part of
/// what is left of the ledger, so that all cores end at about the same time.
const PART: u64 = 8;
/// Batches on the way.
const ON_THE_WAY: usize = 8;

/// What is owed, and what is being checked.
#[derive(Default)]
pub(super) struct Debts {
    /// Entries of the whole ledger.
    total: u64,
    /// The index of the first that is owing, and as many as there are.
    from: u64,
    owing: Vec<Debt>,
    checks: VecDeque<Check>,
}

/// A batch on its way, and the index of its first entry.
struct Check {
    from: u64,
    told: Told,
}

/// The first that is bad of a batch, with its place.
type Bad = Option<(usize, Violation)>;

/// What is told of a batch.
enum Told {
    Coming(Receiver<Bad>),
    Come(Bad),
}

impl Told {
    /// Waits for it.
    fn come(self) -> Bad {
        let broken_off = || Violation::new(Rule::OuterSignature, "the check of the signature broke off");
        match self {
            Self::Coming(coming) => wait(&coming).unwrap_or_else(|| Some((0, broken_off()))),
            Self::Come(bad) => bad,
        }
    }
}

impl Debts {
    /// Nothing owed yet, in a ledger of so many entries.
    pub(super) fn of(total: u64) -> Self {
        Self { total, ..Self::default() }
    }

    /// Takes on what the entry at `index` owes. `Err` is a bad signature of an earlier entry, or of this one.
    pub(super) fn owe(&mut self, index: u64, debt: Debt) -> Result<(), Finding> {
        if self.owing.is_empty() {
            self.from = index;
        }
        self.owing.push(debt);
        if index + 1 - self.from < self.batch() {
            return Ok(());
        }
        self.send();
        if self.checks.len() > ON_THE_WAY { self.hear() } else { Ok(()) }
    }

    /// Entries of the batch that begins at `from`.
    fn batch(&self) -> u64 {
        let left = self.total.saturating_sub(self.from);
        self.from.min(left / PART).clamp(LEAST, MOST)
    }

    /// Waits until nothing is owed. `Err` is the first bad signature.
    pub(super) fn settle(&mut self) -> Result<(), Finding> {
        self.send();
        while !self.checks.is_empty() {
            self.hear()?;
        }
        Ok(())
    }

    /// Waits until it is known whether everything owed is good, and says so. Nothing is heard of by it: batches stay as they are, and
    /// what is bad ends the audit where it would have.
    pub(super) fn all_good(&mut self) -> bool {
        let come = |check: Check| Check { told: Told::Come(check.told.come()), ..check };
        self.checks = std::mem::take(&mut self.checks).into_iter().map(come).collect();
        let good = |check: &Check| matches!(check.told, Told::Come(None));
        self.checks.iter().all(good) && law::settle(&self.owing).is_ok()
    }

    /// Sends off whatever is owing as one batch.
    fn send(&mut self) {
        let batch = std::mem::take(&mut self.owing);
        if batch.is_empty() {
            return;
        }
        let (tell, told) = mpsc::sync_channel(1);
        // Nobody hears any more where an earlier batch was bad.
        rayon::spawn(move || drop(tell.send(law::settle(&batch).err())));
        self.checks.push_back(Check { from: self.from, told: Told::Coming(told) });
    }

    /// Hears of the earliest batch.
    fn hear(&mut self) -> Result<(), Finding> {
        let Some(check) = self.checks.pop_front() else { return Ok(()) };
        let Some((place, violation)) = check.told.come() else { return Ok(()) };
        self.checks.clear();
        let index = check.from + u64::try_from(place).unwrap_or(0);
        Err(Finding::at(index, violation.rule, violation.text))
    }
}
