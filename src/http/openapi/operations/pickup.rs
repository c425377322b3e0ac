//! Pickups, for holders.

use serde_json::{Value, json};

use crate::http::kind::Kind;
use crate::http::openapi::operation::{Content, Operation, get, post, text};

/// What is handed over.
const HANDED: [Content; 3] = [
    Content::Either("Collected", "DownloadFile"),
    Content::Text("application/dc+sd-jwt"),
    Content::Text("text/html"),
];

/// What it can be refused for.
const REFUSED: [Kind; 4] = [Kind::WrongCode, Kind::NotFound, Kind::PickupClosed, Kind::Erased];

/// The rows.
pub fn operations() -> Vec<Operation> {
    let shape = || json!({"type": "string", "enum": ["page", "file", "credential"], "default": "page"});
    vec![
        get("/pickup/{id}", "openPickup")
            .says("领取页面", "Collect with the code in the address, or show the form for it")
            .note(
                "Prefer POST: a code in an address stays in histories. `as=file` answers the download file.",
            )
            .part("id", "Of the pickup.", id())
            .query("code", "The code.", text())
            .query("as", "`file`, `credential`, or the page: HTML for browsers, JSON for programs.", shape())
            .answers(200, "The licence, or the form.", &HANDED)
            .refuses(&REFUSED),
        post("/pickup/{id}", "collectPickup")
            .says("凭码领取", "Collect with the code")
            .note("`\"as\":\"file\"` answers the download file. A form is taken too: the one of the page.")
            .part("id", "Of the pickup.", id())
            .takes(&[Content::Json("PickupCode")])
            .answers(200, "The licence.", &HANDED)
            .refuses(&REFUSED)
            .refuses(&[Kind::UnknownField, Kind::InvalidClaim]),
    ]
}

fn id() -> Value {
    json!({"type": "string", "pattern": "^[0-9a-f]{32}$"})
}
