//! Verifying for others: evidence in, report out. What is known comes from memory, and the licence by one read; the
//! judgement itself is `verification::verify`, the same function that the command line calls.

use std::borrow::Cow;

use serde_json::{Value, json};

use super::Authority;
use super::caller::Caller;
use super::refusal::{Failure, Fault, Refusal, Thing};
use super::state::Known;
use super::store::{Row, Write};
use crate::crypto::entropy::random;
use crate::crypto::{Digest, KeyPurpose, hex};
use crate::jose::jws;
use crate::ledger::body::Owner;
use crate::values::identifiers::{LicenceNumber, VerificationCode};
use crate::values::lang::Lang;
use crate::verification::{
    Ask, Context, Evidence, Judgement, LedgerAnswer, Report, Source, TokenAnswer, verify, verify_all,
};

/// What is asked.
pub struct Asked {
    /// What is shown.
    pub evidence: Evidence,
    /// As of when, and what is expected.
    pub ask: Ask,
    /// Language of the texts.
    pub lang: Lang,
    /// Whether the report is kept.
    pub keep: bool,
    /// Whether the report is signed.
    pub sign: bool,
}

/// What is answered.
pub struct Verified {
    /// The report.
    pub report: Report,
    /// A JWS over it.
    pub signed: Option<String>,
}

impl Authority {
    /// Judges evidence.
    pub fn verify(&self, asked: &Asked, keeper: Option<&Caller>) -> Result<Verified, Failure> {
        let found = self.found_evidence(&asked.evidence)?;
        let judgement = self.knowing(|context| verify(&found, context, &asked.ask))??;
        self.put_into_words(judgement, asked, keeper)
    }

    /// Judges much evidence by the same knowledge, each as if it were alone.
    pub fn verify_all(
        &self,
        asked: &[Asked],
        keeper: Option<&Caller>,
    ) -> Result<Vec<Result<Verified, Failure>>, Failure> {
        let found: Vec<_> = asked.iter().map(|one| self.found_evidence(&one.evidence)).collect();
        let questions: Vec<(&Evidence, &Ask)> = asked
            .iter()
            .zip(&found)
            .map(|(one, found)| (found.as_ref().map_or(&one.evidence, AsRef::as_ref), &one.ask))
            .collect();
        let judged = self.knowing(|context| verify_all(&questions, context))?;
        let all = asked.iter().zip(&found).zip(judged);
        Ok(all
            .map(|((one, found), judgement)| {
                found.as_ref().map_err(Clone::clone)?;
                self.put_into_words(judgement?, one, keeper)
            })
            .collect())
    }

