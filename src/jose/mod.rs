//! Floor 2: JOSE as far as the house speaks it: compact JWS (RFC 7515), public JWK (RFC 7517, RFC 8037), `x5c`.
//! Not here: JWE, the JSON serialisations, and what any payload means.

pub mod jwk;
pub mod jws;
pub mod x5c;

pub use jwk::JwkError;
pub use jws::{CompactJws, JwsError};
