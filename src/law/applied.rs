//! The signatures that an entry owes before its effects count.
//!
//! [`Applied`] is a promise with debts: only [`discharge`], which checks every signature in one batch, turns it into
//! effects that may be kept. So no caller can forget a signature.

use super::violation::{Rule, Violation};
use crate::crypto::PublicKey;
use crate::crypto::key::{Signed, verify_all};
use crate::ledger::signature::Signature;
use crate::ledger::state::Effects;

/// A signature that must be good for an entry to count.
#[derive(Debug, Clone)]
pub(super) struct Owed {
    pub(super) key: PublicKey,
    pub(super) message: Vec<u8>,
    pub(super) signature: Signature,
    pub(super) rule: Rule,
}

/// An entry that keeps every rule, but for signatures still to be checked.
#[derive(Debug, Clone)]
pub struct Applied {
    pub(super) effects: Effects,
    pub(super) owed: Vec<Owed>,
}

/// What an entry owes, its effects taken away.
#[derive(Debug)]
#[must_use = "a signature that nobody checks"]
pub struct Debt(Vec<Owed>);

impl Applied {
    /// What the entry will do. Later entries of a group are judged over this; nothing is kept before [`discharge`].
    pub fn pending(&self) -> &Effects {
        &self.effects
    }

    /// Parts what the entry will do from what it owes, for whoever goes on before [`settle`] and throws away everything
    /// since if that finds a bad signature: an auditor. Nothing else may be done with effects that are owed for.
    pub fn part(self) -> (Effects, Debt) {
        (self.effects, Debt(self.owed))
    }
}

/// Checks every signature of a group in one batch. `Err` names the first entry (by place in the group) with a bad one.
pub fn discharge(group: Vec<Applied>) -> Result<Vec<Effects>, (usize, Violation)> {
    check(group.iter().map(|applied| applied.owed.as_slice()))?;
    Ok(group.into_iter().map(|applied| applied.effects).collect())
}

/// The same for debts alone.
pub fn settle(group: &[Debt]) -> Result<(), (usize, Violation)> {
    check(group.iter().map(|debt| debt.0.as_slice()))
}

fn check<'a>(group: impl Iterator<Item = &'a [Owed]>) -> Result<(), (usize, Violation)> {
    let owed: Vec<(usize, &Owed)> =
        group.enumerate().flat_map(|(place, owed)| owed.iter().map(move |owed| (place, owed))).collect();
    let signed: Vec<Signed<'_>> = owed
        .iter()
        .map(|(_, owed)| Signed { key: &owed.key, signature: &owed.signature.0, message: &owed.message })
        .collect();
    if let Err(bad) = verify_all(&signed)
        && let Some((place, owed)) = owed.get(bad)
    {
        let text = format!("the signature of key {} is not good", owed.key.id());
        return Err((*place, Violation::new(owed.rule, text)));
    }
    Ok(())
}
