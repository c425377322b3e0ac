//! Floor 6: HTTP. Bytes become requests, the engine answers, answers become bytes; `router` has every route on one
//! page. RFC 9110, problem documents of RFC 9457. Not here: any rule of issuing, acting or judging, which are the
//! engine's and the law's.

mod access;
mod answer;
mod around;
mod auditor;
mod budget;
mod calendars;
mod cards;
mod cases;
mod catalogue;
mod ceremonies;
mod facts;
mod health;
mod issue_batch;
mod kind;
mod ledger;
mod licences;
mod lines;
mod matters;
mod officers;
mod openapi;
mod opening;
mod operator;
mod pages;
mod pickup;
mod problem;
mod proof_demands;
mod refused;
mod reports;
mod request;
mod router;
mod serving;
mod standing;
mod status;
mod tls;
mod tokens;
mod track;
mod verifications;
mod verify_batch;
mod window;
mod with_code;
mod witness;

use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::authority::Authority;
use crate::values::time::Clock;
pub use access::Access;
use access::Gate;
pub use auditor::{AuditorState, Office, OfficeFile, OfficePage, auditor_router};
use budget::Budget;
pub use kind::Kind;
pub use router::router;
pub use serving::serve;
pub use tls::{Tls, TlsError};
pub use tokens::{BadToken, Tokens};
pub use witness::{WitnessState, witness_router};

/// What every handler may look at.
pub struct HttpState {
    /// The engine.
    pub authority: Arc<Authority>,
    /// Who a token stands for.
    pub tokens: Arc<dyn Tokens>,
    /// The wall clock, for tokens and for what is asked of the past.
    pub clock: Arc<dyn Clock>,
    guesses: Budget,
    computing: Budget,
    /// Places of those whose proofs of standing are made.
    proving: Arc<Semaphore>,
    metrics: health::Metrics,
    gate: Gate,
    trouble: health::Trouble,
}

impl HttpState {
    /// A fresh state; budgets are full.
    pub fn new(authority: Arc<Authority>, tokens: Arc<dyn Tokens>, clock: Arc<dyn Clock>) -> Self {
        Self {
            authority,
            tokens,
            clock,
            // Twenty wrong codes at once, then one in fifteen seconds: a code has some 34 bits.
            guesses: Budget::new(20.0, 1.0 / 15.0),
            // Seconds of computing without a token.
            computing: Budget::new(120.0, 1.0),
            proving: Arc::new(Semaphore::new(standing::AT_ONCE)),
            metrics: health::Metrics::install(),
            gate: Gate::new(Access::default()),
            trouble: health::Trouble::default(),
        }
    }

    /// Under these conditions of access.
    pub fn with_access(self, access: Access) -> Self {
        Self { gate: Gate::new(access), ..self }
    }

    /// The base URL under which the authority names things now.
    fn base_url(&self) -> String {
        let published = self.authority.published();
        let base_url = published.charter.authority().and_then(|authority| authority.base_urls.last());
        base_url.cloned().unwrap_or_default()
    }
}
