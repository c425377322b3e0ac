//! `audit replay --vault`: what content rules found is judged again, with data and keys of a service that does not run.

use std::path::PathBuf;

use clap::Args;

use super::Pinned;
use crate::audit::source::Source;
use crate::audit::{Contents, Recomputed};
use crate::cli::exit::Exit;
use crate::cli::output::Output;
use crate::values::lang::Lang;

/// The vault that an auditor was given.
#[derive(Debug, Args)]
pub(super) struct Given {
    /// Judge content again too, with the vault: the data directory of a service that does not run, or a copy of it. It holds personal
    /// information.
    #[arg(long, value_name = "DIR", requires = "keys", conflicts_with = "keep")]
    vault: Option<PathBuf>,
    /// The keys that it belongs to.
    #[arg(long, value_name = "DIR", requires = "vault")]
    keys: Option<PathBuf>,
    /// File whose first line decrypts them.
    #[arg(long, value_name = "FILE", requires = "vault")]
    passphrase_file: Option<PathBuf>,
}

impl Given {
    /// Whether there is one.
    pub(super) fn is_given(&self) -> bool {
        self.vault.is_some()
    }

    /// Replays a ledger, judges content again, and tells the summary.
    #[cfg(feature = "server")]
    pub(super) fn check(&self, source: &dyn Source, pinned: &Pinned, out: &Output) -> anyhow::Result<Exit> {
        use super::summarised;
        use crate::audit::{Recomputing, replay_before};
        use crate::wiring::vault::DataVault;

        let (Some(data), Some(keys)) = (&self.vault, &self.keys) else {
            return super::check(source, pinned, out);
        };
        let vault = DataVault::open(data, keys, self.passphrase_file.as_deref())?;
        let pins = pinned.read()?;
        let mut recomputing = Recomputing::new(&vault);
        let mut shown = out.progress();
        let audit = replay_before(&mut recomputing, source, &pins, &mut |progress| shown.step(progress));
        drop(shown);
        let mut audit = audit?;
        recomputing.conclude(&mut audit)?;
        pinned.remember(&audit)?;
        summarised(&audit, out)
    }

    /// This program has no store to read a vault with.
    #[cfg(not(feature = "server"))]
    pub(super) fn check(&self, _: &dyn Source, _: &Pinned, _: &Output) -> anyhow::Result<Exit> {
        Err(crate::wiring::told::Told::new(
            "这个程序是不含服务的审计版，读不了保管库：--vault 请用完整的 vidimus 程序",
            "this program is the auditor's, without the service, and cannot read a vault: use the whole vidimus program for --vault",
        )
        .into())
    }
}

/// What findings about content come to, as people read it.
pub(super) fn told_of(contents: &Contents, lang: Lang) -> String {
    let found = contents.found;
    let Some(Recomputed { opened, judged, beyond, pending }) = &contents.recomputed else {
        return lang.choose(
            format!("{found} 条内容异常，未重新核算（持有保管库者可加 --vault、--keys）"),
            format!("{found} findings, not judged again (who has the vault does so with --vault and --keys)"),
        );
    };
    lang.choose(
        format!("{found} 条内容异常；与保管库核对：{opened} 件证照内容与承诺一致，重新核算 {judged} 件，{beyond} 件因已删除或未保留无法核算，{pending} 条待入账"),
        format!("{found} findings; with the vault: {opened} payloads are what was committed to, {judged} licences judged again, {beyond} cannot be judged (erased or not kept), {pending} findings still to be entered"),
    )
}
