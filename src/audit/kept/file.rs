//! The file: a line with its format, a line that says of what it is, items each behind its length, and a SHA-256 over all of it.
//! Written beside and renamed when durable, readable by its owner alone; a reader believes nothing before the digest is right.

use std::fs::{self, File, Permissions};
use std::io::{self, BufRead as _, BufReader, BufWriter, ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::why::Why;
use crate::crypto::Digest;
use crate::crypto::digest::Digesting;
use crate::law;
use crate::ledger::state::{Give, Take};
use crate::note::VerifierKey;

/// What the file calls itself. The number changes with what is in it.
const FORMAT: &str = "vidimus-kept/2";
/// Before the number.
const NAME: &str = "vidimus-kept/";
/// Longest of both lines.
const LINE: u64 = 64 * 1024;
/// Bytes on their way to or from the disk.
const AT_ONCE: usize = 256 * 1024;

/// Of what the file is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Title {
    program: String,
    law: Digest,
    /// The ledger.
    pub(super) origin: String,
    keys: Vec<String>,
    /// Entries judged.
    pub(super) size: u64,
    /// The root over them, in padded base64.
    pub(super) root: String,
    /// Whether a checkpoint that the ledger signed is proved to continue them.
    pub(super) signed: bool,
}

impl Title {
    /// Of what this program keeps now, under these pinned keys.
    pub(super) fn new(
        origin: String,
        keys: &[VerifierKey],
        (size, root): (u64, String),
        signed: bool,
    ) -> Self {
        let mut keys: Vec<String> = keys.iter().map(VerifierKey::to_string).collect();
        keys.sort();
        let (program, law) = (env!("CARGO_PKG_VERSION").to_owned(), Digest::of(law::TEXT));
        Self { program, law, origin, keys, size, root, signed }
    }

    /// Whether this program under these keys may go on from it.
    fn fits(&self, keys: &[VerifierKey]) -> Result<(), Why> {
        let ours = Self::new(self.origin.clone(), keys, (self.size, self.root.clone()), self.signed);
        if (&ours.program, ours.law) != (&self.program, self.law) {
            return Err(Why::Program(self.program.clone()));
        }
        if ours.keys == self.keys { Ok(()) } else { Err(Why::Keys) }
    }
}

/// A file on its way.
pub(super) struct Writing {
    path: PathBuf,
    beside: PathBuf,
    file: BufWriter<File>,
    digest: Digesting,
    item: Vec<u8>,
}

impl Writing {
    /// Begins a file that will take the place of the one at `path`.
    pub(super) fn begin(path: &Path, title: &Title) -> io::Result<Self> {
        let mut beside = path.as_os_str().to_owned();
        beside.push(".new");
        let beside = PathBuf::from(beside);
        let file = File::options().write(true).create(true).truncate(false).mode(0o600).open(&beside)?;
        // Another audit that keeps the same file at this moment.
        file.try_lock()?;
        file.set_len(0)?;
        file.set_permissions(Permissions::from_mode(0o600))?;
        let file = BufWriter::with_capacity(AT_ONCE, file);
        let mut writing =
            Self { path: path.to_owned(), beside, file, digest: Digesting::new(), item: vec![] };
        let title = serde_json::to_string(title)?;
        writing.write(format!("{FORMAT}\n{title}\n").as_bytes())?;
        Ok(writing)
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.digest.update(bytes);
        self.file.write_all(bytes)
    }

    /// Ends it and puts it in its place.
    pub(super) fn end(mut self) -> io::Result<()> {
        let digest = self.digest.finish();
        self.file.write_all(&digest.0)?;
        self.file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        fs::rename(&self.beside, &self.path)?;
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
    }
}

impl Take for Writing {
    type Error = io::Error;

    fn take<T: Serialize + ?Sized>(&mut self, item: &T) -> io::Result<()> {
        let mut bytes = std::mem::take(&mut self.item);
        bytes.clear();
        bytes = postcard::to_extend(item, bytes).map_err(io::Error::other)?;
        let length = u32::try_from(bytes.len()).map_err(io::Error::other)?;
        self.write(&length.to_be_bytes())?;
        self.write(&bytes)?;
        self.item = bytes;
        Ok(())
    }
}

/// A file that is being read.
pub(super) struct Reading {
    file: BufReader<File>,
    digest: Digesting,
    item: Vec<u8>,
}

impl Reading {
    /// Opens the file, if there is one that this program may go on from, and reads of what it is.
    pub(super) fn begin(path: &Path, keys: &[VerifierKey]) -> io::Result<Option<Result<(Title, Self), Why>>> {
        let file = match File::open(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            opened => opened?,
        };
        if file.metadata()?.permissions().mode() & 0o022 != 0 {
            return Ok(Some(Err(Why::Exposed)));
        }
        let mut reading =
            Self { file: BufReader::with_capacity(AT_ONCE, file), digest: Digesting::new(), item: vec![] };
        Ok(Some(reading.title(keys).map(|title| (title, reading))))
    }

    fn title(&mut self, keys: &[VerifierKey]) -> Result<Title, Why> {
        if self.file.fill_buf().map_err(damaged)?.is_empty() {
            return Err(damaged("it is empty"));
        }
        let format = self.line().map_err(|_| Why::Foreign)?;
        if format != FORMAT {
            return Err(if format.starts_with(NAME) { Why::Format(format) } else { Why::Foreign });
        }
        let title: Title = serde_json::from_str(&self.line()?).map_err(damaged)?;
        title.fits(keys)?;
        Ok(title)
    }

    fn line(&mut self) -> Result<String, Why> {
        let mut line = Vec::new();
        (&mut self.file).take(LINE).read_until(b'\n', &mut line).map_err(damaged)?;
        self.digest.update(&line);
        if line.pop() != Some(b'\n') {
            return Err(damaged("a line does not end"));
        }
        String::from_utf8(line).map_err(damaged)
    }

    fn fill(&mut self, length: u64) -> Result<(), Why> {
        self.item.clear();
        let read = (&mut self.file).take(length).read_to_end(&mut self.item).map_err(damaged)?;
        if u64::try_from(read).is_ok_and(|read| read == length) {
            Ok(())
        } else {
            Err(damaged("it ends early"))
        }
    }

    /// Whether all of it was read and is what was written.
    pub(super) fn end(mut self) -> Result<(), Why> {
        self.fill(32)?;
        let said = self.item.as_slice() == self.digest.finish().0;
        let over = self.file.fill_buf().map_err(damaged)?.is_empty();
        if said && over { Ok(()) } else { Err(damaged("its bytes are not those that were written")) }
    }
}

impl Give for Reading {
    type Error = Why;

    fn give<T: DeserializeOwned>(&mut self) -> Result<T, Why> {
        self.fill(4)?;
        self.digest.update(&self.item);
        let length = self.item.iter().fold(0, |length, byte| length << 8 | u64::from(*byte));
        self.fill(length)?;
        self.digest.update(&self.item);
        postcard::from_bytes(&self.item).map_err(damaged)
    }
}

#[expect(clippy::needless_pass_by_value, reason = "errors are mapped by its name")]
pub(super) fn damaged(what: impl ToString) -> Why {
    Why::Damaged(what.to_string())
}
