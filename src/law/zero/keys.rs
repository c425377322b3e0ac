//! Keys: introduced with a proof of possession, retired, and the whole set of registrars changed (section 4).

use super::founding::check_quorum;
use super::{Bench, Deed, demand};
use crate::crypto::{Algorithm, KeyId, KeyPurpose, PublicKey};
use crate::law::applied::Owed;
use crate::law::violation::{Refused, Rule, Violation};
use crate::ledger::body::{
    BlobRef, Body, KeyIntroduced, KeyRetired, KeyTitle, Owner, RegistrarsChanged, possession,
};
use crate::ledger::state::{CharterChange, Key};
use crate::values::identifiers::CreditCode;
use crate::x509::Certificate;

pub(super) fn introduced(bench: Bench<'_>, body: &KeyIntroduced) -> Result<Deed, Refused> {
    let title = &body.title;
    check_owner(bench, title)?;
    let mut owed = Vec::new();
    let mut key = bench.new_key(title, title.purpose, &[], &mut owed)?;
    let certified = matches!(
        title.purpose,
        KeyPurpose::Issuing | KeyPurpose::Credential | KeyPurpose::Seal | KeyPurpose::Status
    );
    demand(certified || body.certificate.is_none(), Rule::Certificate, || {
        format!("a {} key has no certificate", title.purpose)
    })?;
    if certified {
        let certificate = body.certificate.ok_or_else(|| {
            Violation::new(Rule::Certificate, format!("a {} key needs its certificate", title.purpose))
        })?;
        bench.check_certificate(&certificate, &key)?;
        key.certificate = Some(certificate);
    }
    let old: Vec<&PublicKey> = if title.purpose == KeyPurpose::Checkpoint {
        let keys = bench.view.charter().keys_of(&Owner::Authority, KeyPurpose::Checkpoint);
        keys.last().map(|(_, held)| &held.value.public).into_iter().collect()
    } else {
        Vec::new()
    };
    owed.extend(bench.registrars_and(&old)?);
    Ok(Deed::charter(CharterChange::Key(key)).owing(owed))
}

pub(super) fn retired(bench: Bench<'_>, body: &KeyRetired) -> Result<Deed, Refused> {
    let charter = bench.view.charter();
    let held = charter
        .key(&body.key)
        .filter(|held| held.in_force())
        .ok_or_else(|| Violation::new(Rule::Identifier, format!("key {} is not in force", body.key)))?;
    let purpose = held.value.purpose;
    demand(!matches!(purpose, KeyPurpose::Registrar | KeyPurpose::Root), Rule::KeyPurpose, || {
        format!("a {purpose} key is not retired by this kind")
    })?;
    let needed = matches!(purpose, KeyPurpose::Registry | KeyPurpose::Checkpoint);
    let last = charter.keys_of(&held.value.owner, purpose).len() == 1;
    let authority = held.value.owner == Owner::Authority;
    demand(!(needed && last && authority), Rule::KeyPurpose, || {
        format!("the authority's last {purpose} key cannot be retired: introduce its successor first")
    })?;
    let owed = bench.registrars_approve()?;
    Ok(Deed::charter(CharterChange::KeyRetired(body.key)).owing(owed))
}

pub(super) fn registrars_changed(bench: Bench<'_>, body: &RegistrarsChanged) -> Result<Deed, Refused> {
    check_quorum(body.quorum, &body.registrars)?;
    let charter = bench.view.charter();
    let old: Vec<KeyId> =
        charter.keys_of(&Owner::Authority, KeyPurpose::Registrar).into_iter().map(|(id, _)| *id).collect();
    let mut owed = Vec::new();
    let mut added: Vec<Key> = Vec::new();
    let mut kept = Vec::new();
    for title in &body.registrars {
        let id = title.spki.id();
        demand(
            title.owner == Owner::Authority && title.purpose == KeyPurpose::Registrar,
            Rule::KeyPurpose,
            || format!("key {id} is not entered as the authority's registrar key"),
        )?;
        if old.contains(&id) {
            demand(!kept.contains(&id), Rule::Registrars, || format!("registrar {id} stands twice"))?;
            owed.push(bench.proof(title)?);
            kept.push(id);
        } else {
            added.push(bench.new_key(title, KeyPurpose::Registrar, &added, &mut owed)?);
        }
    }
    let new: Vec<&PublicKey> = added.iter().map(|key| &key.public).collect();
    owed.extend(bench.registrars_and(&new)?);
    let dropped = old.into_iter().filter(|id| !kept.contains(id)).collect();
    let quorum = usize::try_from(body.quorum).unwrap_or(usize::MAX);
    Ok(Deed::charter(CharterChange::Registrars { quorum, added, dropped }).owing(owed))
}

