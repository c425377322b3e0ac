//! Entries about who examines and approves, and in which time: processes, calendars, officers. Not here: whether a key is
//! its officer's own, which the law says.

use super::Composer;
use crate::authority::refusal::Fault;
use crate::catalogue::{Calendar, LicenceType, ProcessRules};
use crate::crypto::Digest;
use crate::ledger::body::{
    Approvers, BlobRef, Body, CalendarPublished, Exception, KeyIntroduced, KeyTitle, OfficerAppointed,
    OfficerId, OfficerLeft, ProcessPublished, Promised, SupervisionPublished,
};
use crate::values::identifiers::{CreditCode, Slug};

/// Who approves, as the ledger names them; or the slug that is no department's.
pub(in crate::authority) fn approvers(
    process: &ProcessRules,
    code_of: impl Fn(&Slug) -> Option<CreditCode>,
) -> Result<Vec<Approvers>, &Slug> {
    let mut approvers = Vec::with_capacity(process.approvers.len());
    for rule in &process.approvers {
        let named = |slug| code_of(slug).ok_or(slug);
        let department = rule.department.as_ref().map(named).transpose()?;
        approvers.push(Approvers { department, officers: rule.officers });
    }
    approvers.sort_by(|a, b| a.department.cmp(&b.department));
    Ok(approvers)
}

impl Composer<'_> {
    /// How a type's version is issued from cases; `prev` is the last entry about the type's process.
    pub(in crate::authority) fn process(
        &mut self,
        licence_type: &LicenceType,
        process: &ProcessRules,
        approvers: Vec<Approvers>,
        prev: Option<Digest>,
    ) -> Result<(), Fault> {
        let days = process.promised;
        let body = ProcessPublished {
            approvals: Vec::new(),
            approvers,
            not_after: self.terms.not_after,
            promise: process.promise,
            promised: Promised {
                accept: days.accept,
                decide: days.decide,
                deliver: days.deliver,
                examine: days.examine,
                issue: days.issue,
                total: days.total,
            },
            r#type: licence_type.slug().clone(),
            version: u64::from(licence_type.version()),
        };
        self.push(&Body::ProcessPublished(body), prev, Vec::new())
    }

    /// The working days of a year; `prev` is the last entry about that year.
    pub(in crate::authority) fn calendar(
        &mut self,
        calendar: &Calendar,
        prev: Option<Digest>,
    ) -> Result<(), Fault> {
        let exceptions = calendar.exceptions.iter();
        let body = CalendarPublished {
            approvals: Vec::new(),
            exceptions: exceptions.map(|day| Exception { date: day.date, working: day.working }).collect(),
            not_after: self.terms.not_after,
            year: calendar.year,
        };
        self.push(&Body::CalendarPublished(body), prev, Vec::new())
    }

    /// By which rules cards are raised; `prev` is the last entry that said so.
    pub(in crate::authority) fn supervision(
        &mut self,
        rules: &str,
        prev: Option<Digest>,
    ) -> Result<(), Fault> {
        let rules = rules.as_bytes().to_vec();
        let body = SupervisionPublished {
            approvals: Vec::new(),
            not_after: self.terms.not_after,
            rules: BlobRef::of(&rules),
        };
        self.push(&Body::SupervisionPublished(body), prev, vec![rules])
    }

    /// A key that was made elsewhere.
    pub(in crate::authority) fn brought_key(&mut self, title: KeyTitle) -> Result<(), Fault> {
        let not_after = self.terms.not_after;
        let body = KeyIntroduced { approvals: Vec::new(), certificate: None, not_after, title };
        self.push(&Body::KeyIntroduced(body), None, Vec::new())
    }

    /// An officer; `prev` is the last entry about him.
    pub(in crate::authority) fn officer(
        &mut self,
        appointed: OfficerAppointed,
        prev: Option<Digest>,
    ) -> Result<(), Fault> {
        self.push(&Body::OfficerAppointed(appointed), prev, Vec::new())
    }

    /// The end of an officer; `prev` is the last entry about him.
    pub(in crate::authority) fn officer_left(
        &mut self,
        officer: OfficerId,
        prev: Option<Digest>,
    ) -> Result<(), Fault> {
        let body = OfficerLeft { approvals: Vec::new(), not_after: self.terms.not_after, officer };
        self.push(&Body::OfficerLeft(body), prev, Vec::new())
    }
}
