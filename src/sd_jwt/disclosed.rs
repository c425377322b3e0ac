//! A presentation after its disclosures were put in their places. Not here: the placing (`placing`), and whether anybody
//! signed it.

use serde_json::{Map, Value};

use crate::crypto::Digest;
use crate::jose::CompactJws;

#[cfg(doc)]
use super::Presentation;

/// The claims of a presentation with every disclosure in its place; only [`Presentation::disclose`] makes them.
#[derive(Debug, Clone, PartialEq)]
pub struct DisclosedClaims(pub(super) Map<String, Value>);

/// A presentation whose disclosures stand in their places.
#[derive(Debug, Clone)]
pub struct Disclosed<'a> {
    pub(super) jws: CompactJws<'a>,
    pub(super) claims: DisclosedClaims,
    pub(super) disclosures: usize,
    pub(super) bound: &'a str,
    pub(super) key_binding: Option<&'a str>,
}

impl<'a> Disclosed<'a> {
    /// The credential's JWS.
    pub fn jws(&self) -> &CompactJws<'a> {
        &self.jws
    }

    /// The claims.
    pub fn claims(&self) -> &DisclosedClaims {
        &self.claims
    }

    /// The claims by themselves.
    pub fn into_claims(self) -> DisclosedClaims {
        self.claims
    }

    /// How many disclosures there were.
    pub fn disclosures(&self) -> usize {
        self.disclosures
    }

    /// As [`Presentation::bound`].
    pub fn bound(&self) -> &'a str {
        self.bound
    }

    /// As [`Presentation::key_binding`].
    pub fn key_binding(&self) -> Option<&'a str> {
        self.key_binding
    }

    /// As [`Presentation::credential_digest`].
    pub fn credential_digest(&self) -> Digest {
        Digest::of(self.jws.signing_input().as_bytes())
    }
}

impl DisclosedClaims {
    /// The claims, without `_sd`, `_sd_alg` and `...`.
    pub fn as_map(&self) -> &Map<String, Value> {
        &self.0
    }

    /// One claim at the top.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// The claims by themselves.
    pub fn into_map(self) -> Map<String, Value> {
        self.0
    }
}
