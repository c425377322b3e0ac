//! The keys of rows: a family's byte, then what names the row in it, so that keys of a family ascend as the values do. Every
//! key that is written is read back by one table, so that a backup knows each family or fails loudly. Not here: values.

use crate::crypto::Digest;
use crate::ledger::body::{CardNumber, CaseId, ContentNumber};
use crate::ledger::state::Stage;
use crate::merkle::TileId;
use crate::values::identifiers::{CreditCode, Handle};
use crate::values::standing::Standing;
use crate::values::time::Time;

/// The name of a frame: the first bytes of the digest of what it holds.
pub type FrameName = [u8; 16];
/// The name of a grant: the first bytes of the digest of what it holds.
pub type GrantName = [u8; 16];

/// A row's key. Families are told apart by their first byte; within one, keys ascend as the values do.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Row {
    /// A pack of entries (`entries`).
    Entries(u64),
    /// The hashes of a tile so far, 32 to 8,192 bytes.
    Tile(TileId),
    /// An entry that touches the charter, by index; no value.
    CharterEntry(u64),
    /// What is a licence's own of its state (`grants`).
    Licence(Handle),
    /// What the states of licences have in common (`grants`), by the beginning of its digest.
    Grant(GrantName),
    /// What credentials have in common (`vault`), by the beginning of its digest.
    Frame(FrameName),
    /// The state of a case (`cases`).
    Case(CaseId),
    /// The state of a card (`cards`).
    Card(CardNumber),
    /// What was found about content (`content`).
    Content(ContentNumber),
    /// A case that a department has to do with, by where it stands; no value.
    OwnCase(CreditCode, Stage, CaseId),
    /// A step of a case that waits for its officer's signature.
    Prepared(CaseId, [u8; 8]),
    /// The approvals given so far of what a case decided.
    Given(CaseId),
    /// A case, by the keyed hash of its number.
    Track([u8; 32]),
    /// What an applicant wrote about a case, and what was answered, by its number among the case's letters, from 1.
    Letter(CaseId, u32),
    /// An application for a matter (`matters`), sealed.
    Matter(Handle),
    /// An application for a matter, by the keyed hash of its number.
    MatterTrack([u8; 32]),
    /// What was applied for under an idempotency key, by its keyed hash.
    MatterOnce([u8; 32]),
    /// An application with a part that waits for a department; no value.
    MatterWaiting(CreditCode, Handle),
    /// An application that waited in the backup that it was restored from, so that nothing of it goes on unasked; no value.
    MatterResting(Handle),
    /// A payload at rest of a licence: 0 the draft, then one for each act.
    Vault(Handle, u32),
    /// The signature that seals a licence's credential.
    Seal(Handle),
    /// A licence that could not be sealed and waits for its key; no value.
    Unsealed(Handle),
    /// The places on status lists that the entries of a block set (`blocks`).
    Places(u64),
    /// What finds the licences that the entries of a block began: keyed hashes of number, reference, holders (`finders`).
    Finders(u64),
    /// Hints of a run of blocks of finders, sorted (`finders::runs`): the run, the first hint of this part.
    FinderRun(u32, u32),
    /// The licences that the entries of a block gave a department (`blocks`).
    Own(CreditCode, u64),
    /// A department's own licence whose standing is another than valid; no value.
    OwnStanding(CreditCode, Standing, Handle),
    /// What was answered under an idempotency key, by its keyed hash.
    Answered([u8; 32]),
    /// A blob.
    Blob(Digest),
    /// The checkpoint last stored.
    Checkpoint,
    /// The newest checkpoint that a quorum of witnesses cosigned.
    Cosigned,
    /// A status list token as published from a time on.
    Published(u32, Time),
    /// A pickup, by its id.
    Pickup([u8; 16]),
    /// A kept report, by the hash of its number.
    Report([u8; 32]),
    /// A ceremony that is over, by its id.
    Ceremony([u8; 8]),
    /// A need (`needs`), by its id, which begins with its time.
    Need([u8; 16]),
    /// What was recorded as a need under an idempotency key, by its keyed hash.
    NeedOnce([u8; 32]),
    /// Roots of 256 blocks of the state tree (`anchoring`), as they were at [`STATES`].
    States(u64),
    /// A single value of the engine, by name.
    Single(&'static str),
    /// What a store knows of its journal. It stands beside the rows: no scan finds it.
    Mark,
}

