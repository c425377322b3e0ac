//! From a wish to entries: a ceremony begun, approved, entered, dropped; and gone on with after a crash.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

use super::course::{form_only, quorum};
use super::wish::Wish;
use super::{Ceremony, CeremonyId, CeremonyRefusal, ShownCeremony, Signed};
use crate::authority::Authority;
use crate::authority::keyring::Keyring;
use crate::authority::once::Slot;
use crate::authority::refusal::{Failure, Fault, Refusal, Thing};
use crate::authority::state::Window;
use crate::authority::store::{Row, Store};
use crate::authority::writer::{Outcome, Writer};
use crate::crypto::entropy::random;
use crate::crypto::{Digest, KeyPurpose};
use crate::ledger::body::{Body, Owner};

/// How long registrars have to sign: thirty days, in milliseconds.
const PATIENCE: i64 = 30 * 24 * 3600 * 1000;

/// The ceremonies that wait for approvals or for their last entry.
#[derive(Default)]
pub(in crate::authority) struct OpenCeremonies(Mutex<BTreeMap<CeremonyId, Ceremony>>);

impl OpenCeremonies {
    pub(in crate::authority) fn of(ceremonies: Vec<Ceremony>) -> Self {
        Self(Mutex::new(ceremonies.into_iter().map(|ceremony| (ceremony.id, ceremony)).collect()))
    }

    fn all(&self) -> Vec<Ceremony> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    fn get(&self, id: CeremonyId) -> Option<Ceremony> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
    }

    fn put(&self, ceremony: Ceremony) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(ceremony.id, ceremony);
    }

    fn remove(&self, id: CeremonyId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
    }
}

impl Authority {
    /// Prepares a ceremony: makes its keys, keeps it beside them, and enters it if what lies on the server is enough.
    /// The same key answers the same again.
    pub async fn begin_ceremony(
        &self,
        body: &Value,
        key: Option<&str>,
        dry_run: bool,
    ) -> Result<ShownCeremony, Failure> {
        let wish = Wish::parse(body)?;
        let _turn = self.turn().await;
        let asked = Digest::of(body.to_string().as_bytes());
        let id = CeremonyId(match key {
            Some(key) => self.once.hide("ceremony", key).first_chunk().copied().unwrap_or_default(),
            None => random(self.entropy.as_ref()),
        });
        if let Some(before) = self.found_ceremony(id)?
            && !dry_run
        {
            if before.asked != asked {
                return Err(Refusal::IdempotencyConflict.into());
            }
            return self.shown(&before);
        }
        let now = self.now()?;
        let not_after = now.plus(PATIENCE);
        let prepared = self.prepare(&wish, now, not_after)?;
        let published = self.window.published();
        let charter = &published.charter;
        if dry_run {
            return Ok(ShownCeremony {
                id: None,
                about: prepared.about,
                begun: now,
                not_after,
                quorum: quorum(charter),
                approved_by: Vec::new(),
                form_only: form_only(charter, self.keyring.as_ref()),
                statements: None,
                entries: Vec::new(),
            });
        }
        let origin = charter.origin().cloned().ok_or_else(|| Fault::Law("there is no origin".into()))?;
        let (about, begun, signed) = (prepared.about, now, Vec::new());
        let mut ceremony =
            Ceremony { id, about, origin, begun, not_after, asked, steps: prepared.steps, signed };
        ceremony.sign_here(charter, self.keyring.as_ref())?;
        // Keys first: a crash in between leaves keys that nobody will ever know of, and no ceremony without its keys.
        for new in prepared.keys.into_inner() {
            self.keyring.keep(new.purpose, &new.owner, new.key, self.entropy.as_ref())?;
        }
        self.keyring.note_ceremony(&id.to_string(), &ceremony.write()?)?;
        self.open_ceremonies.put(ceremony.clone());
        self.go_as_far_as_approved(ceremony).await
    }

    /// Takes a registrar's signatures, and enters what is approved by enough of them.
    pub async fn approve_ceremony(
        &self,
        id: CeremonyId,
        signed: Signed,
        dry_run: bool,
    ) -> Result<ShownCeremony, Failure> {
        let _turn = self.turn().await;
        let found = self.found_ceremony(id)?.ok_or(Refusal::NotFound(Thing::Ceremony))?;
        let Some(mut ceremony) = self.open_ceremonies.get(id) else { return self.shown(&found) };
        self.check_signed(&ceremony, &signed)?;
        if dry_run {
            return self.shown(&ceremony);
        }
        ceremony.take(Signed { ceremony: Some(id), ..signed });
        self.keyring.note_ceremony(&id.to_string(), &ceremony.write()?)?;
        self.open_ceremonies.put(ceremony.clone());
        self.go_as_far_as_approved(ceremony).await
    }

    /// Whether signatures are a registrar's over the statements of a ceremony whose time is not over.
    fn check_signed(&self, ceremony: &Ceremony, signed: &Signed) -> Result<(), Failure> {
        if self.now()? > ceremony.not_after {
            return Err(CeremonyRefusal::Lapsed(ceremony.not_after).into());
        }
        if let Some(other) = signed.ceremony.filter(|other| *other != ceremony.id) {
            return Err(CeremonyRefusal::OtherCeremony(other).into());
        }
        let published = self.window.published();
        let registrars = published.charter.keys_of(&Owner::Authority, KeyPurpose::Registrar);
        let registrar = registrars.iter().find(|(id, _)| **id == signed.key);
        let (_, held) = registrar.ok_or(CeremonyRefusal::NotARegistrar(signed.key))?;
        let statements = ceremony.statements()?.statements;
        if statements.len() != signed.signatures.len() {
            let (found, statements) = (signed.signatures.len(), statements.len());
            return Err(CeremonyRefusal::Count { found, statements }.into());
        }
        let mut pairs = statements.iter().zip(&signed.signatures);
        match pairs.position(|(statement, sig)| !held.value.public.verifies(&statement.sign.0, &sig.0)) {
            Some(place) => Err(CeremonyRefusal::BadSignature { place }.into()),
            None => Ok(()),
        }
    }

