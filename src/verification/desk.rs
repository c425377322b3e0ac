//! The desk of a verifier for the tests of this room: what is at hand, to be changed case by case.

use std::sync::Arc;

use super::sample::{BASE, SIZE, Sample, log_key, now};
use super::{
    Ask, CheckedToken, Context, Evidence, Judgement, LedgerAnswer, Source, TokenAnswer, verify, verify_all,
};
use crate::crypto::Digest;
use crate::ledger::state::{Charter, LicenceState};
use crate::note::VerifierKey;
use crate::x509::{Certificate, validate};

/// What a verifier has at hand, to be changed case by case.
#[derive(Clone)]
pub(super) struct Desk {
    pub(super) charter: Charter,
    pub(super) roots: Vec<Certificate>,
    pub(super) log: VerifierKey,
    pub(super) source: Source,
    pub(super) answer: LedgerAnswer,
    pub(super) token: TokenAnswer,
    pub(super) ask: Ask,
    pub(super) holds_a_registrar: bool,
}

impl Desk {
    /// The authority's own, which has this licence.
    pub(super) fn own(sample: &Sample, state: LicenceState) -> Self {
        Self {
            charter: sample.charter(Vec::new()),
            roots: vec![sample.root.clone()],
            log: log_key(&sample.log),
            source: Source::OwnTree { size: SIZE },
            answer: LedgerAnswer::Found(Box::new(state)),
            token: TokenAnswer::Absent,
            ask: Ask::default(),
            holds_a_registrar: false,
        }
    }

    /// A trust folder taken just now, without licences, with a fresh list.
    pub(super) fn folder(sample: &Sample) -> Self {
        let mut desk = Self::own(sample, sample.state(Digest([0; 32])));
        desk.source = Source::Folder { size: SIZE, as_of: now() };
        desk.answer = LedgerAnswer::Unknown;
        desk.token = desk.list(sample, 0);
        desk
    }

    /// A fresh list with this value.
    pub(super) fn list(&self, sample: &Sample, value: u8) -> TokenAnswer {
        let iat = now().seconds();
        self.checked(&sample.token(value, &format!("{BASE}/status/1"), iat - 30, iat + 3600))
    }

    pub(super) fn checked(&self, token: &str) -> TokenAnswer {
        let paths = |chain: &[Vec<u8>], at, profile| validate(chain, &self.roots, at, profile).map(Arc::new);
        CheckedToken::check(token, &self.charter, &paths)
            .map_or(TokenAnswer::Refused, |token| TokenAnswer::Checked(Arc::new(token)))
    }

    pub(super) fn judge(&self, evidence: &Evidence) -> Judgement {
        let keys = [self.log.clone()];
        let context = Context {
            now: now(),
            charter: &self.charter,
            log_keys: &keys,
            source: self.source,
            licences: &|_| self.answer.clone(),
            tokens: &|_, _| self.token.clone(),
            headers: &crate::verification::read_header,
            certificates: &crate::verification::read_certificate,
            paths: &|chain, at, profile| validate(chain, &self.roots, at, profile).map(Arc::new),
            holds_a_registrar: self.holds_a_registrar,
        };
        let alone = verify(evidence, &context, &self.ask).unwrap();
        self.together_as_alone(evidence, &alone, &context);
        alone
    }

    /// Evidence is judged among others, good and bad, exactly as it is alone.
    fn together_as_alone(&self, evidence: &Evidence, alone: &Judgement, context: &Context<'_>) {
        let Evidence::Credential(text) = evidence else { return };
        // Ten letters before its end, a signature says something else.
        let (before, after) = text.split_at(text.find('~').map_or(0, |end| end.saturating_sub(10)));
        let letter = if after.starts_with('A') { "B" } else { "A" };
        let broken = Evidence::Credential(format!("{before}{letter}{}", after.get(1..).unwrap_or_default()));
        for asked in [
            vec![(evidence, &self.ask); 2],
            vec![(evidence, &self.ask), (&broken, &self.ask), (evidence, &self.ask)],
        ] {
            let together = verify_all(&asked, context);
            assert_eq!(together.first(), Some(&Ok(alone.clone())));
            assert_eq!(together.last(), Some(&Ok(alone.clone())));
        }
    }
}
