//! Law 0. This version stays in the code for ever, whatever comes after it.

mod approvals;
mod cards;
mod cases;
mod catalogue;
mod charter;
mod content;
mod counts;
mod founding;
mod keys;
mod licences;
mod officers;

pub(super) use cases::may_sign;

use super::applied::{Applied, Owed};
use super::violation::{Refused, Rule, Violation, demand};
use crate::crypto::KeyPurpose;
use crate::ledger::body::{BlobRef, Body, MAX_BLOB_BYTES, Owner, StatusPlace, Subject};
use crate::ledger::entry::Entry;
use crate::ledger::state::{
    CardState, CaseState, CharterChange, ContentState, Effects, Key, LicenceState, Moment, View,
};
use crate::values::identifiers::{CreditCode, Origin};

/// What a body does, before its envelope is judged.
#[derive(Default)]
struct Deed {
    charter: Option<CharterChange>,
    licences: Vec<LicenceState>,
    case: Option<CaseState>,
    card: Option<CardState>,
    content: Option<ContentState>,
    statuses: Vec<(StatusPlace, u8)>,
    owed: Vec<Owed>,
}

impl Deed {
    fn charter(change: CharterChange) -> Self {
        Self { charter: Some(change), ..Self::default() }
    }

    fn owing(mut self, owed: Vec<Owed>) -> Self {
        self.owed.extend(owed);
        self
    }
}

/// One entry, where it would stand, and the state just before it.
#[derive(Clone, Copy)]
struct Bench<'a> {
    view: &'a dyn View,
    entry: &'a Entry,
    origin: &'a Origin,
    moment: Moment,
}

/// Judges an entry by law 0.
pub(super) fn apply(view: &dyn View, entry: &Entry) -> Result<Applied, Refused> {
    let charter = view.charter();
    let moment = Moment { index: charter.size(), time: entry.time() };
    if let Body::AuthorityFounded(body) = entry.body() {
        demand(charter.size() == 0, Rule::Founding, || {
            format!("entry {} founds a ledger that is founded", moment.index)
        })?;
        demand(entry.prev().is_none(), Rule::Prev, || "entry 0 has no prev".into())?;
        let bench = Bench { view, entry, origin: &body.origin, moment };
        return Ok(conclude(bench, founding::found(bench, body)?));
    }
    let origin = charter
        .origin()
        .ok_or_else(|| Violation::new(Rule::Founding, "the first entry is not authority.founded"))?;
    let bench = Bench { view, entry, origin, moment };
    demand(!charter.is_frozen(), Rule::Frozen, || "the ledger is frozen".into())?;
    demand(charter.time().is_none_or(|last| last <= moment.time), Rule::TimeOrder, || {
        format!("{} is before the last entry", moment.time)
    })?;
    bench.check_prev()?;
    let mut deed = match entry.body() {
        Body::AuthorityFounded(_) => Deed::default(), // judged above
        Body::AuthorityMoved(body) => charter::moved(bench, body)?,
        Body::RegistrarsChanged(body) => keys::registrars_changed(bench, body)?,
        Body::LawChanged(body) => charter::law_changed(bench, body)?,
        Body::LedgerFrozen(_) => charter::frozen(bench)?,
        Body::DepartmentRegistered(body) => charter::registered(bench, body)?,
        Body::DepartmentWithdrawn(body) => charter::withdrawn(bench, body)?,
        Body::KeyIntroduced(body) => keys::introduced(bench, body)?,
        Body::KeyRetired(body) => keys::retired(bench, body)?,
        Body::TypePublished(body) => catalogue::published(bench, body)?,
        Body::TypeWithdrawn(body) => catalogue::withdrawn(bench, body)?,
        Body::PowerGranted(body) => catalogue::granted(bench, body)?,
        Body::PowerWithdrawn(body) => catalogue::power_withdrawn(bench, body)?,
        Body::OfficerAppointed(body) => officers::appointed(bench, body)?,
        Body::OfficerLeft(body) => officers::left(bench, body)?,
        Body::ProcessPublished(body) => officers::process(bench, body)?,
        Body::CalendarPublished(body) => officers::calendar(bench, body)?,
        Body::CaseFiled(body) => cases::filed(bench, body)?,
        Body::CaseAccepted(body) => cases::accepted(bench, &body.case)?,
        Body::CaseDeclined(body) => cases::declined(bench, &body.case)?,
        Body::CaseAsked(body) => cases::asked(bench, &body.case)?,
        Body::CaseSupplied(body) => cases::supplied(bench, &body.case)?,
        Body::CaseExamined(body) => cases::examined(bench, body)?,
        Body::CaseDecided(body) => cases::decided(bench, body)?,
        Body::CaseDelivered(body) => cases::delivered(bench, &body.case)?,
        Body::CaseRated(body) => cases::rated(bench, body)?,
        Body::CaseWithdrawn(body) => cases::withdrawn(bench, &body.case)?,
        Body::CaseChecked(body) => cases::checked(bench, body)?,
        Body::CaseRectified(body) => cases::rectified(bench, &body.case)?,
        Body::SupervisionPublished(body) => cards::published(bench, body)?,
        Body::ContentFound(body) => content::found(bench, body)?,
        Body::CardRaised(body) => cards::raised(bench, body)?,
        Body::CardOrdered(body) => cards::ordered(bench, body)?,
        Body::CardAnswered(body) => cards::answered(bench, body)?,
        Body::CardReleased(body) => cards::released(bench, body.card)?,
        Body::LicenceIssued(body) => licences::issued(bench, body)?,
        Body::LicenceRecorded(body) => licences::recorded(bench, body)?,
        Body::LicenceCarried(body) => licences::carried(bench, body)?,
        Body::LicenceSuspended(body) => licences::suspended(bench, body)?,
        Body::LicenceReinstated(body) => licences::reinstated(bench, body)?,
        Body::LicenceEnded(body) => licences::ended(bench, body)?,
        Body::LicenceErased(body) => licences::erased(bench, body)?,
        Body::RefusalsCounted(body) => counts::refusals(bench, body)?,
        Body::LedgerAnchored(body) => counts::anchored(bench, body)?,
        Body::StateAnchored(body) => counts::state_anchored(bench, body)?,
    };
    let outer = bench.outer_signature()?;
    deed.owed.push(outer);
    Ok(conclude(bench, deed))
}

