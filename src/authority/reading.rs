//! What can be read: licences by their issuers, the ledger's files and the catalogue by everyone.

use std::sync::Arc;

use super::Authority;
use super::refusal::{Failure, Fault, Refusal, Thing, no_licence};
use super::state::{Published, licence};
use super::store::Row;
use super::tiles;
use crate::crypto::{Digest, KeyPurpose};
use crate::ledger::body::Owner;
use crate::ledger::entry::leaf_hash;
use crate::ledger::receipt::Receipt;
use crate::ledger::state::LicenceState;
use crate::merkle::{TileId, TilePath, encode_bundle, encode_hashes, inclusion, node_from_tiles, width_at};
use crate::note::{Scheme, VerifierKey};
use crate::values::identifiers::{CreditCode, Handle};
use crate::values::standing::Standing;
use crate::values::time::Time;

/// A licence as its issuer, or an auditor, sees it.
#[derive(Debug, Clone)]
pub struct Shown {
    /// The state.
    pub licence: LicenceState,
    /// Whether it has expired by now.
    pub expired: bool,
    /// What was printed; only for the issuer, and only while it is not erased.
    pub licence_number: Option<String>,
    /// 证照标识; only for the issuer.
    pub identifier: Option<String>,
    /// The department's record id; only for the issuer.
    pub reference: Option<String>,
    /// Printed beside the number; only for the issuer.
    pub verification_code: Option<String>,
    /// Every entry with its leaf hash and receipt.
    pub events: Vec<ShownEvent>,
}

/// An entry about a licence.
#[derive(Debug, Clone)]
pub struct ShownEvent {
    /// Index of the entry.
    pub index: u64,
    /// Its time.
    pub time: Time,
    /// Standing after it.
    pub standing: Standing,
    /// Its leaf hash.
    pub leaf: Digest,
    /// `.tlog-proof`.
    pub receipt: String,
    /// Why, in the department's words; only for the issuer, and only of acts.
    pub reason: Option<String>,
}

/// Which of its own licences a department asks for.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// What is printed.
    pub licence_number: Option<String>,
    /// Its own record id.
    pub reference: Option<String>,
    /// A holder's code.
    pub holder_code: Option<String>,
    /// The standing now.
    pub standing: Option<Standing>,
    /// The last handle of the page before.
    pub after: Option<Handle>,
}

/// Licences and where the next page begins.
#[derive(Debug, Clone)]
pub struct Page {
    /// At most fifty.
    pub items: Vec<Shown>,
    /// Give it as `after`.
    pub next: Option<Handle>,
}

/// Items of a page.
const PAGE: usize = 50;
/// Licences looked at for one page of a filter that few of them pass.
const LOOKED_AT: usize = 5000;

impl Authority {
    /// The newest published state.
    pub fn published(&self) -> Arc<Published> {
        self.window.published()
    }

    /// The catalogue.
    pub fn catalogue(&self) -> &crate::catalogue::Catalogue {
        &self.catalogue
    }

    /// The state of a licence at the published size: what is committed beyond it is nobody's to see yet.
    pub(super) fn licence_state(&self, handle: &Handle) -> Result<LicenceState, Failure> {
        self.published_licence(handle)?.ok_or_else(|| no_licence(handle))
    }

    /// A licence at the published size, if it is there.
    pub(super) fn published_licence(&self, handle: &Handle) -> Result<Option<LicenceState>, Failure> {
        // The size is read first: a commit in between only adds what is cut off.
        let size = self.window.published().range.size();
        let found = licence(self.store.as_ref(), handle)?;
        Ok(found.and_then(|licence| {
            let last = licence.last;
            let beyond = licence.events.last().is_some_and(|event| event.index >= size);
            if beyond { licence.before(size, last) } else { Some(licence) }
        }))
    }

    /// Licences found by a keyed hash.
    pub(super) fn found(&self, what: &str, text: &str) -> Result<Vec<LicenceState>, Failure> {
        let prefix = Row::Found(self.once.finder(what, text), Handle::new(Time::MIN, [0; 10])).key();
        let prefix = prefix.get(..17).unwrap_or(&prefix).to_vec();
        let mut found = Vec::new();
        for (key, _) in self.store.scan(&prefix, None, LOOKED_AT)? {
            let handle = key.get(17..).and_then(|bytes| bytes.try_into().ok());
            let handle = handle.and_then(|bytes| Handle::from_bytes(bytes).ok());
            let handle = handle.ok_or_else(|| Fault::Damaged("the key of a finder".into()))?;
            found.extend(self.published_licence(&handle)?);
        }
        Ok(found)
    }

