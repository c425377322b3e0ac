//! What ails a draft that cannot be read: its own row, or what others need too, which is the epoch key or a frame. Who passes over a draft
//! wants to know. Told by the drafts' keys, which the epoch key unwraps or does not. Not here: reading a draft (`super`).

use std::sync::atomic::Ordering;

use super::{Vault, WRAPPED, associated, framed};
use crate::authority::store::{FrameName, Row, StoreError};
use crate::crypto::at_rest::{RestKey, Unopenable};
use crate::values::identifiers::Handle;

/// Drafts whose keys are tried before the epoch key is called wrong.
const TRIED: usize = 16;
/// Rows that are looked at for another draft of a frame, behind one that it does not read and from the first on.
const LOOKED_AT: usize = 256;

impl Vault {
    /// Whether the epoch key unwrapped anything before, or unwraps the key of any of the first drafts; `None` where there are none.
    pub fn is_keyed(&self) -> Result<Option<bool>, StoreError> {
        if self.keyed.load(Ordering::Relaxed) {
            return Ok(Some(true));
        }
        let mut tried = 0;
        let mut after: Option<Vec<u8>> = None;
        while tried < TRIED {
            let rows = self.store.scan(b"v", after.as_deref(), TRIED)?;
            let Some((last, _)) = rows.last() else { break };
            after = Some(last.clone());
            for (key, row) in &rows {
                let Some(Row::Vault(handle, 0)) = Row::of_key(key) else { continue };
                let unwraps = framed(row).is_some_and(|(name, sealed)| {
                    self.unwrapped(sealed, &associated(&handle, 0, name)).is_ok()
                });
                if unwraps {
                    return Ok(Some(true));
                }
                tried += 1;
            }
        }
        Ok((tried > 0).then_some(false))
    }

    /// Whether a draft that cannot be read is damaged by itself: cut short, or altered, while the key is good.
    pub fn is_damaged_alone(&self, handle: &Handle) -> Result<bool, StoreError> {
        let row = self.store.get(&Row::Vault(*handle, 0))?.unwrap_or_default();
        let Some((name, sealed)) = framed(&row) else { return Ok(true) };
        let associated = associated(handle, 0, name);
        match self.unwrapped(sealed, &associated) {
            Ok((key, payload)) if key.open(payload, &associated).is_err() => Ok(true),
            // What opens and cannot be read all the same lacks its frame, or is of another program; unless others are read so.
            Ok(_) => self.reads_others_of(name, handle),
            Err(Unopenable) => Ok(sealed.len() < WRAPPED || self.is_keyed()? == Some(true)),
        }
    }

    /// Whether a frame is there, and another draft was read with it or can be.
    fn reads_others_of(&self, name: &FrameName, but: &Handle) -> Result<bool, StoreError> {
        let Ok(frame) = self.frames.named(self.store.as_ref(), *name) else { return Ok(false) };
        let behind = Row::Vault(*but, 0).key();
        for after in [Some(behind.as_slice()), None] {
            if frame.is_proven() {
                break;
            }
            let rows = self.store.scan(b"v", after, LOOKED_AT)?;
            let of_it = rows.iter().filter(|(_, row)| framed(row).is_some_and(|(of, _)| of == name));
            let mut drafts = of_it.filter_map(|(key, _)| match Row::of_key(key) {
                Some(Row::Vault(handle, 0)) => Some(handle),
                _ => None,
            });
            // The first that is read proves the frame.
            let _read = drafts.any(|handle| self.draft(&handle).is_ok());
        }
        Ok(frame.is_proven())
    }