/// Which purposes an owner may have a key for by `key.introduced`.
fn check_owner(bench: Bench<'_>, title: &KeyTitle) -> Result<(), Refused> {
    let purpose = title.purpose;
    let allowed = match &title.owner {
        Owner::Authority => matches!(
            purpose,
            KeyPurpose::Issuing
                | KeyPurpose::Registry
                | KeyPurpose::Status
                | KeyPurpose::Report
                | KeyPurpose::Checkpoint
                | KeyPurpose::Witness
        ),
        Owner::Department(code) => {
            bench.department(code)?;
            matches!(
                purpose,
                KeyPurpose::Registry | KeyPurpose::Officer | KeyPurpose::Credential | KeyPurpose::Seal
            )
        }
    };
    demand(allowed, Rule::KeyPurpose, || format!("{} cannot have a {purpose} key this way", title.owner))
}

impl Bench<'_> {
    /// The authority's credit code: entry 0's own while it is judged.
    fn authority_code(&self) -> Option<&CreditCode> {
        match self.entry.body() {
            Body::AuthorityFounded(body) => Some(&body.code),
            _ => self.view.charter().authority().map(|authority| &authority.founded.code),
        }
    }

    /// A key never seen before, with a proof of possession that still counts.
    pub(super) fn new_key(
        &self,
        title: &KeyTitle,
        purpose: KeyPurpose,
        beside: &[Key],
        owed: &mut Vec<Owed>,
    ) -> Result<Key, Refused> {
        let id = title.spki.id();
        demand(title.purpose == purpose, Rule::KeyPurpose, || {
            format!("key {id} is entered as a {} key where a {purpose} key stands", title.purpose)
        })?;
        let used = self.view.charter().key(&id).is_some() || beside.iter().any(|key| key.public.id() == id);
        demand(!used, Rule::KeyReuse, || format!("key {id} was introduced before"))?;
        let ledger_key = matches!(purpose, KeyPurpose::Checkpoint | KeyPurpose::Witness);
        demand(!ledger_key || title.spki.algorithm() == Algorithm::Ed25519, Rule::KeyPurpose, || {
            format!("a {purpose} key is an Ed25519 key")
        })?;
        match (purpose, &title.possession) {
            (KeyPurpose::Witness, None) => {}
            (KeyPurpose::Witness, Some(_)) => {
                demand(false, Rule::Possession, || "a witness key enters without a proof".into())?;
            }
            _ => owed.push(self.proof(title)?),
        }
        Ok(Key { owner: title.owner.clone(), purpose, public: title.spki.clone(), certificate: None })
    }

    /// The proof of possession that a title owes.
    fn proof(&self, title: &KeyTitle) -> Result<Owed, Refused> {
        let id = title.spki.id();
        let signature = title.possession.ok_or_else(|| {
            Violation::new(Rule::Possession, format!("key {id} has no proof of possession"))
        })?;
        demand(self.moment.time <= title.not_after, Rule::NotAfter, || {
            format!("the proof of possession of {id} does not count after {}", title.not_after)
        })?;
        let message = possession(self.origin, &title.owner, title.purpose, &title.spki, title.not_after)
            .map_err(|error| Violation::new(Rule::Canonical, error.to_string()))?;
        Ok(Owed { key: title.spki.clone(), message, signature, rule: Rule::Possession })
    }

    /// The certificate is there, can be read, and is for the whole of this key and its owner.
    pub(super) fn check_certificate(&self, blob: &BlobRef, key: &Key) -> Result<(), Refused> {
        let der = self.blob(blob)?;
        let certificate = Certificate::from_der(&der).map_err(|error| {
            Violation::new(Rule::Certificate, format!("certificate {}: {error}", blob.sha256))
        })?;
        demand(*certificate.public_key() == key.public, Rule::Certificate, || {
            format!("certificate {} is for another key than {}", blob.sha256, key.public.id())
        })?;
        let purpose = certificate.profile().purpose();
        demand(purpose == key.purpose, Rule::Certificate, || {
            format!("certificate {} is for a {purpose} key, not a {} key", blob.sha256, key.purpose)
        })?;
        let authority = self.authority_code();
        let code = match &key.owner {
            Owner::Department(code) => Some(code),
            Owner::Authority => authority,
        };
        let named = certificate.subject().code();
        demand(code.is_some_and(|code| code.as_str() == named), Rule::Certificate, || {
            format!("certificate {} names {named}, not the key's owner", blob.sha256)
        })
    }
}