impl Row {
    /// The row of a key's bytes; `None` for a family or a single value that this program does not know.
    pub fn of_key(key: &[u8]) -> Option<Self> {
        if key == MARK {
            return Some(Self::Mark);
        }
        let (family, rest) = key.split_first()?;
        let number = || Some(u64::from_be_bytes(rest.try_into().ok()?));
        let handle = |bytes: &[u8]| Handle::from_bytes(bytes.try_into().ok()?).ok();
        let split = |at: usize| rest.split_at_checked(at);
        Some(match family {
            b'e' => Self::Entries(number()?),
            b't' => {
                let (level, index) = rest.split_first()?;
                Self::Tile(TileId::new(*level, u64::from_be_bytes(index.try_into().ok()?)).ok()?)
            }
            b'c' => Self::CharterEntry(number()?),
            b'l' => Self::Licence(handle(rest)?),
            b'C' => Self::Case(handle(rest)?),
            b'K' => Self::Card(number()?),
            b'F' => Self::Content(number()?),
            b'I' => {
                let (department, rest) = split(18)?;
                let (stage, of) = rest.split_first()?;
                let stage = *Stage::ALL.get(usize::from(*stage))?;
                Self::OwnCase(str::from_utf8(department).ok()?.parse().ok()?, stage, handle(of)?)
            }
            b'X' => {
                let (of, name) = split(16)?;
                Self::Prepared(handle(of)?, name.try_into().ok()?)
            }
            b'G' => Self::Given(handle(rest)?),
            b'T' => Self::Track(rest.try_into().ok()?),
            b'L' => {
                let (of, number) = split(16)?;
                Self::Letter(handle(of)?, u32::from_be_bytes(number.try_into().ok()?))
            }
            b'M' => Self::Matter(handle(rest)?),
            b'N' => Self::MatterTrack(rest.try_into().ok()?),
            b'O' => Self::MatterOnce(rest.try_into().ok()?),
            b'W' => {
                let (department, of) = split(18)?;
                Self::MatterWaiting(str::from_utf8(department).ok()?.parse().ok()?, handle(of)?)
            }
            b'R' => Self::MatterResting(handle(rest)?),
            b'q' => Self::Grant(rest.try_into().ok()?),
            b'v' => {
                let (of, place) = split(16)?;
                Self::Vault(handle(of)?, u32::from_be_bytes(place.try_into().ok()?))
            }
            b'j' => Self::Frame(rest.try_into().ok()?),
            b's' => Self::Seal(handle(rest)?),
            b'u' => Self::Unsealed(handle(rest)?),
            b'p' => Self::Places(number()?),
            b'f' => Self::Finders(number()?),
            b'S' => Self::States(number()?),
            b'H' => {
                let (run, first) = split(4)?;
                Self::FinderRun(
                    u32::from_be_bytes(run.try_into().ok()?),
                    u32::from_be_bytes(first.try_into().ok()?),
                )
            }
            b'd' => {
                let (department, block) = split(18)?;
                let department = str::from_utf8(department).ok()?.parse().ok()?;
                Self::Own(department, u64::from_be_bytes(block.try_into().ok()?))
            }
            b'g' => {
                let (department, rest) = split(18)?;
                let (standing, of) = rest.split_at_checked(rest.len().checked_sub(16)?)?;
                let standing = str::from_utf8(standing.strip_suffix(&[0])?).ok()?;
                let standing = Standing::ALL.into_iter().find(|known| known.as_str() == standing)?;
                Self::OwnStanding(str::from_utf8(department).ok()?.parse().ok()?, standing, handle(of)?)
            }
            b'a' => Self::Answered(rest.try_into().ok()?),
            b'b' => Self::Blob(Digest(rest.try_into().ok()?)),
            b'h' => rest.is_empty().then_some(Self::Checkpoint)?,
            b'x' => rest.is_empty().then_some(Self::Cosigned)?,
            b'o' => {
                let (list, from) = split(4)?;
                let from = Time::from_millis(i64::from_be_bytes(from.try_into().ok()?)).ok()?;
                Self::Published(u32::from_be_bytes(list.try_into().ok()?), from)
            }
            b'k' => Self::Pickup(rest.try_into().ok()?),
            b'r' => Self::Report(rest.try_into().ok()?),
            b'y' => Self::Ceremony(rest.try_into().ok()?),
            b'n' => Self::Need(rest.try_into().ok()?),
            b'w' => Self::NeedOnce(rest.try_into().ok()?),
            b'm' => Self::Single(SINGLES.iter().find(|name| name.as_bytes() == rest)?),
            _ => return None,
        })
    }

