//! Vidimus: departments issue signed electronic licences, everyone verifies them with one call, auditors
//! replay the ledger on their own machine.
//!
//! The house has floors (`ARCHITECTURE.md`); a room uses only the floors below its own. `pub mod` lines stand
//! in floor order. Floors 0 to 4 are the verifier's and auditor's library: no I/O, no clock, no randomness.

// Floor 0: values.
pub mod values;
// Floor 1: cryptography.
pub mod crypto;
// Floor 2: primitives.
pub mod jose;
pub mod merkle;
pub mod note;
// Floor 3: formats.
pub mod catalogue;
pub mod ledger;
pub mod sd_jwt;
pub mod status_list;
pub mod x509;
// Floor 4: judgement.
pub mod law;
pub mod supervision;
pub mod verification;
// Floor 5: the engine.
#[cfg(feature = "server")]
pub mod authority;
#[cfg(feature = "server")]
pub mod witness;
// Floor 6: adapters.
#[cfg(feature = "auditor")]
pub mod audit;
#[cfg(feature = "server")]
pub mod http;
#[cfg(feature = "server")]
pub mod keyring;
#[cfg(feature = "server")]
pub mod store;
// Floor 7: wiring.
#[cfg(feature = "auditor")]
pub mod cli;
#[cfg(feature = "auditor")]
pub mod wiring;
