//! What is kept of an application for a matter, sealed in the vault: who applies, how each part stands, and what of it is
//! still to be done. What was applied for is here only until its part is a case or a licence, which keep it themselves, or
//! is over; who applied, only while a part waits. Not here: how a part goes on (`advancing`), and ends (`ending`).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Ended, Prefilled};
use crate::authority::Authority;
use crate::authority::once::Slot;
use crate::authority::refusal::{Failure, Refusal, Thing};
use crate::authority::store::{Row, Write};
use crate::crypto::Digest;
use crate::ledger::body::CaseId;
use crate::values::identifiers::{CreditCode, Handle, LicenceNumber, Slug, VerificationCode};
use crate::values::time::Time;

/// Milliseconds of a day.
const DAY: i64 = 24 * 3_600_000;

/// An application.
#[derive(Serialize, Deserialize)]
pub(super) struct Kept {
    /// Which matter.
    pub(super) slug: Slug,
    /// Who took it.
    pub(super) taken_by: CreditCode,
    pub(super) filed: Time,
    /// By which the applicant follows it.
    pub(super) number: LicenceNumber,
    pub(super) code: VerificationCode,
    /// As they were sent; empty once nothing waits any more.
    pub(super) holders: Vec<Value>,
    pub(super) parts: Vec<Part>,
    pub(super) prefilled: Vec<KeptAnswer>,
    /// Optional questions that were not answered.
    pub(super) open: Vec<Slug>,
    /// Whether it says more than its row.
    #[serde(skip)]
    pub(super) changed: bool,
    /// Whether it came back from a backup while it waited: what was withdrawn or declined since is known to nobody here, so
    /// each part goes on by a step of its own only.
    #[serde(skip)]
    pub(super) rests: bool,
}

/// One licence of it.
#[derive(Serialize, Deserialize)]
pub(super) struct Part {
    pub(super) licence_type: Slug,
    pub(super) after: Vec<Slug>,
    pub(super) supplied: Vec<String>,
    /// Who issues it; none for one that is held.
    pub(super) department: Option<CreditCode>,
    pub(super) stands: Stands,
    /// What was applied for, of a case that a restore brought back without its application: it is in no other place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) left: Option<Map<String, Value>>,
}

/// How a part stands.
#[derive(Serialize, Deserialize)]
pub(super) enum Stands {
    /// The holder had it, or has got it otherwise.
    Held(Handle),
    /// Nothing was entered yet; with the application as a case would have it.
    Waiting(Map<String, Value>),
    /// About to be issued: as it waits, with the digest of what its department asked for.
    Issuing { said: Map<String, Value>, asked: Digest },
    /// A case.
    Case(CaseId),
    /// Issued without a case; with the digest of what its department asked for, where a restore has not lost it.
    Issued { licence: Handle, asked: Option<Digest> },
    /// Over before anything was entered: nothing of what was applied for is kept.
    Ended(Ended),
}

/// An answer that a licence gave; the licence still says which.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct KeptAnswer {
    pub(super) question: Slug,
    pub(super) licence: Handle,
    pub(super) licence_type: Slug,
    pub(super) issuer: CreditCode,
}

/// What an idempotency key was used for.
#[derive(Serialize, Deserialize)]
pub(super) struct Before {
    pub(super) matter: Handle,
    pub(super) body: Digest,
}

impl Kept {
    /// Whether a department has to do with it: it took it, or issues a part.
    pub(super) fn concerns(&self, department: &CreditCode) -> bool {
        self.taken_by == *department
            || self.parts.iter().any(|part| part.department.as_ref() == Some(department))
    }

    /// A part as it stands from now on.
    pub(super) fn put(&mut self, place: usize, stands: Stands) {
        if let Some(part) = self.parts.get_mut(place) {
            part.stands = stands;
            self.changed = true;
        }
    }

    /// The part of this type.
    pub(super) fn part(&self, licence_type: &Slug) -> Option<usize> {
        self.parts.iter().position(|part| part.licence_type == *licence_type)
    }
}

impl Part {
    /// The id that its case has, if it becomes one.
    pub(super) fn case_of(&self, authority: &Authority, matter: &Handle, kept: &Kept) -> CaseId {
        self.name(authority, matter, kept, "case")
    }

    /// The handle that its licence has, if it is issued without a case.
    pub(super) fn licence_of(&self, authority: &Authority, matter: &Handle, kept: &Kept) -> Handle {
        self.name(authority, matter, kept, "licence")
    }