fn conclude(bench: Bench<'_>, deed: Deed) -> Applied {
    Applied {
        effects: Effects {
            index: bench.moment.index,
            time: bench.moment.time,
            leaf: bench.entry.leaf_hash(),
            subject: bench.entry.body().subject(),
            charter: deed.charter,
            licences: deed.licences,
            case: deed.case,
            card: deed.card,
            content: deed.content,
            statuses: deed.statuses,
        },
        owed: deed.owed,
    }
}

impl<'a> Bench<'a> {
    /// `prev` is the subject's last leaf hash; absent on its first entry.
    fn check_prev(&self) -> Result<(), Refused> {
        let last = match self.entry.body().subject() {
            Subject::Licence(handle) => self.view.licence(&handle)?.map(|licence| licence.last),
            Subject::Case(case) => self.view.case(&case)?.map(|case| case.last),
            Subject::Card(card) => self.view.card(card)?.map(|card| card.last),
            Subject::Content(number) => self.view.content(number)?.map(|one| one.last),
            subject => self.view.charter().chain(&subject),
        };
        demand(self.entry.prev() == last, Rule::Prev, || match (self.entry.prev(), last) {
            (Some(prev), Some(last)) => format!("prev is {prev}; the subject's last entry is {last}"),
            (Some(prev), None) => format!("prev is {prev}, but this is the subject's first entry"),
            (None, last) => format!("prev is missing; the subject's last entry is {}", show(last)),
        })
    }

    /// The registry key in force of whoever acts, and the signature it owes.
    fn outer_signature(&self) -> Result<Owed, Refused> {
        let owner = match self.entry.body() {
            Body::LicenceIssued(body) => Owner::Department(body.department.clone()),
            Body::LicenceRecorded(body) => Owner::Department(body.grant.department.clone()),
            Body::CaseFiled(body) => Owner::Department(body.department.clone()),
            body => match body.subject() {
                Subject::Case(case) => Owner::Department(self.case(&case)?.department),
                Subject::Licence(handle) => Owner::Department(self.licence(&handle)?.department),
                _ => Owner::Authority,
            },
        };
        let key = self.key_in_force(&self.entry.key(), KeyPurpose::Registry, Rule::OuterKey)?;
        let rule = if matches!(owner, Owner::Department(_)) && key.owner != owner {
            Rule::NotYours
        } else {
            Rule::OuterKey
        };
        demand(key.owner == owner, rule, || {
            format!("registry key {} belongs to {}, not to {owner}", self.entry.key(), key.owner)
        })?;
        Ok(self.outer_owed(key))
    }

    /// What the outer signature owes under this key.
    fn outer_owed(&self, key: &Key) -> Owed {
        Owed {
            key: key.public.clone(),
            message: self.entry.preimage(self.origin),
            signature: *self.entry.signature(),
            rule: Rule::OuterSignature,
        }
    }

    /// A key that counts for this entry and has this purpose.
    fn key_in_force(
        &self,
        id: &crate::crypto::KeyId,
        purpose: KeyPurpose,
        rule: Rule,
    ) -> Result<&'a Key, Refused> {
        let held = self
            .view
            .charter()
            .key(id)
            .ok_or_else(|| Violation::new(rule, format!("key {id} is unknown")))?;
        demand(held.counts_at(self.moment.index), rule, || format!("key {id} is retired"))?;
        demand(held.value.purpose == purpose, rule, || {
            format!("key {id} is a {} key, not a {purpose} key", held.value.purpose)
        })?;
        Ok(&held.value)
    }

    /// A department that counts for this entry.
    fn department(&self, code: &CreditCode) -> Result<(), Refused> {
        let held = self.view.charter().department(code);
        demand(held.is_some_and(|held| held.counts_at(self.moment.index)), Rule::Department, || {
            format!("{code} is not a department in force")
        })
    }

    /// A licence, or the rule that it must exist.
    fn licence(&self, handle: &crate::values::identifiers::Handle) -> Result<LicenceState, Refused> {
        let licence = self.view.licence(handle)?;
        Ok(licence.ok_or_else(|| Violation::new(Rule::Licence, format!("there is no licence {handle}")))?)
    }

    /// The bytes of a blob, with their digest and size checked.
    fn blob(&self, blob: &BlobRef) -> Result<Vec<u8>, Refused> {
        demand(blob.size <= MAX_BLOB_BYTES, Rule::Blob, || {
            format!("blob {} of {} bytes; {MAX_BLOB_BYTES} are allowed", blob.sha256, blob.size)
        })?;
        let bytes = self
            .view
            .blob(&blob.sha256)?
            .ok_or_else(|| Violation::new(Rule::Blob, format!("blob {} is missing", blob.sha256)))?;
        demand(blob.names(&bytes), Rule::Blob, || {
            format!("blob {} is not the {} bytes the entry names", blob.sha256, blob.size)
        })?;
        Ok(bytes)
    }
}

fn show(hash: Option<crate::crypto::Digest>) -> String {
    hash.map_or_else(|| "none".into(), |hash| hash.to_string())
}