    /// Judges by what is known now.
    fn knowing<T>(&self, judge: impl FnOnce(&Context<'_>) -> T) -> Result<T, Failure> {
        let now = self.now()?;
        // The head is taken after the evidence arrived, so what it does not hold was not entered.
        let published = self.window.published();
        let known = published.known(|| self.know())?;
        let roots = std::slice::from_ref(&known.root);
        Ok(judge(&Context {
            now,
            charter: &published.charter,
            log_keys: &known.log_keys,
            source: Source::OwnTree { size: published.range.size() },
            licences: &|handle| match self.published_licence(handle) {
                Ok(Some(found)) => LedgerAnswer::Found(Box::new(found)),
                Ok(None) => LedgerAnswer::Absent,
                Err(_) => LedgerAnswer::Unknown,
            },
            tokens: &|_, _| TokenAnswer::Absent,
            headers: &|text| self.chains.header(text),
            certificates: &|der| self.chains.certificate(der),
            paths: &|given, at, profile| self.chains.path(given, roots, at, profile),
            holds_a_registrar: known.holds_a_registrar,
        }))
    }

    fn know(&self) -> Result<Known, Failure> {
        Ok(Known {
            root: self.root()?,
            log_keys: self.verifier_keys(),
            holds_a_registrar: self.holds_a_registrar(),
        })
    }

    fn put_into_words(
        &self,
        judgement: Judgement,
        asked: &Asked,
        keeper: Option<&Caller>,
    ) -> Result<Verified, Failure> {
        let number: [u8; 16] = random(self.entropy.as_ref());
        let report = Report::of(judgement, format!("R-{}", hex::encode(&number)), asked.lang);
        let report = report.vouched(&self.witnessed(), asked.lang);
        if !asked.sign && !asked.keep {
            return Ok(Verified { report, signed: None });
        }
        let value = serde_json::to_value(&report).map_err(|error| Fault::Crypto(error.to_string()))?;
        let signed = asked.sign.then(|| self.sign_report(&value)).transpose()?;
        if let (true, Some(keeper)) = (asked.keep, keeper) {
            self.keep_report(&report, &value, signed.as_deref(), keeper)?;
        }
        Ok(Verified { report, signed })
    }

    /// The evidence to be judged: where a number is shown, its credential, if there is one.
    fn found_evidence<'e>(&self, shown: &'e Evidence) -> Result<Cow<'e, Evidence>, Failure> {
        let Evidence::Number { licence_number, verification_code } = shown else {
            return Ok(Cow::Borrowed(shown));
        };
        let credential = self.resolve(licence_number, verification_code)?;
        Ok(credential.map_or(Cow::Borrowed(shown), |found| Cow::Owned(Evidence::Credential(found))))
    }

    /// The credential of a number and its code; a wrong code is as unknown as a wrong number.
    fn resolve(&self, number: &LicenceNumber, code: &VerificationCode) -> Result<Option<String>, Failure> {
        let given = self.once.hide("code", code.as_str());
        for found in self.found(self.once.finder("number", number.as_str())) {
            let found = found?;
            if found.erased {
                continue;
            }
            let (draft, credential) = self.vault.credential(&found.handle)?;
            // Keyed hashes are compared, so how long it takes tells nothing of the code.
            if draft.licence_number == *number
                && self.once.hide("code", draft.verification_code.as_str()) == given
            {
                return Ok(Some(credential));
            }
        }
        Ok(None)
    }

    /// One JWS over the digests of many reports, in their order.
    pub fn sign_reports(&self, digests: &[Digest]) -> Result<String, Failure> {
        self.sign_as("vidimus-reports+jwt", &json!({"alg": "sha-256", "reports": digests}))
    }

    fn sign_report(&self, report: &Value) -> Result<String, Failure> {
        self.sign_as("vidimus-report+jwt", report)
    }

    fn sign_as(&self, media_type: &str, payload: &Value) -> Result<String, Failure> {
        let published = self.window.published();
        let keys = published.charter.keys_of(&Owner::Authority, KeyPurpose::Report);
        let id = keys.last().map(|(id, _)| **id).ok_or_else(|| Fault::NoKey("report key".into()))?;
        let key = self.keyring.key(&id).ok_or_else(|| Fault::NoKey(format!("report key {id}")))?;
        let header = json!({
            "alg": key.public().algorithm().jose(),
            "kid": id.to_string(),
            "typ": media_type,
        });
        jws::sign(&header, payload.to_string().as_bytes(), &key)
            .map_err(|error| Fault::Crypto(error.to_string()).into())
    }

    fn keep_report(
        &self,
        report: &Report,
        value: &Value,
        signed: Option<&str>,
        keeper: &Caller,
    ) -> Result<(), Failure> {
        let mut kept = value.clone();
        if let (Some(members), Some(signed)) = (kept.as_object_mut(), signed) {
            members.insert("signed".into(), json!(signed));
        }
        let name = self.report_name(&report.report, keeper);
        let epoch = &self.keyring.secrets().epoch;
        let sealed = epoch
            .seal(kept.to_string().as_bytes(), &name, self.entropy.as_ref())
            .map_err(|error| Fault::Crypto(error.to_string()))?;
        self.store.put(vec![Write::set(Row::Report(name), sealed)])?;
        Ok(self.store.sync()?)
    }

    /// The row of a kept report: nobody but its keeper can name it.
    fn report_name(&self, number: &str, keeper: &Caller) -> [u8; 32] {
        let keeper = keeper.department().map_or_else(|| format!("{keeper:?}"), ToString::to_string);
        self.once.hide("report", &format!("{keeper}\n{number}"))
    }

    /// A kept report, for who asked to keep it.
    pub fn report(&self, number: &str, keeper: &Caller) -> Result<Value, Failure> {
        let name = self.report_name(number, keeper);
        let sealed = self.store.get(&Row::Report(name))?.ok_or(Refusal::NotFound(Thing::Report))?;
        let epoch = &self.keyring.secrets().epoch;
        let plain = epoch.open(&sealed, &name).map_err(|error| Fault::Damaged(error.to_string()))?;
        Ok(serde_json::from_slice(&plain).map_err(|error| Fault::Damaged(error.to_string()))?)
    }
}
