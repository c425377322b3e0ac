//! A sample authority in memory, the one of the service tests, spoken to through its router: whoever sends bytes to a server
//! sends them here. Founded once; what was issued at the start is all that is ever valid.

#[path = "../../support/mod.rs"]
mod support;

use std::sync::OnceLock;

use axum::http::Method;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

pub use support::{Answered, business_licence, with};

/// The service and what it issued.
pub struct Live {
    runtime: Runtime,
    service: support::Service,
    /// Answers to what was issued, one plain and one with much in it.
    pub issued: Vec<Value>,
    /// Numbers and codes of the same licences.
    pub printed: Vec<(String, String)>,
}

/// The only one.
pub fn live() -> &'static Live {
    static LIVE: OnceLock<Live> = OnceLock::new();
    LIVE.get_or_init(Live::found)
}

/// A department's token.
pub const TOKEN: &str = "market-regulation";

impl Live {
    fn found() -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let service = runtime.block_on(async { support::Service::found() });
        let mut live = Self { runtime, service, issued: Vec::new(), printed: Vec::new() };
        let holder = vidimus::jose::jwk::to_jwk(crate::make::key("holder").public());
        for request in
            [business_licence(), with(business_licence(), &json!({"reference": "R-2", "holder_key": holder}))]
        {
            let answered = live.post("/v1/licences", "application/json", request.to_string().as_bytes());
            let issued = answered.json();
            let path = format!("/v1/licences/{}", issued["handle"].as_str().unwrap());
            let shown =
                live.runtime.block_on(live.service.ask(Method::GET, &path).token(TOKEN).send()).json();
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            live.printed.push((text(&issued["licence_number"]), text(&shown["verification_code"])));
            live.issued.push(issued);
        }
        live
    }

    /// Posts as a department; the answer is held against `schemas/openapi.json`.
    pub fn post(&self, path: &str, media_type: &str, body: &[u8]) -> Answered {
        let ask = self.service.ask(Method::POST, path).token(TOKEN).body(media_type, body);
        self.runtime.block_on(ask.send())
    }

    /// Entries in the ledger.
    pub fn size(&self) -> u64 {
        self.service.authority.published().charter.size()
    }
}
