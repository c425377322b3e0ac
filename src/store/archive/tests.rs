//! Files in a directory: their names, what is left as it is, what is replaced, and what cannot be written.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use super::*;
use crate::authority::archive::{Files, pack};
use crate::merkle::{TileId, TilePath, Width};

const BUNDLE: TilePath = TilePath::Entries(1_234, Width::FULL);

fn tile() -> TilePath {
    TilePath::Hashes(TileId::new(0, 1_234).unwrap(), Width::FULL)
}

/// Every file below, by its path.
fn listed(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(listed(&path));
        } else {
            found.push(path.to_str().unwrap().to_owned());
        }
    }
    found.sort();
    found
}

#[test]
fn files_lie_as_tlog_tiles_names_them() {
    let kept = tempfile::tempdir().unwrap();
    let place = kept.path().join("data/archive");
    let folder = Folder::new(&place);
    assert_eq!((folder.read(&BUNDLE), folder.has(&BUNDLE)), (Ok(None), false));
    assert!(!place.exists(), "looking makes nothing");
    folder.keep(&BUNDLE, b"a bundle").unwrap();
    folder.keep(&tile(), b"a tile").unwrap();
    let names = ["tile/0/x001/234", "tile/entries/x001/234.gz"].map(|name| place.join(name));
    assert_eq!(listed(kept.path()), names.each_ref().map(|name| name.to_str().unwrap().to_owned()));
    assert_eq!(folder.name(&BUNDLE), names[1].to_str().unwrap());
    assert_eq!((folder.read(&BUNDLE), folder.has(&BUNDLE)), (Ok(Some(b"a bundle".to_vec())), true));
    assert_eq!(fs::read(&names[0]).unwrap(), b"a tile");
    assert_eq!(fs::metadata(&names[0]).unwrap().mode() & 0o777, 0o600);
}

#[test]
fn a_file_is_left_as_it_is_or_replaced_whole() {
    let kept = tempfile::tempdir().unwrap();
    let folder = Folder::new(kept.path());
    folder.keep(&tile(), b"first").unwrap();
    let file = kept.path().join("tile/0/x001/234");
    let node = || fs::metadata(&file).unwrap().ino();
    let before = node();
    folder.keep(&tile(), b"first").unwrap();
    assert_eq!(node(), before);
    // What a kill left half written is nobody's, and in nobody's way.
    fs::write(kept.path().join("tile/0/x001/234.new"), b"half of a longer").unwrap();
    folder.keep(&tile(), b"second").unwrap();
    assert_ne!(node(), before);
    assert_eq!(listed(kept.path()), [file.to_str().unwrap()]);
    assert_eq!(folder.read(&tile()), Ok(Some(b"second".to_vec())));
}

/// A bundle from an export or a mirror is unpacked, and lies under the same name.
#[test]
fn an_unpacked_bundle_does_as_well() {
    let kept = tempfile::tempdir().unwrap();
    let folder = Folder::new(kept.path());
    fs::create_dir_all(kept.path().join("tile/entries/x001")).unwrap();
    fs::write(kept.path().join("tile/entries/x001/234"), b"entries").unwrap();
    assert!(folder.has(&BUNDLE));
    assert_eq!(folder.read(&BUNDLE), Ok(None));
    assert_eq!(folder.read_unpacked(&BUNDLE), Ok(Some(pack(b"entries").unwrap())));
    folder.keep(&BUNDLE, b"packed").unwrap();
    assert_eq!(folder.read(&BUNDLE), Ok(Some(b"packed".to_vec())));
}

/// A directory that is there already may not be durable: whoever made it was killed before it was.
#[test]
fn every_directory_is_made_durable() {
    let kept = tempfile::tempdir().unwrap();
    let place = kept.path().join("archive");
    fs::create_dir_all(place.join("tile/entries/x001")).unwrap();
    let folder = Folder::new(&place);
    folder.keep(&BUNDLE, b"a bundle").unwrap();
    let durable: Vec<_> = folder.known_durable().iter().cloned().collect();
    assert_eq!(durable, ["", "tile", "tile/entries", "tile/entries/x001"].map(|name| place.join(name)));
    // One that was taken away is made again.
    fs::remove_dir_all(place.join("tile")).unwrap();
    folder.keep(&BUNDLE, b"a bundle").unwrap();
    assert_eq!(folder.read(&BUNDLE), Ok(Some(b"a bundle".to_vec())));
}

#[test]
fn a_file_without_end_is_not_read() {
    let kept = tempfile::tempdir().unwrap();
    let folder = Folder::new(kept.path());
    folder.keep(&BUNDLE, b"a bundle").unwrap();
    let file = fs::File::options().write(true).open(kept.path().join("tile/entries/x001/234.gz")).unwrap();
    file.set_len(1 << 40).unwrap();
    let fault = folder.read(&BUNDLE).unwrap_err();
    assert!(fault.why.contains("longer") && !fault.passing, "{fault}");
    // And is replaced like any other that is not what it must be.
    folder.keep(&BUNDLE, b"a bundle").unwrap();
    assert_eq!(folder.read(&BUNDLE), Ok(Some(b"a bundle".to_vec())));
}

#[test]
fn a_directory_in_the_place_of_a_file_is_said_to_be_one() {
    let kept = tempfile::tempdir().unwrap();
    let folder = Folder::new(kept.path());
    let place = kept.path().join("tile/entries/x001/234.gz");
    fs::create_dir_all(&place).unwrap();
    let fault = folder.keep(&BUNDLE, b"a bundle").unwrap_err();
    assert!(
        fault.file.ends_with("234.gz") && fault.why.contains("a directory in the file's place"),
        "{fault}"
    );
    assert_eq!(listed(kept.path()), Vec::<String>::new(), "nothing is left beside it");
    fs::remove_dir(&place).unwrap();
    folder.keep(&BUNDLE, b"a bundle").unwrap();
}

#[test]
fn what_cannot_be_written_or_read_is_named() {
    let kept = tempfile::tempdir().unwrap();
    let folder = Folder::new(kept.path());
    fs::write(kept.path().join("tile"), b"a file where a directory should be").unwrap();
    for fault in [folder.keep(&tile(), b"x").unwrap_err(), folder.read(&tile()).unwrap_err()] {
        assert!(fault.file.ends_with("tile/0/x001/234") && !fault.why.is_empty(), "{fault}");
    }
}
