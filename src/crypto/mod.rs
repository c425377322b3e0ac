//! Floor 1: algorithms, keys, signatures, digests. ring, ed25519-dalek and curve25519-dalek appear only here
//! (and rcgen, which signs certificates with these keys, in `x509`).

pub mod digest;
pub(crate) mod hex;