    /// What a part becomes is named before it is there, by a key of the service: so the ledger alone tells whether it is,
    /// also where a restore has lost everything beside it, and the law lets it in only once. The time in it is the beginning
    /// of the day, which many applications share: the ledger must not tie one holder's licences together.
    fn name(&self, authority: &Authority, matter: &Handle, kept: &Kept, becomes: &str) -> Handle {
        let text = format!("{matter}\n{}\n{becomes}", self.licence_type);
        let mut random = [0; 10];
        random.iter_mut().zip(authority.once.hide("matter-part", &text)).for_each(|(to, from)| *to = from);
        let begins = kept.filed.millis() - kept.filed.millis().rem_euclid(DAY);
        Handle::new(Time::from_millis(begins).unwrap_or(kept.filed), random)
    }

    /// What is applied for, while nothing is entered.
    pub(super) fn waiting(&self) -> Option<&Map<String, Value>> {
        match &self.stands {
            Stands::Waiting(said) | Stands::Issuing { said, .. } => Some(said),
            Stands::Held(_) | Stands::Case(_) | Stands::Issued { .. } | Stands::Ended(_) => None,
        }
    }
}

impl KeptAnswer {
    /// As it is shown, with its value where that may be told.
    pub(super) fn shown(self, value: Option<Value>) -> Prefilled {
        let Self { question, licence, licence_type, issuer } = self;
        Prefilled { question, value, licence, licence_type, issuer }
    }
}

impl Authority {
    /// One step at a time of one application.
    pub(super) async fn hold_matter(&self, matter: &Handle) -> Slot {
        self.once.wait(self.once.hide("matter", &matter.to_string())).await
    }

    /// An application, with what the ledger knows of its parts: whatever broke off, and whatever a restore has brought back,
    /// is there already and is not entered again.
    pub(super) fn kept_matter(&self, matter: &Handle) -> Result<Kept, Failure> {
        let mut kept: Kept = self.vault.matter(matter)?.ok_or(Refusal::NotFound(Thing::Matter))?;
        kept.rests = self.store.get(&Row::MatterResting(*matter))?.is_some();
        for place in 0..kept.parts.len() {
            let Some(part) = kept.parts.get(place).filter(|part| part.waiting().is_some()) else { continue };
            let (case, licence) = (part.case_of(self, matter, &kept), part.licence_of(self, matter, &kept));
            let entered = match self.case_state(&case) {
                Ok(_) => Some(Stands::Case(case)),
                Err(Failure::Refused(_)) => {
                    let asked =
                        if let Stands::Issuing { asked, .. } = part.stands { Some(asked) } else { None };
                    self.published_licence(&licence)?.map(|_| Stands::Issued { licence, asked })
                }
                Err(failure) => return Err(failure),
            };
            match (entered, &part.stands) {
                (Some(entered), _) => {
                    let left = self.left_of(&entered, part)?;
                    kept.put(place, entered);
                    kept.parts.get_mut(place).into_iter().for_each(|part| part.left.clone_from(&left));
                }
                (None, Stands::Issuing { said, .. }) => kept.put(place, Stands::Waiting(said.clone())),
                (None, _) => {}
            }
        }
        Ok(kept)
    }

    /// What was applied for of a case that keeps it not itself, its first step being in no backup.
    fn left_of(&self, entered: &Stands, part: &Part) -> Result<Option<Map<String, Value>>, Failure> {
        let Stands::Case(case) = entered else { return Ok(None) };
        Ok(if self.vault.kept_step(case, 0)?.is_some() { None } else { part.waiting().cloned() })
    }

    /// The rows of an application: itself, and for whom it waits.
    pub(super) fn matter_rows(&self, matter: &Handle, kept: &mut Kept) -> Result<Vec<Write>, Failure> {
        let mut rows = Vec::new();
        if kept.parts.iter().all(|part| part.waiting().is_none()) {
            kept.holders.clear();
            rows.push(Write::remove(Row::MatterResting(*matter)));
        }
        rows.push(self.vault.keep_matter(matter, kept)?);
        for department in kept.parts.iter().filter_map(|part| part.department.as_ref()) {
            let mut own = kept.parts.iter().filter(|part| part.department.as_ref() == Some(department));
            let row = Row::MatterWaiting(department.clone(), *matter);
            rows.push(if own.any(|part| part.waiting().is_some()) {
                Write::set(row, Vec::new())
            } else {
                Write::remove(row)
            });
        }
        Ok(rows)
    }

    /// Keeps it as it now is, durably, where its row says less.
    pub(super) fn keep_matter(&self, matter: &Handle, kept: &mut Kept) -> Result<(), Failure> {
        if !kept.changed {
            return Ok(());
        }
        let rows = self.matter_rows(matter, kept)?;
        self.store.put(rows)?;
        self.store.sync()?;
        kept.changed = false;
        Ok(())
    }
}
