//! Why a step of a case is refused, or a fact is not proved, as a problem. Not here: the sentences, which stand beside the refusals.

use super::{Problem, capital};
use crate::authority::{CaseRefusal, FactRefusal};
use crate::http::kind::Kind;

impl Problem {
    pub(in crate::http) fn of_case(refused: &CaseRefusal) -> Self {
        let kind = match refused {
            CaseRefusal::NeedsCase { .. } | CaseRefusal::NotRecorded { .. } => Kind::CaseRequired,
            CaseRefusal::NoProcess(_) | CaseRefusal::NoLetter(_) => Kind::InvalidClaim,
            CaseRefusal::NoLicence => Kind::NotFound,
            CaseRefusal::Step(_)
            | CaseRefusal::Card(_)
            | CaseRefusal::LetterAnswered(_)
            | CaseRefusal::NothingLeft(_)
            | CaseRefusal::NothingDone(_) => Kind::IllegalTransition,
            CaseRefusal::PromiseBarred { .. } => Kind::PromiseBarred,
            CaseRefusal::TooManyLetters { .. } => Kind::TooManyLetters,
            CaseRefusal::Separation(_) => Kind::Separation,
            CaseRefusal::NotOfficer(_) | CaseRefusal::Stopped(_) => Kind::NotOfficer,
            CaseRefusal::BadApproval { .. } => Kind::ApprovalSignature,
            CaseRefusal::BadReceipt => Kind::WrongCode,
            CaseRefusal::ApprovalsMissing(_) => Kind::ApprovalsMissing,
            CaseRefusal::Outdated(_) => Kind::Outdated,
        };
        let problem =
            Self::new(kind, format!("{}。", refused.zh()), format!("{}.", capital(&refused.to_string())));
        match refused.pointer() {
            Some(pointer) => problem.at(pointer),
            None => problem,
        }
    }

    pub(in crate::http) fn of_fact(refused: &FactRefusal) -> Self {
        let kind = match refused {
            FactRefusal::Unproved(_) | FactRefusal::Whose(_) | FactRefusal::NotProof(_) => Kind::Unproved,
            FactRefusal::Contradiction { .. } => Kind::Contradiction,
            FactRefusal::Gone { .. } => Kind::Outdated,
        };
        let mut problem =
            Self::new(kind, format!("{}。", refused.zh()), format!("{}.", capital(&refused.to_string())));
        if let FactRefusal::Contradiction { about, .. } = refused {
            problem = problem.contradicting(about.fact.clone());
        }
        match refused.pointer() {
            Some(pointer) => problem.at(pointer),
            None => problem,
        }
    }
}
