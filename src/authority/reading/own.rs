//! A department's own licences, found and paged.

use std::collections::BTreeSet;

use super::Shown;
use super::own_rows::{handle_of, is_indexed};
use super::shown::Portion;
use crate::authority::Authority;
use crate::authority::blocks::{BLOCK, handles};
use crate::authority::finders::{self, Finder, found_in};
use crate::authority::refusal::{Failure, Fault};
use crate::authority::store::Row;
use crate::ledger::state::LicenceState;
use crate::values::identifiers::{CreditCode, Handle, Slug};
use crate::values::standing::Standing;
use crate::values::time::{Date, Time};

/// Which of its own licences a department asks for.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// What is printed.
    pub licence_number: Option<String>,
    /// Its own record id.
    pub reference: Option<String>,
    /// A holder's code.
    pub holder_code: Option<String>,
    /// The standing now.
    pub standing: Option<Standing>,
    /// Not over yet, and with a last day that is this one or before it; where no standing is asked for, valid ones.
    pub ends_before: Option<Date>,
    /// The last handle of the page before.
    pub after: Option<Handle>,
    /// Whether holders and claims are shown too.
    pub content: bool,
}

/// Licences and where the next page begins.
#[derive(Debug, Clone)]
pub struct Page {
    /// At most fifty.
    pub items: Vec<Shown>,
    /// Give it as `after`.
    pub next: Option<Handle>,
}

/// Items of a page.
const PAGE: usize = 50;
/// Rows that are read at once: a page, and whether another follows.
const AT_ONCE: usize = 64;
/// Rows looked at for one page that few of them belong on.
const LOOKED_AT: usize = 5000;

impl Authority {
    /// The licences that a keyed hash finds, newest first, block by block as far as they are taken.
    pub(in crate::authority) fn found(
        &self,
        finder: Finder,
    ) -> impl Iterator<Item = Result<LicenceState, Failure>> {
        self.found_up_to(finder, u64::MAX)
    }

    /// The same, of those that were entered in the block of an entry or before: whoever looks back does not read what came since.
    pub(in crate::authority) fn found_up_to(
        &self,
        finder: Finder,
        index: u64,
    ) -> impl Iterator<Item = Result<LicenceState, Failure>> {
        let (blocks, failed) = match self.finders.blocks(self.store.as_ref(), &[finder], 0) {
            Ok(mut blocks) => {
                blocks.retain(|block| *block <= index / BLOCK);
                (blocks, None)
            }
            Err(error) => (BTreeSet::new(), Some(Err(Failure::from(error)))),
        };
        let handles = blocks.into_iter().rev().flat_map(move |block| {
            match found_in(self.store.as_ref(), block, &[finder]) {
                Ok(handles) => handles.into_iter().rev().map(Ok).collect(),
                Err(error) => vec![Err(Failure::from(error))],
            }
        });
        let handles = failed.into_iter().chain(handles);
        handles.filter_map(|handle| handle.and_then(|handle| self.published_licence(&handle)).transpose())
    }

    /// A department's own licences in the order in which they were entered, or by handle where their standing finds them.
    /// Whatever was entered before the first page is on one page, once, however many are issued and acted on meanwhile.
    /// A page is short only at the end, or where thousands of rows were looked at for it; `next` says which.
    pub fn own_licences(&self, issuer: &CreditCode, filter: &Filter) -> Result<Page, Failure> {
        let ending = filter.ends_before.map(|day| self.ending_until(filter, day)).transpose()?;
        let mut finders = self.finders(issuer, filter).into_iter();
        let rows = match (finders.next(), filter.standing.filter(is_indexed)) {
            (Some(any), _) => Rows::Finders(any),
            (None, Some(standing)) => {
                Rows::Ending(prefix_of(&Row::OwnStanding(issuer.clone(), standing, least())))
            }
            (None, None) => Rows::Blocks(issuer),
        };
        let more: Vec<Vec<Finder>> = finders.collect();
        let portion = if filter.content { Portion::Content } else { Portion::Line };
        let (mut items, mut last, mut looked_at) = (Vec::new(), filter.after, 0);
        loop {
            let handles = self.handles_after(&rows, last)?;
            for handle in &handles {
                let wanted = self.wanted(issuer, filter, &more, handle)?;
                if let Some(licence) = wanted.filter(|found| ending.is_none_or(|ending| ending.is(found))) {
                    if items.len() == PAGE {
                        return Ok(Page { items, next: last });
                    }
                    items.push(self.show(licence, portion)?);
                }
                last = Some(*handle);
            }
            looked_at += handles.len();
            if handles.is_empty() {
                return Ok(Page { items, next: None });
            }
            if looked_at >= LOOKED_AT {
                return Ok(Page { items, next: last });
            }
        }
    }

    /// Some of the handles that come after one; none at the end.
    fn handles_after(&self, rows: &Rows<'_>, after: Option<Handle>) -> Result<Vec<Handle>, Failure> {
        match rows {
            Rows::Ending(prefix) => {
                let after = after.map(|after| [prefix.as_slice(), after.as_bytes()].concat());
                let found = self.store.scan(prefix, after.as_deref(), AT_ONCE)?;
                Ok(found.iter().map(|(key, _)| handle_of(key)).collect::<Result<_, _>>()?)
            }
            Rows::Blocks(issuer) => self.handles_in_blocks(issuer, after),
            Rows::Finders(any) => self.handles_by_finders(any, after),
        }
    }

