//! Status lists.

use serde_json::json;

use crate::http::kind::Kind;
use crate::http::openapi::operation::{Content, Operation, get};

/// The rows.
pub fn operations() -> Vec<Operation> {
    vec![
        get("/status", "listStatusLists")
            .says("状态列表汇总", "Where all status lists are")
            .answers(200, "Their addresses.", &[Content::Json("StatusLists")]),
        get("/status/{list}", "showStatusList")
            .says("状态列表", "A status list token")
            .part("list", "Number of the list, from 1.", json!({"type": "integer", "minimum": 1, "example": 1}))
            .query(
                "time",
                "The token as it was published then: seconds since 1970, or YYYY-MM-DDTHH:MM:SS.mmmZ.",
                json!({"type": "string", "pattern": "^([0-9]{1,11}|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z)$"}),
            )
            .answers(200, "The token, signed by a status key.", &[Content::Text("application/statuslist+jwt")])
            .answers(304, "Unchanged since the tag in If-None-Match.", &[])
            .refuses(&[Kind::NotFound]),
    ]
}
