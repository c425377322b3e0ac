//! Floor 1: algorithms, keys, signatures, digests. ring, ed25519-dalek and curve25519-dalek appear only here
//! (rcgen, which makes certificates with these keys, stands in `x509`).

pub mod at_rest;
pub mod base64url;
pub mod digest;
pub mod ed25519;
pub mod entropy;
pub mod hex;
pub mod key;
pub mod private_key;

pub use digest::Digest;
pub use entropy::Entropy;
pub use key::{Algorithm, KeyId, KeyPurpose, PublicKey};
pub use private_key::PrivateKey;