    /// A licence with its history; `issuer` is `None` for an auditor, who sees no payload.
    pub fn licence(&self, issuer: Option<&CreditCode>, handle: &Handle) -> Result<Shown, Failure> {
        let licence = self.licence_state(handle)?;
        if issuer.is_some_and(|issuer| licence.department != *issuer) {
            return Err(Refusal::NotYours.into());
        }
        self.show(licence, issuer.is_some(), true)
    }

    fn show(&self, licence: LicenceState, with_payload: bool, with_receipts: bool) -> Result<Shown, Failure> {
        let draft =
            (with_payload && !licence.erased).then(|| self.vault.draft(&licence.handle)).transpose()?;
        let offset = self.window.published().charter.offset();
        let expired =
            offset.is_some_and(|offset| self.clock.now().is_ok_and(|now| licence.expired(now, offset)));
        let mut events = Vec::new();
        for (number, event) in licence.events.iter().enumerate().filter(|_| with_receipts) {
            let (leaf, receipt) = self.receipt(event.index)?;
            let (index, time, standing) = (event.index, event.time, event.standing);
            let number = u32::try_from(number).unwrap_or(u32::MAX);
            let ground = (number > 0 && draft.is_some()).then(|| self.vault.ground(&licence.handle, number));
            let reason = ground.transpose()?.map(|ground| ground.reason);
            events.push(ShownEvent { index, time, standing, leaf, receipt, reason });
        }
        let mut shown = Shown {
            licence,
            expired,
            licence_number: None,
            identifier: None,
            reference: None,
            verification_code: None,
            events,
        };
        if let Some(draft) = draft {
            shown.licence_number = Some(draft.licence_number.to_string());
            shown.identifier = Some(draft.identifier);
            shown.reference = draft.reference;
            shown.verification_code = Some(draft.verification_code.printed());
        }
        Ok(shown)
    }

    /// A department's own licences, oldest first.
    pub fn own_licences(&self, issuer: &CreditCode, filter: &Filter) -> Result<Page, Failure> {
        let reference = filter.reference.as_ref().map(|text| format!("{issuer}\n{text}"));
        let named = [
            ("number", filter.licence_number.as_deref()),
            ("reference", reference.as_deref()),
            ("holder", filter.holder_code.as_deref()),
        ];
        let mut narrowed: Option<Vec<LicenceState>> = None;
        for (what, text) in named {
            let Some(text) = text else { continue };
            let found = self.found(what, text)?;
            narrowed = Some(match narrowed {
                None => found,
                Some(before) => before
                    .into_iter()
                    .filter(|one| found.iter().any(|other| other.handle == one.handle))
                    .collect(),
            });
        }
        let wanted = |licence: &LicenceState| {
            licence.department == *issuer
                && filter.standing.is_none_or(|standing| licence.standing() == standing)
        };
        let (candidates, more) = match narrowed {
            Some(mut found) => {
                found.sort_by_key(|licence| licence.handle);
                found.retain(|licence| filter.after.is_none_or(|after| licence.handle > after));
                (found, None)
            }
            None => self.licences_after(filter.after)?,
        };
        let mut items = Vec::new();
        let mut next = more;
        for licence in candidates.into_iter().filter(wanted) {
            if items.len() == PAGE {
                next = items.last().map(|shown: &Shown| shown.licence.handle);
                break;
            }
            items.push(self.show(licence, true, false)?);
        }
        Ok(Page { items, next })
    }

    /// Licences after a handle, at most as many as are looked at for one page, and where to go on.
    fn licences_after(&self, after: Option<Handle>) -> Result<(Vec<LicenceState>, Option<Handle>), Failure> {
        let after = after.map(|handle| Row::Licence(handle).key());
        let rows = self.store.scan(b"l", after.as_deref(), LOOKED_AT)?;
        let mut licences = Vec::with_capacity(rows.len());
        for (key, _) in &rows {
            let handle = key.get(1..).and_then(|bytes| bytes.try_into().ok());
            let handle = handle.and_then(|bytes| Handle::from_bytes(bytes).ok());
            let handle = handle.ok_or_else(|| Fault::Damaged("the key of a licence".into()))?;
            licences.extend(self.published_licence(&handle)?);
        }
        let more = (rows.len() == LOOKED_AT).then(|| licences.last().map(|licence| licence.handle)).flatten();
        Ok((licences, more))
    }

