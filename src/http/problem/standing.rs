//! Why a licence's standing cannot be proved yet, as problems: how far anchored states reach, and when the next anchor comes.

use super::Problem;
use crate::authority::{NotProvable, STATES_EVERY};
use crate::http::kind::Kind;

impl Problem {
    /// What is refused of a proof of standing.
    pub(super) fn of_standing(refused: &NotProvable) -> Self {
        match refused {
            NotProvable::NotAnchored { until, size, next } => {
                let (reach_zh, reach_en) = match until {
                    Some(until) => (
                        format!("已锚定的状态只能证明 {until} 之前的情形"),
                        format!("The states that are anchored tell of the time before {until} only"),
                    ),
                    None => (
                        "这份证照进入账本之后还没有锚定过状态".to_owned(),
                        "No states were anchored since this licence was entered".to_owned(),
                    ),
                };
                let (next_zh, next_en) = match next {
                    Some(next) => (
                        format!("状态每满 {STATES_EVERY} 条记录锚定一次，下一次在第 {next} 条，账本现有 {size} 条"),
                        format!("states are anchored every {STATES_EVERY} entries, next when there are {next}, and the ledger has {size}"),
                    ),
                    None => (
                        format!("账本已封存于第 {size} 条，不再锚定；请用 vidimus audit state 重放账本查看"),
                        format!(
                            "the ledger is frozen at {size} entries, and nothing is anchored any more: vidimus audit state tells it from a replay"
                        ),
                    ),
                };
                Self::new(
                    Kind::NoStandingProof,
                    format!("{reach_zh}；{next_zh}。"),
                    format!("{reach_en}; {next_en}."),
                )
            }
            NotProvable::BeingMade => Self::new(
                Kind::NotReady,
                "服务正在重建已锚定的状态树，请稍后再试；久等不成，请运维查看日志。",
                "The service makes the tree of the anchored states again; try again shortly. If it takes long, operators see its log.",
            )
            .after(5),
            NotProvable::TooManyEvents => Self::new(
                Kind::NoStandingProof,
                "关于这份证照的记录多于一份证明所能容纳的条数；请用 vidimus audit state 重放账本查看。",
                "There are more entries about this licence than a proof holds; vidimus audit state tells its standing from a replay.",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::lang::Lang;

    #[test]
    fn a_frozen_ledger_promises_no_further_anchor() {
        let told = |next| {
            let refused = NotProvable::NotAnchored { until: None, size: 5_000, next };
            let problem = Problem::of_standing(&refused);
            (problem.told(Lang::Zh).1.to_owned(), problem.told(Lang::En).1.to_owned())
        };
        let (zh, en) = told(Some(8_192));
        assert!(zh.contains("下一次在第 8192 条") && en.contains("next when there are 8192"), "{zh} {en}");
        let (zh, en) = told(None);
        assert!(zh.contains("已封存于第 5000 条") && en.contains("frozen at 5000 entries"), "{zh} {en}");
        assert!(!zh.contains("下一次") && !en.contains("next"), "{zh} {en}");
    }
}