    /// The key's bytes: family, then big-endian numbers, so that order is kept.
    pub fn key(&self) -> Vec<u8> {
        match self {
            Self::Entries(pack) => keyed(b'e', &[&pack.to_be_bytes()]),
            Self::Tile(tile) => keyed(b't', &[&[tile.level()], &tile.index().to_be_bytes()]),
            Self::CharterEntry(index) => keyed(b'c', &[&index.to_be_bytes()]),
            Self::Licence(handle) => keyed(b'l', &[handle.as_bytes()]),
            Self::Case(case) => keyed(b'C', &[case.as_bytes()]),
            Self::Card(card) => keyed(b'K', &[&card.to_be_bytes()]),
            Self::Content(content) => keyed(b'F', &[&content.to_be_bytes()]),
            Self::OwnCase(department, stage, case) => {
                let stage = Self::stage_byte(*stage);
                keyed(b'I', &[department.as_str().as_bytes(), &[stage], case.as_bytes()])
            }
            Self::Prepared(case, name) => keyed(b'X', &[case.as_bytes(), name]),
            Self::Given(case) => keyed(b'G', &[case.as_bytes()]),
            Self::Track(hash) => keyed(b'T', &[hash]),
            Self::Letter(case, number) => keyed(b'L', &[case.as_bytes(), &number.to_be_bytes()]),
            Self::Matter(matter) => keyed(b'M', &[matter.as_bytes()]),
            Self::MatterTrack(hash) => keyed(b'N', &[hash]),
            Self::MatterOnce(hash) => keyed(b'O', &[hash]),
            Self::MatterWaiting(department, matter) => {
                keyed(b'W', &[department.as_str().as_bytes(), matter.as_bytes()])
            }
            Self::MatterResting(matter) => keyed(b'R', &[matter.as_bytes()]),
            Self::Grant(name) => keyed(b'q', &[name]),
            Self::Vault(handle, number) => keyed(b'v', &[handle.as_bytes(), &number.to_be_bytes()]),
            Self::Frame(name) => keyed(b'j', &[name]),
            Self::Seal(handle) => keyed(b's', &[handle.as_bytes()]),
            Self::Unsealed(handle) => keyed(b'u', &[handle.as_bytes()]),
            Self::Places(block) => keyed(b'p', &[&block.to_be_bytes()]),
            Self::Finders(block) => keyed(b'f', &[&block.to_be_bytes()]),
            Self::States(number) => keyed(b'S', &[&number.to_be_bytes()]),
            Self::FinderRun(run, first) => keyed(b'H', &[&run.to_be_bytes(), &first.to_be_bytes()]),
            Self::Own(department, block) => {
                keyed(b'd', &[department.as_str().as_bytes(), &block.to_be_bytes()])
            }
            Self::OwnStanding(department, standing, handle) => {
                let standing = standing.as_str().as_bytes();
                keyed(b'g', &[department.as_str().as_bytes(), standing, &[0], handle.as_bytes()])
            }
            Self::Answered(hash) => keyed(b'a', &[hash]),
            Self::Blob(name) => keyed(b'b', &[&name.0]),
            Self::Checkpoint => keyed(b'h', &[]),
            Self::Cosigned => keyed(b'x', &[]),
            Self::Published(list, from) => keyed(b'o', &[&list.to_be_bytes(), &from.millis().to_be_bytes()]),
            Self::Pickup(id) => keyed(b'k', &[id]),
            Self::Report(hash) => keyed(b'r', &[hash]),
            Self::Ceremony(id) => keyed(b'y', &[id]),
            Self::Need(id) => keyed(b'n', &[id]),
            Self::NeedOnce(hash) => keyed(b'w', &[hash]),
            Self::Single(name) => keyed(b'm', &[name.as_bytes()]),
            Self::Mark => MARK.to_vec(),
        }
    }