    /// Drops a ceremony of which nothing is entered. Its keys stay where they are, known to nobody.
    pub async fn drop_ceremony(&self, id: CeremonyId) -> Result<(), Failure> {
        let _turn = self.turn().await;
        let found = self.found_ceremony(id)?.ok_or(Refusal::NotFound(Thing::Ceremony))?;
        if self.shown(&found)?.entries.iter().any(Option::is_some) {
            return Err(CeremonyRefusal::Begun.into());
        }
        self.keyring.ceremony_is_over(&id.to_string())?;
        self.open_ceremonies.remove(id);
        Ok(())
    }

    /// The ceremonies that are not over, by name.
    pub fn ceremonies(&self) -> Result<Vec<ShownCeremony>, Failure> {
        self.open_ceremonies.all().iter().map(|ceremony| self.shown(ceremony)).collect()
    }

    /// A ceremony, over or not.
    pub fn ceremony(&self, id: CeremonyId) -> Result<ShownCeremony, Failure> {
        let found = self.found_ceremony(id)?;
        self.shown(&found.ok_or(Refusal::NotFound(Thing::Ceremony))?)
    }

    /// Enters a ceremony's entries, one after the other, if enough registrars approve; and shows how it stands.
    async fn go_as_far_as_approved(&self, ceremony: Ceremony) -> Result<ShownCeremony, Failure> {
        if !ceremony.is_approved(&self.window.published().charter) {
            return self.shown(&ceremony);
        }
        loop {
            let published = self.window.published();
            let next = ceremony.next(&published.charter, self.store.as_ref(), self.keyring.as_ref())?;
            let Some((place, proposal)) = next else { break };
            self.propose(proposal).await.map_err(|failure| stale(place, failure))?;
        }
        self.keyring.ceremony_is_over(&ceremony.id.to_string())?;
        self.open_ceremonies.remove(ceremony.id);
        self.shown(&ceremony)
    }

    /// One ceremony at a time is prepared, approved or entered.
    async fn turn(&self) -> Slot {
        self.once.wait(self.once.hide("turn", "ceremony")).await
    }

    fn found_ceremony(&self, id: CeremonyId) -> Result<Option<Ceremony>, Failure> {
        if let Some(open) = self.open_ceremonies.get(id) {
            return Ok(Some(open));
        }
        let Some(bytes) = self.store.get(&Row::Ceremony(id.0))? else { return Ok(None) };
        let kept = Ceremony::read(&bytes)?;
        // A restored row may be of entries that were not restored with it.
        Ok(self.shown(&kept)?.is_done().then_some(kept))
    }

    fn shown(&self, ceremony: &Ceremony) -> Result<ShownCeremony, Failure> {
        let published = self.window.published();
        ceremony.shown(&published.charter, self.store.as_ref(), self.keyring.as_ref())
    }

    /// Two open ceremonies about the same would end with one that the law refuses.
    pub(super) fn refuse_open(&self, same: impl Fn(&Body) -> bool) -> Result<(), Failure> {
        let now = self.now()?;
        for ceremony in self.open_ceremonies.all() {
            if ceremony.not_after >= now && ceremony.brings(&same)? {
                return Err(CeremonyRefusal::Open(ceremony.id).into());
            }
        }
        Ok(())
    }
}

/// What the law says to an entry of a ceremony, as it is told: the ledger went on since it was prepared.
fn stale(place: usize, failure: Failure) -> Failure {
    match failure {
        Failure::Judged(violation) => CeremonyRefusal::Stale { place, why: violation.to_string() }.into(),
        other => other,
    }
}

/// At opening: enters what was approved and not wholly entered; gives the ceremonies that are not over. One that cannot
/// go on is told and left: the service is of use without it.
pub(in crate::authority) fn go_on(
    writer: &mut Writer,
    window: &Window,
    store: &dyn Store,
    keyring: &dyn Keyring,
) -> Result<OpenCeremonies, Failure> {
    let mut open = Vec::new();
    for bytes in keyring.ceremonies()? {
        let ceremony = Ceremony::read(&bytes)?;
        let id = ceremony.id;
        match enter_at_opening(writer, window, store, keyring, &ceremony) {
            Ok(true) => keyring.ceremony_is_over(&id.to_string())?,
            Ok(false) => open.push(ceremony),
            Err(failure) => {
                tracing::error!(%id, %failure, "a ceremony cannot go on: see vidimus ceremony list");
                open.push(ceremony);
            }
        }
    }
    Ok(OpenCeremonies::of(open))
}

/// Whether it is over.
fn enter_at_opening(
    writer: &mut Writer,
    window: &Window,
    store: &dyn Store,
    keyring: &dyn Keyring,
    ceremony: &Ceremony,
) -> Result<bool, Failure> {
    if !ceremony.is_approved(&window.published().charter) {
        return Ok(false);
    }
    while let Some((place, proposal)) = ceremony.next(&window.published().charter, store, keyring)? {
        for outcome in writer.append(vec![proposal]) {
            match outcome {
                Outcome::Committed(_) => {}
                Outcome::Failed(failure) => return Err(stale(place, failure)),
                Outcome::Deferred(_) => return Err(Fault::Law("one entry in two groups".into()).into()),
            }
        }
    }
    Ok(true)
}
