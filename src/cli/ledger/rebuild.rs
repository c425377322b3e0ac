//! `vidimus ledger rebuild JOURNAL --data NEW`: the data directory of a server made again after its loss.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use crate::authority::keyring::Keyring;
use crate::cli::audit::vkeys;
use crate::cli::exit::Exit;
use crate::cli::output::Output;
use crate::keyring::{FileKeyring, Passphrase};
use crate::wiring::rebuilding::{Lost, rebuild_data};
use crate::wiring::restore::DoesNotHold;

/// Make the data directory of a server again from its journal, into an empty --data.
#[derive(Debug, Args)]
pub(super) struct Rebuild {
    /// The directory that the service had as --journal, or one file of it, also one that was set aside.
    journal: PathBuf,
    /// Where archived files lie that are not in the journal's own directory: an export or a mirror will do.
    #[arg(long, value_name = "DIR")]
    archive: Option<PathBuf>,
    /// The keys that the data belongs to: the journal must reach as far as last-signed.
    #[arg(long, value_name = "DIR", env = "VIDIMUS_KEYS")]
    keys: Option<PathBuf>,
    /// File whose first line decrypts the private keys.
    #[arg(long, env = "VIDIMUS_PASSPHRASE_FILE", value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// Verifier keys of the checkpoint, one a line, that the ledger must name.
    #[arg(long, value_name = "FILE")]
    vkey: Option<PathBuf>,
}

impl Rebuild {
    pub(super) fn run(self, data: &Path, out: &Output) -> anyhow::Result<Exit> {
        let passphrase = self.passphrase_file.as_deref().map(Passphrase::read).transpose()?;
        let keyring = self.keys.as_deref().map(|keys| FileKeyring::open(keys, passphrase)).transpose()?;
        let lost = Lost {
            journal: &self.journal,
            archive: self.archive.as_deref(),
            keyring: keyring.as_ref().map(|keyring| -> &dyn Keyring { keyring }),
            vkeys: self.vkey.as_deref().map(vkeys).transpose()?.unwrap_or_default(),
        };
        let read = {
            let mut shown = out.progress();
            rebuild_data(&lost, data, &mut |step| shown.step(step))
        };
        let read = match read {
            Ok(read) => read,
            Err(error) => {
                let Some(DoesNotHold(why)) = error.downcast_ref() else { return Err(error) };
                out.error(&why.clone().into());
                return Ok(Exit::DoesNotHold);
            }
        };
        let (named, size, beyond) = (data.display().to_string(), read.head.size, read.beyond);
        let result = json!({ "directory": named, "size": size, "records": read.records, "beyond": beyond });
        out.result(&result, |lang| {
            let made = lang.choose(
                format!("{named} 已由日志重建，共 {size} 条记录，账本成立；请以 --data {named} 启动"),
                format!("{named} is made again from the journal: {size} entries, and the ledger holds; start with --data {named}"),
            );
            let rest = lang.choose(
                format!("\n日志末尾有 {beyond} 字节读不出：崩溃时写了一半的，或损坏的"),
                format!("\nthe last {beyond} bytes of the journal cannot be read: what a crash left half written, or damage"),
            );
            if beyond == 0 { made } else { made + &rest }
        })?;
        Ok(Exit::Good)
    }
}