    /// What any of these finds in the rest of the block that `after` is in, or in the next block where one finds any.
    fn handles_by_finders(&self, any: &[Finder], after: Option<Handle>) -> Result<Vec<Handle>, Failure> {
        let known = after.map(|after| self.published_licence(&after)).transpose()?.flatten();
        let first = known.as_ref().and_then(LicenceState::first).map_or(0, |first| first.index / BLOCK);
        for block in self.finders.blocks(self.store.as_ref(), any, first)? {
            let mut all = found_in(self.store.as_ref(), block, any)?;
            pass(&mut all, known.as_ref().map(|known| known.handle), after);
            if !all.is_empty() {
                return Ok(all);
            }
        }
        Ok(Vec::new())
    }

    /// The rest of the block that `after` is in, or the next block that has any. A handle that is none of the department's
    /// stands for the time in it: what is older is passed over.
    fn handles_in_blocks(&self, issuer: &CreditCode, after: Option<Handle>) -> Result<Vec<Handle>, Failure> {
        let mut row_after: Option<Vec<u8>> = None;
        let mut known = None;
        if let Some(after) = after
            && let Some(licence) = self.published_licence(&after)?.filter(|found| found.department == *issuer)
            && let Some(first) = licence.first()
        {
            known = Some(after);
            let before = (first.index / BLOCK).checked_sub(1);
            row_after = before.map(|block| Row::Own(issuer.clone(), block).key());
        }
        let prefix = [b"d".as_slice(), issuer.as_str().as_bytes()].concat();
        loop {
            let found = self.store.scan(&prefix, row_after.as_deref(), 1)?;
            let Some((key, row)) = found.into_iter().next() else { return Ok(Vec::new()) };
            row_after = Some(key);
            let mut all = handles(&row)?;
            pass(&mut all, known, after);
            if !all.is_empty() {
                return Ok(all);
            }
        }
    }

    /// The hashes by which the named licences are found, those that fewest share first: any of each suffices.
    fn finders(&self, issuer: &CreditCode, filter: &Filter) -> Vec<Vec<Finder>> {
        let reference = filter.reference.as_ref().map(|text| format!("{issuer}\n{text}"));
        let reference = reference.map(|text| vec![self.once.finder("reference", &text)]);
        let number = filter.licence_number.as_ref().map(|text| vec![self.once.finder("number", text)]);
        let holder = filter.holder_code.as_ref().map(|code| {
            let types = self.types_of(issuer).into_iter();
            types.map(|licence_type| self.once.holder_finder(&licence_type, code)).collect()
        });
        [reference, number, holder].into_iter().flatten().collect()
    }

    /// The types that a department ever had a power to issue: it has issued no other.
    fn types_of(&self, issuer: &CreditCode) -> BTreeSet<Slug> {
        let published = self.window.published();
        let powers = published.charter.powers().filter(|(_, held)| held.value.department == *issuer);
        powers.map(|(_, held)| held.value.r#type.clone()).collect()
    }

    /// What `ends_before` asks for, today.
    fn ending_until(&self, filter: &Filter, day: Date) -> Result<EndingUntil, Failure> {
        let offset = self.window.published().charter.offset();
        let offset = offset.ok_or_else(|| Fault::Law("there is no offset".into()))?;
        let standing = filter.standing.unwrap_or(Standing::Valid);
        Ok(EndingUntil { standing, today: self.now()?.date(offset), day })
    }

    /// The licence, if it is the issuer's and all that was asked for.
    fn wanted(
        &self,
        issuer: &CreditCode,
        filter: &Filter,
        more: &[Vec<Finder>],
        handle: &Handle,
    ) -> Result<Option<LicenceState>, Failure> {
        let licence = self.published_licence(handle)?.filter(|licence| {
            licence.department == *issuer
                && filter.standing.is_none_or(|standing| licence.standing() == standing)
        });
        match licence {
            Some(licence) if more.is_empty() || self.is_found_by(&licence, more)? => Ok(Some(licence)),
            _ => Ok(None),
        }
    }

    /// Whether any of each of these finds the licence.
    fn is_found_by(&self, licence: &LicenceState, more: &[Vec<Finder>]) -> Result<bool, Failure> {
        let block = licence.first().map_or(0, |first| first.index / BLOCK);
        let row = self.store.get(&Row::Finders(block))?.unwrap_or_default();
        let all = finders::read(&row)?;
        let found = all.iter().find(|found| found.handle == licence.handle);
        Ok(found.is_some_and(|found| more.iter().all(|any| found.is_found_by(any))))
    }
}

/// Licences whose last day lies from today to a day.
#[derive(Clone, Copy)]
struct EndingUntil {
    standing: Standing,
    today: Date,
    day: Date,
}

impl EndingUntil {
    fn is(self, licence: &LicenceState) -> bool {
        let soon = licence.valid_until.is_some_and(|last| self.today <= last && last <= self.day);
        soon && licence.standing() == self.standing
    }
}

/// Where handles are found.
enum Rows<'a> {
    /// Rows whose keys begin so and end with a handle.
    Ending(Vec<u8>),
    /// Blocks of a department's licences.
    Blocks(&'a CreditCode),
    /// Blocks of finders in which any of these stands.
    Finders(Vec<Finder>),
}

/// Leaves what comes after the licence `known` of this block; what is of it all, where it is not in it. Of a handle that
/// is not known, what is younger than it.
fn pass(all: &mut Vec<Handle>, known: Option<Handle>, after: Option<Handle>) {
    match (known, after) {
        (Some(known), _) => {
            if let Some(place) = all.iter().position(|handle| *handle == known) {
                all.drain(..=place);
            }
        }
        (None, Some(after)) => all.retain(|handle| *handle > after),
        (None, None) => {}
    }
}

/// Stands where any handle may.
fn least() -> Handle {
    Handle::new(Time::MIN, [0; 10])
}

/// What the keys of rows that end with a handle begin with.
fn prefix_of(row: &Row) -> Vec<u8> {
    let mut key = row.key();
    key.truncate(key.len().saturating_sub(least().as_bytes().len()));
    key
}
