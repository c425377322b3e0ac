//! The state of one case: what was filed, and its steps in order. Everything else follows from these, so an earlier state
//! is the same with fewer steps. Not here: which step may follow which (`law`), and how long each may take (`deadline`).

use serde::{Deserialize, Serialize};

use crate::crypto::Digest;
use crate::ledger::body::{CaseId, DraftedLicence, Level, OfficerId, Opinion, Truth};
use crate::values::identifiers::{CreditCode, Handle, Region, Slug};
use crate::values::time::Time;

/// One step and whoever did it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CaseStep {
    /// 申请.
    Filed,
    /// 受理.
    Accepted(OfficerId),
    /// 不予受理.
    Declined(OfficerId),
    /// 补正: asked.
    Asked(OfficerId),
    /// 补正: supplied.
    Supplied,
    /// 审查.
    Examined(OfficerId, Opinion),
    /// 决定: with what is granted, or a refusal.
    Decided(OfficerId, Option<DraftedLicence>),
    /// 签发: the licence is entered.
    Issued,
    /// 送达.
    Delivered,
    /// 评价.
    Rated(Level),
    /// The applicant withdrew.
    Withdrawn,
    /// 承诺核查.
    Checked(OfficerId, Truth),
    /// 整改.
    Rectified(OfficerId),
    /// 异议: filed against what this licence says. Behind the others, as the two after it, so that rows of before stay read.
    Objected(Handle),
    /// 异议成立: decided after the licence was acted upon.
    Upheld(OfficerId),
    /// 异议不成立: decided that the licence is right.
    Dismissed(OfficerId),
}

impl CaseStep {
    /// As routes and pages write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Filed | Self::Objected(_) => "filed",
            Self::Accepted(_) => "accepted",
            Self::Declined(_) => "declined",
            Self::Asked(_) => "asked",
            Self::Supplied => "supplied",
            Self::Examined(..) => "examined",
            Self::Decided(..) | Self::Upheld(_) | Self::Dismissed(_) => "decided",
            Self::Issued => "issued",
            Self::Delivered => "delivered",
            Self::Rated(_) => "rated",
            Self::Withdrawn => "withdrawn",
            Self::Checked(..) => "checked",
            Self::Rectified(_) => "rectified",
        }
    }

    /// What was done, 中文 and English.
    pub fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Filed => ("申请", "applied"),
            Self::Accepted(_) => ("受理", "accepted"),
            Self::Declined(_) => ("不予受理", "declined"),
            Self::Asked(_) => ("要求补正", "something was asked for"),
            Self::Supplied => ("已补正", "it was supplied"),
            Self::Examined(..) => ("审查", "examined"),
            Self::Decided(_, Some(_)) => ("决定准予", "granted"),
            Self::Decided(_, None) => ("决定不予许可", "refused"),
            Self::Issued => ("签发", "issued"),
            Self::Delivered => ("送达", "delivered"),
            Self::Rated(_) => ("评价", "rated"),
            Self::Withdrawn => ("撤回申请", "withdrawn"),
            Self::Checked(..) => ("承诺核查", "promise checked"),
            Self::Rectified(_) => ("整改", "rectified"),
            Self::Objected(_) => ("提出异议", "objected"),
            Self::Upheld(_) => ("异议成立", "upheld"),
            Self::Dismissed(_) => ("异议不成立", "dismissed"),
        }
    }

    /// The officer who took it; `None` where the department did.
    pub fn officer(self) -> Option<OfficerId> {
        match self {
            Self::Accepted(officer)
            | Self::Declined(officer)
            | Self::Asked(officer)
            | Self::Examined(officer, _)
            | Self::Decided(officer, _)
            | Self::Checked(officer, _)
            | Self::Rectified(officer)
            | Self::Upheld(officer)
            | Self::Dismissed(officer) => Some(officer),
            Self::Filed
            | Self::Objected(_)
            | Self::Supplied
            | Self::Issued
            | Self::Delivered
            | Self::Rated(_)
            | Self::Withdrawn => None,
        }
    }
}

/// A step with its entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseEvent {
    /// Index of the entry.
    pub index: u64,
    /// Its time.
    pub time: Time,
    /// What was done.
    pub step: CaseStep,
}

/// Where a case stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// It waits to be accepted.
    Filed,
    /// It waits for the applicant, who filed it incomplete.
    Asked,
    /// It waits to be examined; where the applicant promised, to be decided.
    Accepted,
    /// It waits to be decided.
    Examined,
    /// It is granted and waits for approvals and issue.
    Granted,
    /// The licence is issued and waits to be delivered.
    Issued,
    /// It is refused and waits to be delivered.
    Refused,
    /// It was not taken up and waits to be delivered.
    Declined,
    /// It is over, with its outcome delivered.
    Delivered,
    /// The applicant withdrew it.
    Withdrawn,
    /// 异议成立: the licence was acted upon, and the answer waits to be delivered.
    Corrected,
    /// 异议不成立: the licence is right, and the answer waits to be delivered.
    Dismissed,
}

