//! What the tests of the catalogue read: the built-in files, as they are or with one of them edited.

use super::BuiltIn;

/// A built-in file.
pub(super) fn file_of(folder: &str, name: &str) -> Option<Vec<u8>> {
    BuiltIn::get(&format!("{folder}/{name}")).map(|file| file.data.into_owned())
}

/// A built-in folder with the first `from` of one file replaced by `to`.
pub(super) fn edited(
    folder: &str,
    file: &str,
    from: &str,
    to: &str,
) -> impl Fn(&str) -> Option<Vec<u8>> + use<> {
    let text = String::from_utf8(file_of(folder, file).unwrap()).unwrap();
    assert!(text.contains(from), "{file} has no {from}");
    let (folder, file, text) = (folder.to_owned(), file.to_owned(), text.replacen(from, to, 1));
    move |name| if name == file { Some(text.clone().into_bytes()) } else { file_of(&folder, name) }
}

/// Every built-in file, by its path.
pub(super) fn built_in_files() -> Vec<(String, Vec<u8>)> {
    BuiltIn::iter().map(|path| (path.to_string(), BuiltIn::get(&path).unwrap().data.into_owned())).collect()
}

/// All built-in files, with the first `from` of one replaced by `to`.
pub(super) fn with_edited(file: &str, from: &str, to: &str) -> Vec<(String, Vec<u8>)> {
    let mut files = built_in_files();
    let (_, bytes) = files.iter_mut().find(|(path, _)| path == file).unwrap();
    let text = std::str::from_utf8(bytes).unwrap();
    assert!(text.contains(from), "{file} has no {from}");
    *bytes = text.replacen(from, to, 1).into_bytes();
    files
}
