//! The report: a judgement in words, exactly as the contract writes it. Not here: numbering, signing and keeping
//! reports (`authority`), and how a page looks.

use serde::Serialize;
use serde_json::{Map, Value};

use super::code::{Code, Outcome};
use super::finding::{Basis, Check, Finding};
use super::judgement::{Judgement, Reason, Verdict};
use super::shown::Shown;
use crate::ledger::witnessed::Witnessed;
use crate::values::lang::Lang;
use crate::values::time::Time;

/// A judgement in one language, under the number it was given.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// `R-…`.
    pub report: String,
    /// Over all seven.
    pub verdict: Verdict,
    /// `None` when nothing was expected.
    pub accepted: Option<bool>,
    /// The one thing to tell first.
    pub reason: Told,
    /// What must be said beside any verdict of such an authority; a real one has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notice: Option<Told>,
    /// How far outsiders vouch for the ledger that was judged by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub witnessed: Option<Vouched>,
    /// The time that was judged.
    pub at: Time,
    /// When.
    pub checked_at: Time,
    /// The seven, in order.
    pub findings: Vec<Line>,
    /// Only with a good signature of a recognised issuer.
    pub licence: Option<Licence>,
}

/// A code and its sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Told {
    /// Stable.
    pub code: &'static str,
    /// What it means and what to do.
    pub text: &'static str,
}

/// How far outsiders vouch for a ledger, in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Vouched {
    /// What they vouch for.
    #[serde(flatten)]
    pub witnessed: Witnessed,
    /// What it means.
    pub text: String,
}

impl Vouched {
    /// In a language, of a licence whose entry stands at `index`, where that is known.
    fn of(witnessed: &Witnessed, index: Option<u64>, lang: Lang) -> Self {
        let mut text = witnessed.text(lang);
        if witnessed.by().zip(index).is_some_and(|(quorum, index)| index >= quorum.size) {
            text.push_str(lang.choose(
                "这份证照的记录在其后，尚未经外部见证。",
                " The entry of this licence comes after them, and is un-witnessed yet.",
            ));
        }
        Self { witnessed: witnessed.clone(), text }
    }
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Line {
    /// Which check.
    pub check: Check,
    /// Its result.
    pub result: Outcome,
    /// What was found.
    pub code: Code,
    /// What it means and what to do.
    pub text: &'static str,
    /// On what basis.
    pub basis: Basis,
    /// How old that is, in seconds; `None` where it does not age.
    pub age_s: Option<u64>,
}

/// What the credential discloses.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Licence {
    /// Slug.
    pub r#type: Option<String>,
    /// 证照类型代码.
    pub type_code: Option<String>,
    /// 证照编号.
    pub licence_number: Option<String>,
    /// The department.
    pub issuer: Issuer,
    /// As disclosed.
    pub holders: Vec<Value>,
    /// First day.
    pub valid_from: Option<String>,
    /// Last day; `None` is 长期.
    pub valid_until: Option<String>,
    /// At the time judged.
    pub standing: Option<&'static str>,
    /// Only of a licence that was granted before the ledger and recorded in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recorded: Option<Recorded>,
    /// As disclosed.
    pub claims: Map<String, Value>,
}

/// What a recorded licence says of that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Recorded {
    /// Trust in its source, `A` to `D`.
    pub trust: Option<String>,
    /// The day it was granted.
    pub issued_on: Option<String>,
    /// The time of its entry: when it was recorded, never when it was granted.
    pub at: Option<Time>,
}

/// A department.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Issuer {
    /// Credit code.
    pub code: String,
    /// In the report's language.
    pub name: String,
}

/// A report reduced to what a batch needs. Members are declared, and so written, in the order of their names.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Brief {
    /// Those that did not pass.
    pub findings: Vec<BriefLine>,
    /// As in the report.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notice: Option<Told>,
    /// Its code only.
    pub reason: ReasonCode,
    /// `R-…`.
    pub report: String,
    /// Over all seven.
    pub verdict: Verdict,
    /// As in the report, its code only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub witnessed: Option<ReasonCode>,
}

/// One finding of a brief report: a [`Line`], its members in the order of their names.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BriefLine {
    /// As in [`Line`].
    pub age_s: Option<u64>,
    /// As in [`Line`].
    pub basis: Basis,
    /// As in [`Line`].
    pub check: Check,
    /// As in [`Line`].
    pub code: Code,
    /// As in [`Line`].
    pub result: Outcome,
    /// As in [`Line`].
    pub text: &'static str,
}

/// A code without its sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ReasonCode {
    /// Stable.
    pub code: &'static str,
}

impl Report {
    /// Puts a judgement into words.
    pub fn of(judgement: Judgement, number: String, lang: Lang) -> Self {
        let reason = judgement.reason;
        Self {
            accepted: judgement.accepted,
            at: judgement.at,
            checked_at: judgement.checked_at,
            findings: judgement.findings.into_iter().map(|finding| Line::of(finding, lang)).collect(),
            licence: judgement.licence.map(|shown| Licence::of(shown, lang)),
            notice: judgement.notice.map(|notice| Told { code: notice.as_str(), text: notice.text(lang) }),
            reason: Told { code: reason.as_str(), text: reason.text(lang) },
            report: number,
            verdict: judgement.verdict,
            witnessed: None,
        }
    }

    /// With what outsiders vouch for.
    pub fn vouched(mut self, witnessed: &Witnessed, lang: Lang) -> Self {
        let ledger = self.findings.iter().find(|line| line.check == Check::Ledger);
        let index = ledger.and_then(|line| line.basis.get("index")?.as_u64());
        self.witnessed = Some(Vouched::of(witnessed, index, lang));
        self
    }

    /// Number, verdict, reason code, notice and the findings that did not pass.
    pub fn brief(self) -> Brief {
        let reason = ReasonCode { code: self.reason.code };
        let findings = self.findings.into_iter().filter(|line| line.result != Outcome::Passed);
        Brief {
            findings: findings.map(Line::brief).collect(),
            notice: self.notice,
            reason,
            report: self.report,
            verdict: self.verdict,
            witnessed: self.witnessed.map(|vouched| ReasonCode { code: vouched.witnessed.as_str() }),
        }
    }
}

impl Reason {
    /// The code as reports write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AllPassed => "all_passed",
            Self::AllPassedRecorded => "all_passed_recorded",
            Self::OtherType => "other_type",
            Self::Finding(code) => code.as_str(),
        }
    }
}

impl Line {
    fn of(finding: Finding, lang: Lang) -> Self {
        Self {
            age_s: finding.age_s,
            result: finding.outcome(),
            basis: finding.basis,
            check: finding.check,
            code: finding.code,
            text: finding.code.text(lang),
        }
    }
}

impl Line {
    fn brief(self) -> BriefLine {
        let Self { check, result, code, text, basis, age_s } = self;
        BriefLine { age_s, basis, check, code, result, text }
    }
}

impl Licence {
    fn of(shown: Shown, lang: Lang) -> Self {
        let name = lang.choose(shown.issuer_name.zh, shown.issuer_name.en);
        Self {
            r#type: shown.licence_type,
            type_code: shown.type_code,
            licence_number: shown.licence_number,
            issuer: Issuer { code: shown.issuer_code, name },
            holders: shown.holders,
            valid_from: shown.valid_from,
            valid_until: shown.valid_until,
            standing: shown.standing,
            recorded: shown.recorded,
            claims: shown.claims,
        }
    }
}
