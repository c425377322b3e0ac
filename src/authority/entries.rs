//! Entries as they lie in the store: packs of 32, in which an entry is kept as it differs from the first of its shape
//! (`packed`). They repeat one another: a third of the bytes is left, and a thirtieth of the rows.
//!
//! What is hashed, signed, exported and served is the entry as it was written, and nothing here is trusted to give that:
//! the writer re-hashes what comes back before it signs, and so do opening, scrub and audit. A pack grows with the
//! entries, in their commit, and is a matter of indexes alone: a rebuilt store has the same. Full bundles go on into the archive,
//! and are read from there.
//! Not here: what entries say (`ledger`).

mod packed;

use super::archive::{FULL, holding};
use super::store::{Row, Store, StoreError, Write};

/// Entries of a pack.
pub const PACK: u64 = 32;

/// The entry at an index, by one read; `None` if there is none.
pub fn entry(store: &dyn Store, index: u64) -> Result<Option<Vec<u8>>, StoreError> {
    let Some(row) = store.get(&Row::Entries(index / PACK))? else { return archived(store, index) };
    let records = records(&row)?;
    let place = usize::try_from(index % PACK).unwrap_or(usize::MAX);
    records.get(place).map(|one| unpacked(one, &records)).transpose()
}

/// The entries from an index on and below another, in order, as far as they are there.
pub fn entries(store: &dyn Store, from: u64, until: u64) -> Result<Vec<Vec<u8>>, StoreError> {
    let mut found = Vec::new();
    let mut index = from;
    while index < until {
        let next = until.min((index / PACK + 1) * PACK);
        let Some(row) = store.get(&Row::Entries(index / PACK))? else {
            let Some(archive) = holding(store, index / FULL)? else { break };
            let bundle = archive.bundle(store, index / FULL)?;
            let place = usize::try_from(index % FULL).unwrap_or(usize::MAX);
            let count = usize::try_from(next - index).unwrap_or(usize::MAX);
            found.extend(bundle.entries().iter().skip(place).take(count).map(|one| one.to_vec()));
            index = next;
            continue;
        };
        let records = records(&row)?;
        let place = usize::try_from(index % PACK).unwrap_or(usize::MAX);
        for one in records.iter().skip(place).take(usize::try_from(next - index).unwrap_or(usize::MAX)) {
            found.push(unpacked(one, &records)?);
            index += 1;
        }
        if index < next {
            break;
        }
    }
    Ok(found)
}

fn archived(store: &dyn Store, index: u64) -> Result<Option<Vec<u8>>, StoreError> {
    let Some(archive) = holding(store, index / FULL)? else { return Ok(None) };
    let bundle = archive.bundle(store, index / FULL)?;
    let place = usize::try_from(index % FULL).unwrap_or(usize::MAX);
    Ok(bundle.entries().get(place).map(|entry| entry.to_vec()))
}

/// The last pack, which the next entries go on filling.
#[derive(Debug, Clone, Default)]
pub struct EdgePack {
    row: Vec<u8>,
    /// Entries that lie in it whole: place, shape, bytes.
    wholes: Vec<(u8, usize, Vec<u8>)>,
    count: u64,
}

impl EdgePack {
    /// The last pack of a store that has `size` entries.
    pub fn load(store: &dyn Store, size: u64) -> Result<Self, StoreError> {
        let row = store.get(&Row::Entries(size / PACK))?.unwrap_or_default();
        let records = records(&row)?;
        let count = u64::try_from(records.len()).unwrap_or(u64::MAX);
        if count != size % PACK {
            return Err(damaged());
        }
        let whole = |(place, record): (u8, &&[u8])| {
            let entry = packed::read_whole(record)?;
            Some((place, packed::shape(&entry), entry))
        };
        let wholes = (0..).zip(&records).filter_map(whole).collect();
        Ok(Self { count, wholes, row })
    }

    /// Appends entries from the index `first` on; the rows that change.
    pub fn push(&mut self, first: u64, entries: &[&[u8]]) -> Result<Vec<Write>, StoreError> {
        let mut rows = Vec::new();
        for (index, entry) in (first..).zip(entries) {
            self.add(entry)?;
            if index % PACK == PACK - 1 {
                rows.push(Write::set(Row::Entries(index / PACK), std::mem::take(self).row));
            }
        }
        if self.count > 0 {
            let last = first + u64::try_from(entries.len()).unwrap_or(u64::MAX).saturating_sub(1);
            rows.push(Write::set(Row::Entries(last / PACK), self.row.clone()));
        }
        Ok(rows)
    }

    fn add(&mut self, entry: &[u8]) -> Result<(), StoreError> {
        let shape = packed::shape(entry);
        let known = self.wholes.iter().find(|(_, known, _)| *known == shape);
        let packed = match known {
            Some((place, _, reference)) => packed::like(*place, reference, entry),
            None => {
                let place = u8::try_from(self.count).unwrap_or(u8::MAX);
                self.wholes.push((place, shape, entry.to_vec()));
                packed::whole(entry)
            }
        };
        let packed = packed.ok_or_else(damaged)?;
        let length =
            u16::try_from(packed.len()).map_err(|_| StoreError::ValueTooLong { bytes: packed.len() })?;
        self.row.extend_from_slice(&length.to_be_bytes());
        self.row.extend_from_slice(&packed);
        self.count += 1;
        Ok(())
    }
}