    /// The credential again, for its issuer.
    pub fn credential(&self, issuer: &CreditCode, handle: &Handle) -> Result<String, Failure> {
        let licence = self.licence_state(handle)?;
        if licence.department != *issuer {
            return Err(Refusal::NotYours.into());
        }
        Ok(self.vault.credential(handle)?.1)
    }

    /// The `.tlog-proof` of an entry, with its leaf hash.
    pub fn receipt(&self, index: u64) -> Result<(Digest, String), Failure> {
        let published = self.window.published();
        if index >= published.range.size() {
            return Err(Refusal::NotFound(Thing::File).into());
        }
        let entry = self.entry(index)?;
        let proof = inclusion(index, published.range.size(), &|level, index| {
            node_from_tiles(level, index, &|tile, width| {
                tiles::stored(self.store.as_ref(), tile, width).ok().flatten()
            })
        })
        .map_err(|error| Fault::Damaged(error.to_string()))?;
        let path = proof.path.iter().map(|hash| hash.0).collect();
        let leaf = leaf_hash(&entry);
        let receipt = Receipt::new(Some(entry), index, path, published.checkpoint.clone())
            .map_err(|error| Fault::Damaged(error.to_string()))?;
        Ok((leaf, receipt.to_string()))
    }

    fn entry(&self, index: u64) -> Result<Vec<u8>, Failure> {
        let entry = self.store.get(&Row::Entry(index))?;
        Ok(entry.ok_or_else(|| Fault::Damaged(format!("entry {index} is missing")))?)
    }

    /// A tile or entry bundle of the published tree, byte for byte as C2SP tlog-tiles says.
    pub fn tile(&self, path: &TilePath) -> Result<Vec<u8>, Failure> {
        let size = self.window.published().range.size();
        let not_found = || Refusal::NotFound(Thing::File);
        match path {
            TilePath::Hashes(tile, width) => {
                let now = width_at(size, *tile).ok_or_else(not_found)?;
                let hashes = tiles::stored(self.store.as_ref(), *tile, *width)?.ok_or_else(not_found)?;
                if width.count() > now.count() {
                    return Err(not_found().into());
                }
                Ok(encode_hashes(hashes.get(..width.count()).unwrap_or(&hashes)))
            }
            TilePath::Entries(bundle, width) => {
                let tile = TileId::new(0, *bundle).map_err(|_| not_found())?;
                let now = width_at(size, tile).ok_or_else(not_found)?;
                if width.count() > now.count() {
                    return Err(not_found().into());
                }
                let first = bundle * 256;
                let count = u64::try_from(width.count()).unwrap_or(0);
                let entries: Vec<Vec<u8>> =
                    (first..first + count).map(|index| self.entry(index)).collect::<Result<_, _>>()?;
                Ok(encode_bundle(&entries).map_err(|error| Fault::Damaged(error.to_string()))?)
            }
        }
    }

    /// Public material by digest.
    pub fn blob(&self, name: &Digest) -> Result<Vec<u8>, Failure> {
        Ok(self.store.get(&Row::Blob(*name))?.ok_or(Refusal::NotFound(Thing::File))?)
    }

    /// Verifier keys of the ledger, newest first.
    pub fn verifier_keys(&self) -> Vec<VerifierKey> {
        let published = self.window.published();
        let charter = &published.charter;
        let Some(name) = charter.origin().and_then(|origin| origin.as_str().parse().ok()) else {
            return Vec::new();
        };
        let name: crate::note::KeyName = name;
        let mut keys: Vec<_> = charter
            .keys()
            .filter(|(_, held)| {
                held.value.purpose == KeyPurpose::Checkpoint && held.value.owner == Owner::Authority
            })
            .collect();
        keys.sort_by_key(|(_, held)| std::cmp::Reverse(held.since.index));
        keys.into_iter()
            .filter_map(|(_, held)| VerifierKey::of(name.clone(), Scheme::Ed25519, &held.value.public).ok())
            .collect()
    }

    /// The root certificate.
    pub fn root(&self) -> Result<crate::x509::Certificate, Failure> {
        let published = self.window.published();
        let root = published.charter.authority().map(|authority| authority.founded.root.certificate);
        let root = root.ok_or_else(|| Fault::Law("there is no root".into()))?;
        let der = self.blob(&root.sha256)?;
        crate::x509::Certificate::from_der(&der).map_err(|error| Fault::Damaged(error.to_string()).into())
    }
}
