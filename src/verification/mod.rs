//! Floor 4: the judgement that a verifier gives (law 0, section 10): evidence and what is known go in, seven findings
//! and one of three verdicts come out. Pure and total; the service and the command line call the same function.
//!
//! A verdict is not an error: a forged document is judged, not refused. Not here: the law of what may be entered
//! (`law`), where knowledge comes from, and following any address found in evidence, which nothing here does.

mod address;
mod ask;
mod code;
mod context;
mod entered;
mod evidence;
mod finding;
mod holder;
mod issuer;
mod judgement;
mod ledger;
mod notice;
mod power;
mod printed;
mod report;
mod shown;
mod signature;
mod status;
mod token;
mod validity;
mod verify;
mod wording;

#[cfg(test)]
mod desk;
#[cfg(test)]
mod sample;
#[cfg(test)]
mod tests;

pub use ask::{Ask, AskError, Expect};
pub use code::{Code, Outcome};
pub use context::{
    Certificates, Context, Headers, LedgerAnswer, Licences, Paths, Source, TokenAnswer, Tokens,
    read_certificate, read_header,
};
pub use evidence::{Evidence, MAX_EVIDENCE, Unreadable};
pub use finding::{Basis, Check, Finding};
pub use judgement::{Judgement, Reason, Verdict};
pub use notice::Notice;
pub use report::{Brief, BriefLine, Issuer, Licence, Line, ReasonCode, Recorded, Report, Told, Vouched};
pub use shown::Shown;
pub use token::{CheckedToken, TokenError};
pub use verify::{unresolved, verify, verify_all};
