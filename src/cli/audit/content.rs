//! `audit replay --vault`: what content rules found is judged again, with data and keys of a service that does not run.

#[cfg(feature = "server")]
mod clear;

use std::path::PathBuf;

use clap::Args;

use super::Pinned;
use crate::audit::source::Source;
use crate::audit::{AwaitedContent, Contents, Recomputed};
use crate::cli::exit::Exit;
use crate::cli::output::Output;
use crate::values::identifiers::Slug;
use crate::values::lang::Lang;

/// The vault that an auditor was given.
#[derive(Debug, Args)]
pub(super) struct Given {
    /// Judge content again too, with the vault: the data directory of a service that does not run, or a copy of it. It holds personal
    /// information.
    #[arg(long, value_name = "DIR", requires = "keys", conflicts_with = "keep")]
    vault: Option<PathBuf>,
    /// The keys that it belongs to, or a folder with nothing but their secrets/epoch-1.pem (of several, the last): no other is read.
    #[arg(long, value_name = "DIR", requires = "vault")]
    keys: Option<PathBuf>,
    /// File whose first line decrypts them.
    #[arg(long, value_name = "FILE", requires = "vault")]
    passphrase_file: Option<PathBuf>,
    /// Write what was found in the clear, one JSON object a line: where, by which rule, against which other licence, and the salt. It is
    /// personal information; the file is new, and yours alone.
    #[arg(long, value_name = "FILE", requires = "vault")]
    found: Option<PathBuf>,
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
        // Before the replay, which may take hours: what cannot be written is told at once.
        let found = self.found.as_deref().map(clear::Clear::begin).transpose()?;
        let mut recomputing = Recomputing::new(&vault);
        if found.is_some() {
            recomputing = recomputing.in_the_clear();
        }
        let mut shown = out.progress();
        let audit = replay_before(&mut recomputing, source, &pins, &mut |progress| shown.step(progress));
        drop(shown);
        let mut audit = audit?;
        let clear = recomputing.conclude(&mut audit);
        if let Some(found) = found {
            let lines = clear.iter().map(|one| Ok(serde_json::to_string(one)? + "\n"));
            let lines = lines.collect::<serde_json::Result<String>>()?;
            found.write(&lines)?;
        }
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
    let Some(again) = &contents.recomputed else {
        return lang.choose(
            format!("{found} 条内容异常，未重新核算（持有保管库者可加 --vault、--keys）"),
            format!("{found} findings, not judged again (who has the vault does so with --vault and --keys)"),
        );
    };
    let Recomputed { opened, erased, missing, judged, partly, beyond, pending, awaited } = again;
    let mut text = lang.choose(
        format!("{found} 条内容异常；与保管库核对：{opened} 件证照内容与承诺一致，{erased} 件已依法删除，{missing} 件应在而不在、读不出或不一致；重新核算 {judged} 件，其余证照不全而部分核算 {partly} 件；{pending} 条待入账"),
        format!("{found} findings; with the vault: {opened} payloads are what was committed to, {erased} erased, {missing} missing, unreadable or another; {judged} licences judged again, {partly} as far as the others could be opened; {pending} findings still to be entered"),
    );
    if *beyond > 0 {
        text.push_str(&lang.choose(
            format!("；{beyond} 件所依规则属于更新的程序，本程序无法核算"),
            format!("; {beyond} came in under rules that this program does not know"),
        ));
    }
    for AwaitedContent { at, since, rules } in awaited {
        let rules: Vec<&str> = rules.iter().map(Slug::as_str).collect();
        text.push_str(&format!("\n  #{at} {} ({since})", rules.join(lang.choose("、", ", "))));
    }
    text
}
