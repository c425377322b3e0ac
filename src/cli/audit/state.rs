//! `vidimus audit state`: what a ledger added up to at a time, after all of it was checked.

use std::fmt::Display;

use clap::Args;

use super::{Pinned, replayed_before, summarised};
use crate::audit::state::{At, State};
use crate::cli::exit::Exit;
use crate::cli::output::Output;
use crate::values::identifiers::Handle;
use crate::values::lang::Lang;
use crate::values::time::Time;
use crate::verification::Notice;
use crate::wiring::calling;

/// For when, and about what.
#[derive(Debug, Args)]
pub(super) struct AskState {
    /// A server's address, or the directory of an export.
    #[arg(long, value_name = "URL|DIR")]
    from: String,
    /// The time (YYYY-MM-DDTHH:MM:SS.mmmZ).
    #[arg(long, value_name = "T")]
    at: Time,
    /// A licence, whose standing then is told.
    #[arg(long, value_name = "HANDLE")]
    licence: Option<Handle>,
    #[command(flatten)]
    pinned: Pinned,
}

impl AskState {
    pub(super) fn run(self, out: &Output) -> anyhow::Result<Exit> {
        let source = calling::source(&self.from)?;
        let mut eye = At::new(self.at, self.licence);
        let audit = replayed_before(&mut eye, source.as_ref(), &self.pinned, out)?;
        if !audit.summary.holds {
            return summarised(&audit, out);
        }
        self.pinned.remember(&audit)?;
        let state = eye.taken(&audit.state);
        out.result(&state, |lang| told(&state, lang))?;
        let missing = self.licence.is_some() && state.licence.is_none();
        Ok(if missing { Exit::NotFound } else { Exit::Good })
    }
}

/// The state as people read it.
fn told(state: &State, lang: Lang) -> String {
    let counted =
        |counts: &mut dyn Iterator<Item = String>| counts.collect::<Vec<_>>().join(lang.choose("，", ", "));
    let of = |name: &dyn Display, count: &dyn Display| format!("{name} {count}");
    let last = state.last_entry.map(|time| time.to_string()).unwrap_or_default();
    let mut rows = vec![
        (lang.choose("账本", "ledger"), state.origin.clone()),
        (lang.choose("时刻", "at"), state.at.to_string()),
        (lang.choose("记录数", "entries"), state.size.to_string()),
        (lang.choose("根哈希", "root"), state.root.clone()),
        (lang.choose("最后一条记录", "last entry"), last),
        (lang.choose("部门", "departments"), state.departments.len().to_string()),
        (lang.choose("密钥", "keys"), state.keys.len().to_string()),
        (
            lang.choose("类型", "types"),
            counted(&mut state.types.iter().map(|(name, version)| of(name, version))),
        ),
        (lang.choose("权力", "powers"), state.powers.len().to_string()),
        (lang.choose("在任人员", "officers"), state.officers.len().to_string()),
        (
            lang.choose("证照", "licences"),
            counted(&mut state.licences.iter().map(|(name, count)| of(name, count))),
        ),
        (lang.choose("已过有效期", "past their last day"), state.expired.to_string()),
        (lang.choose("办件", "cases"), counted(&mut state.cases.iter().map(|(name, count)| of(name, count)))),
    ];
    for list in &state.statuses {
        rows.push((lang.choose("状态列表", "status list"), list.to_string()));
    }
    if let Some(licence) = &state.licence {
        rows.push((lang.choose("该证照", "that licence"), licence.standing.to_owned()));
        if licence.expired {
            rows.push((lang.choose("有效期", "its last day"), lang.choose("已过", "is over").to_owned()));
        }
        if licence.void {
            rows.push((
                lang.choose("注意", "notice"),
                lang.choose(
                    "该证照曾被撤销，自始无效",
                    "that licence was rescinded at some time: it is void from the beginning",
                )
                .to_owned(),
            ));
        }
    }
    if state.notice.is_some() {
        let text = Notice::RegistrarsOnServer.text(lang);
        rows.push((lang.choose("注意", "notice"), text.to_owned()));
    }
    if !state.complete {
        rows.push((
            lang.choose("注意", "notice"),
            lang.choose(
                "账本尚无此后的记录，该时刻之前仍可能有新记录",
                "no later entry is known: what is entered next may still count before that time",
            )
            .to_owned(),
        ));
    }
    let colon = lang.choose("：", ": ");
    rows.into_iter().map(|(name, value)| format!("{name}{colon}{value}\n")).collect()
}
