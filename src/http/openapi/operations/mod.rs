//! Every operation, one file a resource, in the order of the document. A new route has its row here.

mod cards;
mod cases;
mod catalogue;
mod ledger;
mod licences;
mod matters;
mod operator;
mod pickup;
mod proof_demands;
mod service;
mod status;
mod verifications;

use super::operation::Operation;

/// What belongs together.
pub struct Resource {
    /// Its tag.
    pub name: &'static str,
    /// What it is, Chinese and English.
    pub says: (&'static str, &'static str),
    /// Its operations.
    pub operations: Vec<Operation>,
}

/// All of them.
pub fn resources() -> Vec<Resource> {
    let of = |name, says, operations| Resource { name, says, operations };
    vec![
        of(
            "licences",
            ("签发与管理", "Issuing, finding and acting, for departments."),
            licences::operations(),
        ),
        of("cases", ("办件", "Cases, from application to rating."), cases::operations()),
        of("cards", ("黄牌、红牌", "Supervision: cards, and what follows them."), cards::operations()),
        of(
            "matters",
            ("一件事", "One application for everything that a matter takes."),
            matters::operations(),
        ),
        of("pickup", ("领取", "The holder's way to a licence."), pickup::operations()),
        of("verification", ("核验", "Evidence in, report out, for everybody."), verifications::operations()),
        of("catalogue", ("目录与权力清单", "Licence types, departments, powers."), catalogue::operations()),
        of(
            "proof-demands",
            ("证明需求", "What departments would still send people to fetch."),
            proof_demands::operations(),
        ),
        of("status", ("状态列表", "Token Status Lists, as published."), status::operations()),
        of("ledger", ("签发账本", "C2SP tlog-tiles, receipts and keys."), ledger::operations()),
        of("operator", ("运维", "For the operator."), operator::operations()),
        of("service", ("服务", "The portal, and what an operator watches."), service::operations()),
    ]
}
