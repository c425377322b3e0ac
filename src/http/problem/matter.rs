//! Why an application for a matter is refused, as a problem. Not here: the sentences, which stand beside the refusals.

use super::{Problem, capital};
use crate::authority::MatterRefusal;
use crate::http::kind::Kind;

impl Problem {
    pub(in crate::http) fn of_matter(refused: &MatterRefusal) -> Self {
        let kind = match refused {
            MatterRefusal::Unanswered(_) => Kind::Unanswered,
            MatterRefusal::ProvedOtherwise { .. } => Kind::ProvedOtherwise,
            MatterRefusal::UnderWay(_)
            | MatterRefusal::Over(_)
            | MatterRefusal::NothingWaits
            | MatterRefusal::NotYet { .. } => Kind::IllegalTransition,
            MatterRefusal::AppliedForOtherwise { .. } => Kind::InvalidClaim,
        };
        let problem =
            Self::new(kind, format!("{}。", refused.zh()), format!("{}.", capital(&refused.to_string())));
        let problem = match refused.pointer() {
            Some(pointer) => problem.at(pointer),
            None => problem,
        };
        match refused {
            MatterRefusal::Unanswered(open) => {
                problem.still_asked(open.iter().map(|(slug, _)| format!("/answers/{slug}")).collect())
            }
            _ => problem,
        }
    }
}
