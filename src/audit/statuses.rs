//! Status tokens against the fold of entries (Token Status List; law 0, sections 3 and 9): each published list, byte for
//! byte, at the size its token names, under a status key in force there.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, VecDeque};

use super::source::{STATUS, Source, SourceError};
use super::summary::Finding;
use crate::crypto::{Digest, KeyPurpose, PublicKey};
use crate::law::Rule;
use crate::ledger::body::{Owner, StatusPlace};
use crate::ledger::state::{Charter, Key};
use crate::status_list::{Bits, MAX_STATUSES, StatusList, StatusListError, StatusToken};
use crate::x509::{Certificate, Profile, validate};

/// A token that is due when replay reaches the size it names.
struct Due {
    size: u64,
    path: String,
}

/// The published tokens, by the size each names.
#[derive(Default)]
pub(super) struct Tokens {
    due: VecDeque<Due>,
    /// Those that were judged and are good, with the digest of their bytes.
    judged: BTreeMap<String, Digest>,
    settled: u64,
    /// Paths of all, good or bad.
    pub(super) paths: Vec<String>,
}

impl Tokens {
    /// Reads every token once, for the size it names; those that cannot be read are findings. One that was judged before, and is the
    /// same byte for byte, is not due again.
    pub(super) fn list(
        source: &dyn Source,
        before: &BTreeMap<String, Digest>,
    ) -> Result<(Self, Vec<Finding>), SourceError> {
        let (mut due, mut judged, mut findings) = (Vec::new(), BTreeMap::new(), Vec::new());
        let paths = source.tokens()?;
        for path in &paths {
            let bytes = source.read(path)?.unwrap_or_default();
            if let Some(digest) = before.get(path).filter(|digest| **digest == Digest::of(&bytes)) {
                judged.insert(path.clone(), *digest);
                continue;
            }
            match read_token(&bytes)
                .and_then(|token| token.ledger_size().ok_or("no proper ledger_size".into()))
            {
                Ok(size) => due.push(Due { size, path: path.clone() }),
                Err(error) => findings.push(Finding::of(Rule::StatusList, format!("{path}: {error}"))),
            }
        }
        due.sort_by_key(|due| due.size);
        let settled = match due.last() {
            Some(newest) => newest.size,
            None if judged.is_empty() => u64::MAX,
            None => 0,
        };
        Ok((Self { due: due.into(), judged, settled, paths }, findings))
    }

    /// One that is due and names fewer entries than `size`.
    pub(super) fn due_before(&self, size: u64) -> Option<&str> {
        self.due.front().filter(|due| due.size < size).map(|due| due.path.as_str())
    }

    /// Takes down that a token is good.
    pub(super) fn judged(&mut self, path: String, bytes: &[u8]) {
        self.judged.insert(path, Digest::of(bytes));
    }

    /// Those that were judged and are good.
    pub(super) fn all_judged(&self) -> &BTreeMap<String, Digest> {
        &self.judged
    }

    /// The size below which no token will name one that is published later, as far as those tell that were new: lists are published
    /// one after another, each about the newest head.
    pub(super) fn settled(&self) -> u64 {
        self.settled
    }

    /// The next token that names `size`.
    pub(super) fn due_at(&mut self, size: u64) -> Option<String> {
        let due = self.due.front().is_some_and(|due| due.size <= size);
        if due { self.due.pop_front().map(|due| due.path) } else { None }
    }

    /// Those that name a size beyond the end.
    pub(super) fn beyond(&self) -> impl Iterator<Item = (&str, u64)> {
        self.due.iter().map(|due| (due.path.as_str(), due.size))
    }
}

/// Every list as the entries so far make it.
#[derive(Default)]
pub(super) struct Lists {
    lists: BTreeMap<u32, StatusList>,
}

impl Lists {
    pub(super) fn absorb(
        &mut self,
        statuses: impl IntoIterator<Item = (StatusPlace, u8)>,
    ) -> Result<(), StatusListError> {
        for (place, value) in statuses {
            let list = match self.lists.entry(place.list) {
                Entry::Occupied(list) => list.into_mut(),
                Entry::Vacant(place) => place.insert(empty()?),
            };
            list.set(u64::from(place.index), value)?;
        }
        Ok(())
    }

