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
                Self::new(
                    Kind::NoStandingProof,
                    format!("{reach_zh}；状态每满 {STATES_EVERY} 条记录锚定一次，下一次在第 {next} 条，账本现有 {size} 条。"),
                    format!("{reach_en}; states are anchored every {STATES_EVERY} entries, next when there are {next}, and the ledger has {size}."),
                )
            }
            NotProvable::BeingMade => Self::new(
                Kind::NotReady,
                "服务刚刚启动，正在重建已锚定的状态树，请稍后再试。",
                "The service has just started and makes the tree of the anchored states again; try again shortly.",
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