impl Stage {
    /// Every stage, new ones last: rows name them by their place.
    pub const ALL: [Self; 12] = [
        Self::Filed,
        Self::Asked,
        Self::Accepted,
        Self::Examined,
        Self::Granted,
        Self::Issued,
        Self::Refused,
        Self::Declined,
        Self::Delivered,
        Self::Withdrawn,
        Self::Corrected,
        Self::Dismissed,
    ];

    /// Those in which a case has come to nothing yet, and may be withdrawn.
    pub const OPEN: [Self; 5] = [Self::Filed, Self::Asked, Self::Accepted, Self::Examined, Self::Granted];

    /// As routes and pages write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Filed => "filed",
            Self::Asked => "asked",
            Self::Accepted => "accepted",
            Self::Examined => "examined",
            Self::Granted => "granted",
            Self::Issued => "issued",
            Self::Refused => "refused",
            Self::Declined => "declined",
            Self::Delivered => "delivered",
            Self::Withdrawn => "withdrawn",
            Self::Corrected => "corrected",
            Self::Dismissed => "dismissed",
        }
    }

    /// What it waits for, 中文 and English.
    pub fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Filed => ("待受理", "waits for acceptance"),
            Self::Asked => ("待补正", "waits for the applicant"),
            Self::Accepted => ("待审查", "waits for examination"),
            Self::Examined => ("待决定", "waits for a decision"),
            Self::Granted => ("待审批签发", "waits for approvals and issue"),
            Self::Issued => ("已签发，待送达", "issued, waits for delivery"),
            Self::Refused => ("不予许可，待送达", "refused, waits for delivery"),
            Self::Declined => ("不予受理，待送达", "declined, waits for delivery"),
            Self::Delivered => ("办结", "over"),
            Self::Withdrawn => ("已撤回", "withdrawn"),
            Self::Corrected => ("异议成立，已更正，待送达", "corrected, waits for delivery"),
            Self::Dismissed => ("异议不成立，待送达", "dismissed, waits for delivery"),
        }
    }

    /// Whether nothing is awaited of the department or the applicant any more.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Delivered | Self::Withdrawn)
    }
}

/// A case after its entries so far.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseState {
    /// The case.
    pub case: CaseId,
    /// Whose it is.
    pub department: CreditCode,
    /// What is applied for, or what the licence is that is objected to.
    pub licence_type: Slug,
    /// Version of the type.
    pub version: u64,
    /// For which jurisdiction.
    pub region: Region,
    /// The matter it belongs to.
    pub matter: Option<Handle>,
    /// Whether the applicant promises instead of proving.
    pub promise: bool,
    /// Its steps; the first is [`CaseStep::Filed`] or [`CaseStep::Objected`].
    pub events: Vec<CaseEvent>,
    /// Leaf hash of the last entry that moved it.
    pub last: Digest,
}

impl CaseState {
    /// Where it stands.
    pub fn stage(&self) -> Stage {
        self.stage_after(self.events.len())
    }

    /// Where it stood after so many of its steps.
    pub fn stage_after(&self, steps: usize) -> Stage {
        let mut stage = Stage::Filed;
        let mut before_asked = Stage::Filed;
        for event in self.events.iter().take(steps) {
            stage = match event.step {
                CaseStep::Filed | CaseStep::Objected(_) => Stage::Filed,
                CaseStep::Accepted(_) => Stage::Accepted,
                CaseStep::Declined(_) => Stage::Declined,
                CaseStep::Asked(_) => {
                    before_asked = stage;
                    Stage::Asked
                }
                CaseStep::Supplied => before_asked,
                CaseStep::Examined(..) => Stage::Examined,
                CaseStep::Decided(_, Some(_)) => Stage::Granted,
                CaseStep::Decided(_, None) => Stage::Refused,
                CaseStep::Issued => Stage::Issued,
                CaseStep::Upheld(_) => Stage::Corrected,
                CaseStep::Dismissed(_) => Stage::Dismissed,
                CaseStep::Delivered => Stage::Delivered,
                CaseStep::Withdrawn => Stage::Withdrawn,
                CaseStep::Rated(_) | CaseStep::Checked(..) | CaseStep::Rectified(_) => stage,
            };
        }
        stage
    }