    fn equals(&self, number: u32, list: &StatusList) -> bool {
        match self.lists.get(&number) {
            Some(made) => made == list,
            None => empty().is_ok_and(|empty| empty == *list),
        }
    }
}

fn empty() -> Result<StatusList, StatusListError> {
    StatusList::zeros(Bits::Two, MAX_STATUSES)
}

/// What a token is judged with: the charter at the size it names, and the blobs of its certificates.
pub(super) struct Bench<'a> {
    pub(super) charter: &'a Charter,
    pub(super) blob: &'a dyn Fn(&Digest) -> Option<Vec<u8>>,
}

/// Judges the token at `path` against the lists at the size it names.
pub(super) fn judge(path: &str, bytes: &[u8], bench: &Bench<'_>, lists: &Lists) -> Result<(), String> {
    let token = read_token(bytes)?;
    let number = bench.judge(&token)?;
    let named = format!("{STATUS}{number}/{}", token.iat());
    if named != path {
        return Err(format!("the token is that of {named}"));
    }
    if !lists.equals(number, token.list()) {
        let size = token.ledger_size().unwrap_or_default();
        return Err(format!("the list is not what the first {size} entries make"));
    }
    Ok(())
}

/// A token's bytes, with nothing around them.
pub(super) fn read_token(bytes: &[u8]) -> Result<StatusToken<'_>, String> {
    let text = str::from_utf8(bytes).map_err(|_| "not UTF-8".to_owned())?;
    if text.trim_ascii() != text {
        return Err("white space around the token".to_owned());
    }
    StatusToken::parse(text).map_err(|error| error.to_string())
}

impl Bench<'_> {
    /// Whose token it is: the number of its list, if its name is one of the authority's, and a status key in force at
    /// the size it names signed it, with certificates that the ledger knows.
    pub(super) fn judge(&self, token: &StatusToken<'_>) -> Result<u32, String> {
        let size = token.ledger_size().ok_or("no proper ledger_size")?;
        let number =
            self.list_named(token.sub()).ok_or_else(|| format!("{:?} is no list of ours", token.sub()))?;
        let chain = token.jws().header().chain().map_err(|error| error.to_string())?;
        let path = validate(chain, &[self.root()?], token.iat(), Profile::Status)
            .map_err(|error| error.to_string())?;
        self.certified(path.public_key(), KeyPurpose::Status, size)?;
        let issuing = chain.get(1).ok_or("the issuing certificate is absent")?;
        let issuing = Certificate::from_der(issuing).map_err(|error| error.to_string())?;
        self.certified(issuing.public_key(), KeyPurpose::Issuing, size)?;
        token.verify(path.public_key()).map_err(|error| error.to_string())?;
        Ok(number)
    }

    fn list_named(&self, sub: &str) -> Option<u32> {
        let bases = &self.charter.authority()?.base_urls;
        let number =
            bases.iter().find_map(|base| sub.strip_prefix(base.as_str())?.strip_prefix("/status/"))?;
        let parsed: u32 = number.parse().ok()?;
        (parsed >= 1 && parsed.to_string() == number).then_some(parsed)
    }

    /// The pinned root: entry 0's certificate.
    pub(super) fn root(&self) -> Result<Certificate, String> {
        let authority = self.charter.authority().ok_or("no authority is founded")?;
        let der = (self.blob)(&authority.founded.root.certificate.sha256)
            .ok_or("the root certificate is missing")?;
        Certificate::from_der(&der).map_err(|error| error.to_string())
    }

    /// The authority's key of that purpose, in force for an entry at `index`.
    fn certified(&self, public: &PublicKey, purpose: KeyPurpose, index: u64) -> Result<(), String> {
        let held = self.charter.key(&public.id()).filter(|held| held.counts_at(index));
        let ours =
            |key: &Key| key.purpose == purpose && key.owner == Owner::Authority && key.public == *public;
        match held {
            Some(held) if ours(&held.value) => Ok(()),
            _ => Err(format!("{} is no {purpose} key of the authority in force", public.id())),
        }
    }
}
