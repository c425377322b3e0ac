//! The judgement: seven findings, one verdict (law 0, section 10), what was expected, and the one reason to be told
//! first. In no language yet: that is `report`.

use serde::Serialize;

use super::code::{Code, Outcome};
use super::context::Context;
use super::finding::{Check, Finding};
use super::notice::Notice;
use super::shown::Shown;
use crate::values::time::Time;

/// Three answers, never two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Every check that matters passed.
    Valid,
    /// A check failed.
    NotValid,
    /// Something could not be found out.
    CannotTell,
}

/// What decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// Every check passed, and what was expected is so.
    AllPassed,
    /// The same of a licence that was granted before the ledger: how far to trust its source is another question.
    AllPassedRecorded,
    /// A finding: the first that failed, else the first unknown, else the first not checked.
    Finding(Code),
    /// Valid, but of another licence type than the one expected.
    OtherType,
}

/// What a verifier says of evidence.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    /// Over all seven.
    pub verdict: Verdict,
    /// `None` when nothing was expected; otherwise whether the verdict is `valid` and every expectation is met.
    pub accepted: Option<bool>,
    /// The first decisive finding.
    pub reason: Reason,
    /// What is said of the authority beside any verdict.
    pub notice: Option<Notice>,
    /// The time that was judged.
    pub at: Time,
    /// When.
    pub checked_at: Time,
    /// Always all seven, in the order of [`Check::ALL`].
    pub findings: [Finding; 7],
    /// What is shown of the licence: nothing unless signature and issuer passed.
    pub licence: Option<Shown>,
}

impl Judgement {
    /// Weighs the findings. `expected` is `None` when nothing was expected, otherwise whether the type is right; what
    /// was expected of the holder is a finding.
    pub(super) fn over(
        findings: [Finding; 7],
        (at, context): (Time, &Context<'_>),
        expected: Option<bool>,
        licence: Option<Shown>,
    ) -> Self {
        let verdict = verdict(&findings);
        let valid = verdict == Verdict::Valid;
        let reason = match decisive(&findings) {
            Some(finding) => Reason::Finding(finding.code),
            None if expected == Some(false) => Reason::OtherType,
            None if findings.iter().any(|finding| finding.code.is_recorded()) => Reason::AllPassedRecorded,
            None => Reason::AllPassed,
        };
        let accepted = expected.map(|met| met && valid);
        let recognised = [Check::Signature, Check::Issuer];
        let shown = findings
            .iter()
            .filter(|finding| recognised.contains(&finding.check))
            .all(|finding| finding.outcome() == Outcome::Passed);
        Self {
            verdict,
            accepted,
            reason,
            notice: context.notice(),
            at,
            checked_at: context.now,
            findings,
            licence: licence.filter(|_| shown),
        }
    }

    /// One of the seven.
    pub fn finding(&self, check: Check) -> &Finding {
        let [signature, issuer, power, ledger, validity, status, holder] = &self.findings;
        match check {
            Check::Signature => signature,
            Check::Issuer => issuer,
            Check::Power => power,
            Check::Ledger => ledger,
            Check::Validity => validity,
            Check::Status => status,
            Check::Holder => holder,
        }
    }
}

/// Any failed: not valid. Else any unknown, or not checked among the first six: cannot tell. No issuer is excused
/// from a check: there are no trust entries that do so yet.
fn verdict(findings: &[Finding; 7]) -> Verdict {
    match decisive(findings).map(Finding::outcome) {
        Some(Outcome::Failed) => Verdict::NotValid,
        Some(_) => Verdict::CannotTell,
        None => Verdict::Valid,
    }
}

/// The first finding that failed; else the first that is unknown; else the first that was not checked and should have
/// been. What was not checked mostly waits for what is unknown, so that is told first.
fn decisive(findings: &[Finding; 7]) -> Option<&Finding> {
    let first = |outcome| findings.iter().find(|finding| finding.outcome() == outcome);
    let unchecked =
        |finding: &&Finding| finding.outcome() == Outcome::NotChecked && finding.check != Check::Holder;
    first(Outcome::Failed).or_else(|| first(Outcome::Unknown)).or_else(|| findings.iter().find(unchecked))
}