    /// The byte that stands for a stage in a key.
    pub fn stage_byte(stage: Stage) -> u8 {
        let place = Stage::ALL.iter().position(|known| *known == stage);
        place.and_then(|place| u8::try_from(place).ok()).unwrap_or(u8::MAX)
    }
}

/// Below every row's own key.
const MARK: &[u8] = b"\0j";
/// The names of single values.
const SINGLES: [&str; 6] = [PLACES_RESERVED, SEALED, FINDER_RUNS, ARCHIVED, CONTENT_JUDGED, STATES];
/// How many places on status lists were ever reserved.
pub const PLACES_RESERVED: &str = "places-reserved";
/// Up to which entry every licence is sealed, or waits under [`Row::Unsealed`].
pub const SEALED: &str = "sealed";
/// How many runs of blocks of finders are whole.
pub const FINDER_RUNS: &str = "finder-runs";
/// How many bundles lie in the archive.
pub const ARCHIVED: &str = "archived";
/// Up to which entry content was judged, so that a start need not judge it again.
pub const CONTENT_JUDGED: &str = "content-judged";
/// The size of which [`Row::States`] has the state tree.
pub const STATES: &str = "states";

fn keyed(family: u8, parts: &[&[u8]]) -> Vec<u8> {
    let mut key = vec![family];
    parts.iter().for_each(|part| key.extend_from_slice(part));
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_gives_its_row_back() {
        let time = Time::from_millis(1_790_000_000_000).unwrap();
        let handle = Handle::new(time, [7; 10]);
        let rows = [
            Row::Entries(41),
            Row::Tile(TileId::new(1, 2).unwrap()),
            Row::CharterEntry(3),
            Row::Licence(handle),
            Row::Case(handle),
            Row::Card(12),
            Row::Content(12),
            Row::OwnCase("11430700MB0000035Y".parse().unwrap(), Stage::Granted, handle),
            Row::Prepared(handle, [7; 8]),
            Row::Given(handle),
            Row::Track([9; 32]),
            Row::Letter(handle, 3),
            Row::Matter(handle),
            Row::MatterTrack([9; 32]),
            Row::MatterOnce([9; 32]),
            Row::MatterWaiting("11430700MB0000035Y".parse().unwrap(), handle),
            Row::MatterResting(handle),
            Row::Grant([8; 16]),
            Row::Vault(handle, 5),
            Row::Frame([6; 16]),
            Row::Seal(handle),
            Row::Unsealed(handle),
            Row::Places(9),
            Row::Finders(9),
            Row::FinderRun(2, 77),
            Row::States(3),
            Row::Own("11430700MB0000035Y".parse().unwrap(), 7),
            Row::OwnStanding("11430700MB0000035Y".parse().unwrap(), Standing::Suspended, handle),
            Row::Answered([2; 32]),
            Row::Blob(Digest([3; 32])),
            Row::Checkpoint,
            Row::Cosigned,
            Row::Published(1, time),
            Row::Pickup([4; 16]),
            Row::Report([5; 32]),
            Row::Ceremony([9; 8]),
            Row::Need([10; 16]),
            Row::NeedOnce([11; 32]),
            Row::Single(PLACES_RESERVED),
            Row::Single(ARCHIVED),
            Row::Mark,
        ];
        for row in rows {
            let key = row.key();
            assert_eq!(Row::of_key(&key), Some(row.clone()));
            let longer = [key.as_slice(), b"x"].concat();
            assert_eq!(Row::of_key(&longer), None, "{row:?} with a byte more");
        }
        assert_eq!(Row::of_key(b""), None);
        assert_eq!(Row::of_key(b"zebra"), None);
        assert_eq!(Row::of_key(b"mclock"), None);
    }
}