/// What lies in a pack, still packed: each with its length in two bytes before it.
fn records(row: &[u8]) -> Result<Vec<&[u8]>, StoreError> {
    let (mut records, mut left) = (Vec::new(), row);
    while let Some((length, rest)) = left.split_first_chunk() {
        let (record, rest) = rest.split_at_checked(u16::from_be_bytes(*length).into()).ok_or_else(damaged)?;
        records.push(record);
        left = rest;
    }
    if left.is_empty() { Ok(records) } else { Err(damaged()) }
}

fn unpacked(record: &[u8], records: &[&[u8]]) -> Result<Vec<u8>, StoreError> {
    packed::read(record, |place| records.get(usize::from(place)).copied()).ok_or_else(damaged)
}

fn damaged() -> StoreError {
    StoreError::Unreadable("a pack of entries".into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::{Digest, base64url};
    use crate::store::MemoryStore;
    use crate::values::identifiers::Handle;
    use crate::values::time::Time;

    /// The ledger of the vectors, which holds every kind.
    fn every_kind() -> Vec<&'static [u8]> {
        let lines = include_bytes!("../../schemas/vectors/ledger/entries.jsonl");
        lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).collect()
    }

    fn kept(all: &[&[u8]], group: usize) -> MemoryStore {
        let (store, mut edge, mut size) = (MemoryStore::new(), EdgePack::default(), 0);
        for group in all.chunks(group) {
            store.put(edge.push(size, group).unwrap()).unwrap();
            size += u64::try_from(group.len()).unwrap();
        }
        store
    }

    #[test]
    fn entries_come_back_however_they_were_grouped() {
        let all: Vec<&[u8]> = every_kind().into_iter().cycle().take(150).collect();
        let whole = kept(&all, 150).scan(b"e", None, 10).unwrap();
        assert_eq!(whole.len(), 5);
        for group in [1, 31, 32, 33] {
            let store = kept(&all, group);
            assert_eq!(store.scan(b"e", None, 10).unwrap(), whole, "in groups of {group}");
            for (from, until) in [(0, 150), (0, 32), (31, 33), (32, 32), (40, 41), (149, 400), (150, 400)] {
                let there = &all[usize::try_from(from).unwrap()..usize::try_from(until.min(150)).unwrap()];
                assert_eq!(entries(&store, from, until).unwrap(), there, "from {from} until {until}");
            }
        }
        let store = kept(&all, 32);
        for (index, bytes) in (0..).zip(&all) {
            assert_eq!(entry(&store, index).unwrap().as_deref(), Some(*bytes), "{index}");
        }
        assert_eq!(entry(&store, 150), Ok(None));
        assert_eq!(entry(&store, 160), Ok(None));
    }

    #[test]
    fn a_store_is_gone_on_from_as_if_it_had_never_stopped() {
        let all = every_kind();
        let store = kept(&all, 7);
        let size = u64::try_from(all.len()).unwrap();
        let mut edge = EdgePack::load(&store, size).unwrap();
        store.put(edge.push(size, &all).unwrap()).unwrap();
        let twice: Vec<&[u8]> = all.iter().chain(&all).copied().collect();
        assert_eq!(store.scan(b"e", None, 99).unwrap(), kept(&twice, 7).scan(b"e", None, 99).unwrap());
        assert!(EdgePack::load(&store, size).is_err(), "there is more than that");
        assert!(EdgePack::load(&store, 2 * size + 1).is_err(), "there is less than that");
    }

    #[test]
    fn a_pack_that_is_missing_or_damaged_is_told() {
        let all: Vec<&[u8]> = every_kind().into_iter().cycle().take(100).collect();
        let store = kept(&all, 100);
        let row = store.get(&Row::Entries(1)).unwrap().unwrap();
        for length in [1, row.len() / 2, row.len() - 1] {
            store.put(vec![Write::set(Row::Entries(1), &row[..length])]).unwrap();
            assert_ne!(entries(&store, 0, 100).map(|found| found.len()), Ok(100), "cut at {length}");
        }
        store.put(vec![Write::remove(Row::Entries(1))]).unwrap();
        assert_eq!(entries(&store, 0, 100).unwrap().len(), 32);
        assert_eq!(entry(&store, 40), Ok(None));
    }

    #[test]
    fn entries_of_one_kind_take_a_third() {
        let all = every_kind();
        let issued = all.iter().find(|entry| entry.windows(14).any(|window| window == b"licence.issued"));
        let issued: serde_json::Value = serde_json::from_slice(issued.unwrap()).unwrap();
        // What is another's own in every entry.
        let other = |number: u8| -> String {
            let (mut entry, digest) = (issued.clone(), Digest::of(&[number]));
            let handle = Handle::new(Time::MIN, digest.0[..10].try_into().unwrap());
            entry["body"]["handle"] = handle.to_string().into();
            entry["body"]["credential_digest"] = digest.to_string().into();
            entry["body"]["commitment"] = Digest::of(&digest.0).to_string().into();
            entry["sig"] = base64url::encode(&[digest.0, digest.0].concat()).into();
            entry.to_string()
        };
        let all: Vec<String> = (0..32).map(other).collect();
        let all: Vec<&[u8]> = all.iter().map(|entry| entry.as_bytes()).collect();
        let packed: usize =
            kept(&all, 32).scan(b"e", None, 9).unwrap().iter().map(|(_, row)| row.len()).sum();
        let plain: usize = all.iter().map(|entry| entry.len()).sum();
        assert!(packed * 3 < plain, "{packed} of {plain}");
    }
}
