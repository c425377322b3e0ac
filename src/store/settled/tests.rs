//! Files as they lie, and what is found in them.

use std::ops::Bound;

use tempfile::TempDir;

use super::form::{END, Index, lay_out, read_end, rows_of, value_in};
use super::*;
use crate::authority::store::KeyValue;

fn rows(count: u32, from: u32, length: usize) -> Vec<KeyValue> {
    let key = |place: u32| [b"v", (from + 2 * place).to_be_bytes().as_slice()].concat();
    (0..count).map(|place| (key(place), vec![place.to_be_bytes()[3]; length])).collect()
}

fn files(kept: &TempDir, of: &[Vec<KeyValue>]) -> SettledFiles {
    let folder = SettledFolder::new(kept.path().join(SETTLED));
    let mut files = SettledFiles::default();
    for (number, rows) in (0..).zip(of) {
        files.add(folder.keep(number, rows).unwrap().into());
    }
    files
}

#[test]
fn rows_are_read_as_they_were_laid_out() {
    for (count, length) in [(1, 0), (1, 1 << 20), (3, 9_000), (500, 64), (2_000, 380)] {
        let rows = rows(count, 7, length);
        let laid = lay_out(&rows).unwrap();
        let (index, end) = laid.bytes[laid.index_at..].split_at(laid.bytes.len() - laid.index_at - END);
        let (index_at, counted) = read_end(end).unwrap();
        assert_eq!((usize::try_from(index_at).unwrap(), counted), (laid.index_at, count));
        let index = Index::read(index, index_at).unwrap();
        let mut read = Vec::new();
        for place in 0..index.len() {
            let (begin, end, _) = index.block(place).unwrap();
            let block = &laid.bytes[usize::try_from(begin).unwrap()..usize::try_from(end).unwrap()];
            assert!(block.len() < 8_192 + length + 10, "blocks are small");
            let of_block = rows_of(block).unwrap();
            assert!(of_block.iter().all(|(key, value)| value_in(block, key) == Some(Some(value.clone()))));
            assert_eq!(value_in(block, b"v"), Some(None));
            assert!((1..block.len().min(400)).all(|cut| {
                rows_of(&block[..block.len() - cut]).is_none_or(|fewer| fewer.len() < of_block.len())
            }));
            read.extend(of_block);
        }
        assert_eq!(read, rows);
    }
    assert!(lay_out(&[]).is_none(), "a file has rows");
    assert!(lay_out(&[(vec![1; 256], vec![])]).is_none());
}

#[test]
fn an_index_with_a_byte_more_or_less_is_none() {
    let laid = lay_out(&rows(300, 0, 64)).unwrap();
    let index = &laid.bytes[laid.index_at..laid.bytes.len() - END];
    let index_at = u32::try_from(laid.index_at).unwrap();
    assert!(Index::read(index, index_at).is_some());
    assert!((0..index.len()).all(|length| Index::read(&index[..length], index_at).is_none()));
    assert!(Index::read(&[index, b"x"].concat(), index_at).is_none());
    assert!(Index::read(index, index_at + 1).is_none() && Index::read(index, index_at - 1).is_none());
}

#[test]
fn each_key_has_its_file() {
    let kept = TempDir::new().unwrap();
    let of = [rows(900, 1_000, 64), rows(900, 4_000, 64), rows(5, 9_000, 64)];
    let files = files(&kept, &of);
    let all: Vec<_> = of.concat();
    for number in 0..10_000_u32 {
        let key = [b"v", number.to_be_bytes().as_slice()].concat();
        let at = all.partition_point(|(found, _)| *found < key);
        let itself = all.get(at).filter(|(found, _)| *found == key);
        if number % 37 == 0 || itself.is_some() {
            assert_eq!(files.get(&key).unwrap().as_ref(), itself.map(|(_, value)| value));
        }
        if number % 97 == 0 {
            let before = at.checked_sub(1).and_then(|before| all.get(before));
            assert_eq!(files.last(b"", &key, false).unwrap().as_ref(), before);
            assert_eq!(files.last(b"", &key, true).unwrap().as_ref(), itself.or(before));
            let from = Rows::from(&files, Bound::Included(key.clone()), b"v").map(Result::unwrap).take(3);
            assert!(from.eq(all[at..].iter().take(3).cloned()));
            let after = at + usize::from(itself.is_some());
            let from = Rows::from(&files, Bound::Excluded(key), b"").map(Result::unwrap);
            assert!(from.eq(all[after..].iter().cloned()));
        }
    }
}

#[test]
fn between_files_the_one_before_minds() {
    let kept = TempDir::new().unwrap();
    let files = files(&kept, &[rows(3, 1_000, 4), rows(3, 4_000, 4)]);
    let minding = |family: u8, number: u32| {
        let key = [&[family][..], &number.to_be_bytes()].concat();
        files.minding(family, &key).map(|(file, until)| (file.number(), until.map(<[u8]>::to_vec)))
    };
    let second = Some([b"v".as_slice(), &4_000_u32.to_be_bytes()].concat());
    assert_eq!(minding(b'v', 5), Some((0, second.clone())), "before all of them");
    assert_eq!(minding(b'v', 1_000), Some((0, second.clone())));
    assert_eq!(minding(b'v', 3_999), Some((0, second)));
    assert_eq!(minding(b'v', 4_002), Some((1, None)));
    assert_eq!(minding(b'v', 4_005), None, "behind all of them");
    assert_eq!(minding(b'u', 5), None);
    assert_eq!(minding(b'w', 5), None);
}

#[test]
fn a_replaced_file_goes_when_nobody_reads_it() {
    let kept = TempDir::new().unwrap();
    let folder = SettledFolder::new(kept.path().join(SETTLED));
    let file = folder.keep(3, &rows(9, 0, 9)).unwrap();
    let path = kept.path().join(SETTLED).join("0000000000000003");
    file.replace();
    assert!(path.exists() && file.get(b"v\0\0\0\0").unwrap().is_some());
    drop(file);
    assert!(!path.exists());
}
