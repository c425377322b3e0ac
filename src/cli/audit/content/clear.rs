//! The file of what was found in the clear: its owner's alone, and whole under its name. It is written beside its place and moved there at the
//! end, so that a run that was ended leaves nothing that the next one would take for it.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::wiring::told::Told;

/// Such a file, until it is written; dropped before, it leaves nothing.
pub(super) struct Clear<'a> {
    path: &'a Path,
    part: PathBuf,
    file: File,
}

impl<'a> Clear<'a> {
    /// Makes sure that there is room for it, and nothing in its place.
    pub(super) fn begin(path: &'a Path) -> anyhow::Result<Self> {
        let part = PathBuf::from(format!("{}.part", path.display()));
        let made = || {
            if path.symlink_metadata().is_ok() {
                return Err(io::ErrorKind::AlreadyExists.into());
            }
            // What a run that was ended has left is nobody's.
            match fs::remove_file(&part) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            File::options().write(true).create_new(true).mode(0o600).open(&part)
        };
        match made() {
            Ok(file) => Ok(Self { path, part, file }),
            Err(error) => {
                let path = path.display();
                Err(Told::new(
                    format!("--found {path}：无法新建（{error}）；请给出一个可写且尚不存在的文件"),
                    format!("--found {path}: cannot be made ({error}); give a file that is not there yet, where you may write"),
                )
                .into())
            }
        }
    }

    /// Writes it, and gives it its name.
    pub(super) fn write(mut self, text: &str) -> anyhow::Result<()> {
        let mut write = || {
            self.file.write_all(text.as_bytes())?;
            self.file.sync_all()?;
            fs::rename(&self.part, self.path)
        };
        write().with_context(|| self.path.display().to_string())
    }
}

impl Drop for Clear<'_> {
    fn drop(&mut self) {
        // Once it has its name there is nothing to remove.
        let _gone = fs::remove_file(&self.part);
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_run_that_was_ended_leaves_nothing_in_the_way_of_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("found.jsonl");
        let names = || {
            let all = fs::read_dir(folder.path()).unwrap();
            all.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect::<Vec<_>>()
        };
        // As a kill leaves it, in the middle of writing.
        std::mem::forget(Clear::begin(&path).unwrap());
        assert_eq!(names(), ["found.jsonl.part"]);
        drop(Clear::begin(&path).unwrap());
        assert_eq!(names(), [""; 0]);
        Clear::begin(&path).unwrap().write("found\n").unwrap();
        assert_eq!(names(), ["found.jsonl"]);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(Clear::begin(&path).is_err(), "nothing is overwritten");
        assert_eq!(
            (names(), fs::read_to_string(&path).unwrap()),
            (vec!["found.jsonl".to_owned()], "found\n".to_owned())
        );
    }
}