    /// The key that something at rest lies under, and what lies under it.
    pub(super) fn unwrapped<'s>(
        &self,
        sealed: &'s [u8],
        associated: &[u8],
    ) -> Result<(RestKey, &'s [u8]), Unopenable> {
        let (wrapped, payload) = sealed.split_at_checked(WRAPPED).ok_or(Unopenable)?;
        let key = self.epoch.open(wrapped, associated)?;
        self.keyed.store(true, Ordering::Relaxed);
        let key = <[u8; 32]>::try_from(key.as_slice()).map_err(|_| Unopenable)?;
        Ok((RestKey::from_bytes(key), payload))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::kept::tests::draft;
    use super::super::{Draft, Salts};
    use super::*;
    use crate::authority::store::{Store, Write};
    use crate::store::MemoryStore;
    use crate::values::time::Time;

    fn vault(store: &Arc<MemoryStore>, key: u8) -> Vault {
        let key = RestKey::from_bytes([key; 32]);
        let store: Arc<dyn Store> = Arc::<MemoryStore>::clone(store);
        Vault::new(store, Arc::new(Salts::of(&key)), key)
    }

    #[test]
    fn a_draft_is_damaged_alone_where_others_need_nothing_of_what_ails_it() {
        let store = Arc::new(MemoryStore::new());
        let (right, wrong) = (vault(&store, 1), vault(&store, 2));
        assert_eq!((right.is_keyed().unwrap(), wrong.is_keyed().unwrap()), (None, None));
        let handle = |number| Handle::new(Time::MIN, [number; 10]);
        // Of a frame that is not there: the key is good, and the draft is not to blame.
        let name = [7; 16];
        let row = |of: &Handle| right.seal(of, 0, &RestKey::from_bytes([3; 32]), &name, b"a draft").unwrap();
        let [first, second] = [1, 2].map(handle);
        store.put(vec![row(&first)]).unwrap();
        assert!(right.kept_draft(&first).is_err());
        assert_eq!((right.is_keyed().unwrap(), wrong.is_keyed().unwrap()), (Some(true), Some(false)));
        let alone = |vault: &Vault, of: &Handle| vault.is_damaged_alone(of).unwrap();
        assert_eq!((alone(&right, &first), alone(&wrong, &first)), (false, false));
        // Cut short, its payload altered, and its key.
        let whole = store.get(&Row::Vault(first, 0)).unwrap().unwrap();
        let damaged = |at: usize| {
            let mut bytes = whole.clone();
            bytes[at] ^= 1;
            bytes
        };
        let cut = whole[..20].to_vec();
        for (bytes, unwraps) in [(cut, false), (damaged(whole.len() - 1), true), (damaged(20), false)] {
            let short = bytes.len() == 20;
            store
                .put(vec![Write::set(Row::Vault(first, 0), bytes), Write::remove(Row::Vault(second, 0))])
                .unwrap();
            // While nothing shows that the key is good, it may be the key.
            let begun = vault(&store, 1);
            assert_eq!((begun.is_keyed().unwrap(), alone(&begun, &first)), (Some(unwraps), short || unwraps));
            assert!(alone(&right, &first), "it unwrapped another before");
            store.put(vec![row(&second)]).unwrap();
            assert!(alone(&vault(&store, 1), &first) && alone(&wrong, &first) == short);
        }
    }

    /// A draft that opens and is none: as if another program had written it, or this one badly.
    #[test]
    fn a_draft_that_opens_and_is_none_is_damaged_alone_where_another_of_its_frame_is_read() {
        let store = Arc::new(MemoryStore::new());
        let [good, bad] = [2, 1].map(|number| Handle::new(Time::MIN, [number; 10]));
        let said: Draft = draft(&good, &serde_json::json!({"vct": "a type", "claims": {"a": "b"}}), &[], 5);
        let kept = vault(&store, 1).keep_draft(&good, &said).unwrap();
        store.put(vec![kept]).unwrap();
        let whole = store.get(&Row::Vault(good, 0)).unwrap().unwrap();
        let (name, _) = framed(&whole).unwrap();
        let none = vault(&store, 1).seal(&bad, 0, &RestKey::from_bytes([3; 32]), name, b"no draft").unwrap();
        let text = store.get(&Row::Frame(*name)).unwrap().unwrap();
        store.put(vec![none, Write::remove(Row::Vault(good, 0))]).unwrap();
        let alone = |vault: &Vault| vault.is_damaged_alone(&bad).unwrap();
        assert!(vault(&store, 1).kept_draft(&bad).is_err());
        assert!(!alone(&vault(&store, 1)), "no other shows that the frame is good");
        store.put(vec![Write::set(Row::Vault(good, 0), whole.clone())]).unwrap();
        assert!(alone(&vault(&store, 1)));
        let remembers = vault(&store, 1);
        assert!(remembers.draft(&good).is_ok());
        store.put(vec![Write::remove(Row::Vault(good, 0))]).unwrap();
        assert!(alone(&remembers), "one was read before");
        store.put(vec![Write::remove(Row::Frame(*name))]).unwrap();
        assert!(!alone(&vault(&store, 1)));
        store.put(vec![Write::set(Row::Frame(*name), text)]).unwrap();
        assert!(!alone(&vault(&store, 1)));
    }
}
