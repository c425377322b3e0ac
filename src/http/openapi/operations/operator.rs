//! What the operator asks of a running service.

use serde_json::json;

use crate::http::kind::Kind;
use crate::http::openapi::operation::{
    Content, Operation, Parameter, Place, Who, delete, dry_run, get, idempotency_key, post,
};

/// The rows.
pub fn operations() -> Vec<Operation> {
    let size = Parameter {
        name: "size",
        place: Place::Query,
        says: "Entries of the ledger that the backup has already; a size that was published.",
        schema: json!({"type": "integer", "minimum": 0, "example": 1}),
        required: true,
    };
    let mut rows = vec![
        get("/v1/operator/backup", "backUp")
            .says("备份", "The rows of a backup")
            .note("For the operator; `vidimus backup` asks for it. An answer that breaks off is no backup.")
            .by(Who::Known)
            .with(size)
            .answers(
                200,
                "Rows, the last of which says that it is.",
                &[Content::Bytes("application/octet-stream")],
            )
            .refuses(&[Kind::NotYours, Kind::NotFound]),
        get("/v1/operator/condition", "showCondition")
            .says("运行状况", "In what condition the service is")
            .note("For the operator; `vidimus doctor` judges it.")
            .by(Who::Known)
            .answers(200, "Facts, item by item.", &[Content::Json("Condition")])
            .refuses(&[Kind::NotYours, Kind::UnknownField]),
    ];
    rows.extend(ceremonies());
    rows
}

/// Departments, keys and types entered while the service runs, by what the registrars sign.
fn ceremonies() -> Vec<Operation> {
    let closed =
        [Kind::NotYours, Kind::NotFound, Kind::CeremonyClosed, Kind::UnknownField, Kind::InvalidClaim];
    let id = || json!({"type": "string"});
    vec![
        post("/v1/operator/ceremonies", "beginCeremony")
            .says("发起登记仪式", "Begin a ceremony")
            .note("Enters nothing yet, unless the registrars' keys lie on the server.")
            .by(Who::Known)
            .with(dry_run())
            .with(idempotency_key())
            .takes(&[Content::Json("CeremonyRequest")])
            .answers(200, "A dry run.", &[Content::Json("Ceremony")])
            .answers(201, "Begun.", &[Content::Json("Ceremony")])
            .leads(&["showCeremony", "approveCeremony", "dropCeremony"], "id", "/ceremony")
            .refuses(&closed)
            .refuses(&[Kind::IdempotencyConflict, Kind::InFlight, Kind::CheckDigit, Kind::UnknownType])
            .refuses(&[Kind::Validity, Kind::NotReady]),
        get("/v1/operator/ceremonies", "listCeremonies")
            .says("登记仪式", "Ceremonies that are not over")
            .by(Who::Known)
            .answers(200, "All of them.", &[Content::Json("CeremonyList")])
            .refuses(&[Kind::NotYours, Kind::UnknownField]),
        get("/v1/operator/ceremonies/{id}", "showCeremony")
            .says("查看登记仪式", "A ceremony, over or not")
            .by(Who::Known)
            .part("id", "Its name.", id())
            .answers(200, "How it stands.", &[Content::Json("Ceremony")])
            .refuses(&[Kind::NotYours, Kind::NotFound, Kind::UnknownField]),
        delete("/v1/operator/ceremonies/{id}", "dropCeremony")
            .says("取消登记仪式", "Drop a ceremony of which nothing is entered")
            .by(Who::Known)
            .part("id", "Its name.", id())
            .answers(204, "Dropped.", &[])
            .refuses(&closed)
            .refuses(&[Kind::NotReady]),
        post("/v1/operator/ceremonies/{id}/approvals", "approveCeremony")
            .says("提交登记人批准", "One registrar's signatures")
            .note("Once enough registrars have signed, everything is entered.")
            .by(Who::Known)
            .part("id", "Its name.", id())
            .with(dry_run())
            .with(idempotency_key())
            .takes(&[Content::Json("CeremonyApproval")])
            .answers(200, "How it stands now.", &[Content::Json("Ceremony")])
            .refuses(&closed)
            .refuses(&[Kind::InFlight, Kind::Validity, Kind::NotReady]),
        get("/v1/operator/keys", "listKeys")
            .says("密钥", "Every key of the ledger")
            .by(Who::Known)
            .answers(200, "All of them.", &[Content::Json("KeyList")])
            .refuses(&[Kind::NotYours, Kind::UnknownField]),
    ]
}