    /// 异议: the licence that it is to correct; `None` where a licence is applied for.
    pub fn corrects(&self) -> Option<Handle> {
        match self.events.first().map(|event| event.step) {
            Some(CaseStep::Objected(licence)) => Some(licence),
            _ => None,
        }
    }

    /// Who accepted it.
    pub fn accepted_by(&self) -> Option<OfficerId> {
        self.newest(|step| match step {
            CaseStep::Accepted(officer) => Some(officer),
            _ => None,
        })
    }

    /// Everyone who examined it: asking for what is missing after acceptance is part of it.
    pub fn examined_by(&self) -> impl Iterator<Item = OfficerId> {
        let accepted = self.events.iter().position(|event| matches!(event.step, CaseStep::Accepted(_)));
        let after = accepted.map_or(self.events.len(), |place| place + 1);
        self.events.iter().skip(after).filter_map(|event| match event.step {
            CaseStep::Examined(officer, _) | CaseStep::Asked(officer) => Some(officer),
            _ => None,
        })
    }

    /// Whether an examiner gave an opinion.
    pub fn was_examined(&self) -> bool {
        self.events.iter().any(|event| matches!(event.step, CaseStep::Examined(..)))
    }

    /// The licence that the newest decision grants.
    pub fn granted(&self) -> Option<DraftedLicence> {
        self.newest(|step| match step {
            CaseStep::Decided(_, licence) => Some(licence),
            _ => None,
        })
        .flatten()
    }

    /// Whether its licence is entered.
    pub fn is_issued(&self) -> bool {
        self.events.iter().any(|event| event.step == CaseStep::Issued)
    }

    /// Its rating.
    pub fn rating(&self) -> Option<Level> {
        self.newest(|step| match step {
            CaseStep::Rated(level) => Some(level),
            _ => None,
        })
    }

    /// Whether a bad rating calls for rectification that nobody has seen to.
    pub fn calls_for_rectification(&self) -> bool {
        let seen_to = self.events.iter().any(|event| matches!(event.step, CaseStep::Rectified(_)));
        self.rating().is_some_and(Level::is_bad) && !seen_to
    }

    /// What the check of its promise found.
    pub fn truth(&self) -> Option<Truth> {
        self.newest(|step| match step {
            CaseStep::Checked(_, truth) => Some(truth),
            _ => None,
        })
    }

    /// The state before the entry at `index`; `last` is the leaf hash of the newest step that remains. `None` before it
    /// was filed.
    pub fn before(&self, index: u64, last: Digest) -> Option<Self> {
        let mut earlier = self.clone();
        earlier.events.retain(|event| event.index < index);
        earlier.last = last;
        (!earlier.events.is_empty()).then_some(earlier)
    }

    fn newest<T>(&self, what: impl Fn(CaseStep) -> Option<T>) -> Option<T> {
        self.events.iter().rev().find_map(|event| what(event.step))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_before_are_read_as_they_were() {
        let officer = Handle::new(Time::MIN, [1; 10]);
        let place = |step: CaseStep| postcard::to_stdvec(&step).unwrap().first().copied();
        assert_eq!(place(CaseStep::Filed), Some(0));
        assert_eq!(place(CaseStep::Rectified(officer)), Some(12));
        assert_eq!(Stage::ALL.iter().position(|stage| *stage == Stage::Withdrawn), Some(9));
    }

    #[test]
    fn what_is_supplied_leads_back_to_where_it_was_asked() {
        let officer = Handle::new(Time::MIN, [1; 10]);
        let event = |index, step| CaseEvent { index, time: Time::MIN, step };
        let case = CaseState {
            case: Handle::new(Time::MIN, [0; 10]),
            department: "11330106MB1A351276".parse().unwrap(),
            licence_type: "food".parse().unwrap(),
            version: 1,
            region: "330106".parse().unwrap(),
            matter: None,
            promise: false,
            events: vec![
                event(3, CaseStep::Filed),
                event(4, CaseStep::Asked(officer)),
                event(5, CaseStep::Supplied),
                event(6, CaseStep::Accepted(officer)),
                event(7, CaseStep::Asked(officer)),
                event(8, CaseStep::Supplied),
                event(9, CaseStep::Decided(officer, None)),
            ],
            last: Digest([9; 32]),
        };
        let stages: Vec<_> = (1..=7).map(|steps| case.stage_after(steps)).collect();
        use Stage::{Accepted, Asked, Filed, Refused};
        assert_eq!(stages, [Filed, Asked, Filed, Accepted, Asked, Accepted, Refused]);
        assert_eq!(case.examined_by().count(), 1, "what intake asks is no examination");
        assert_eq!(case.before(6, case.last).map(|earlier| earlier.stage()), Some(Filed));
        assert_eq!(case.before(3, case.last), None);
    }
}
