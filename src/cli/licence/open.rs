//! `vidimus licence open`: what a department answers to a spot check.

use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

use anyhow::{Context as _, bail, ensure};
use clap::Args;
use serde_json::{Value, json};

use super::DepartmentArgs;
use crate::cli::exit::Exit;
use crate::cli::operator::Refused;
use crate::cli::output::Output;
use crate::values::canonical::parse_strict;
use crate::values::identifiers::Handle;
use crate::wiring::told::Told;

/// What was drawn, and where what is opened goes.
#[derive(Debug, Args)]
pub(super) struct Open {
    /// The draw, as `audit sample --json` writes it.
    #[arg(value_name = "SAMPLE")]
    sample: PathBuf,
    /// A new file (mode 0600), a line for each licence. It holds personal information: give it to the inspectors alone.
    #[arg(long, value_name = "FILE")]
    into: PathBuf,
    #[command(flatten)]
    department: DepartmentArgs,
}

/// How many of the drawn licences came to what.
#[derive(Default)]
struct Count {
    opened: u64,
    refused: u64,
    of_others: u64,
}

impl Open {
    pub(super) fn run(self, out: &Output) -> anyhow::Result<Exit> {
        let drawn = self.drawn()?;
        let service = self.department.service(out.lang)?;
        let named = || self.into.display().to_string();
        // Before anything is asked; and again when it is made.
        ensure!(!self.into.exists(), "{}: is there already", named());
        let (mut lines, mut count) = (String::new(), Count::default());
        for handle in &drawn {
            let line = match service.get(&format!("/v1/licences/{handle}/opening")) {
                Ok(opening) => {
                    count.opened += 1;
                    opening
                }
                Err(error) => match error.downcast_ref::<Refused>() {
                    // Another department's: it opens it itself.
                    Some(Refused { status: 403, .. }) => {
                        count.of_others += 1;
                        continue;
                    }
                    Some(Refused { status: 404 | 410, text }) => {
                        count.refused += 1;
                        json!({"handle": handle, "refused": text})
                    }
                    _ => return Err(error),
                },
            };
            lines.push_str(&line.to_string());
            lines.push('\n');
        }
        if lines.is_empty() {
            return Err(Told::new(
                format!("没有可开示的：抽取的 {} 件中没有这个令牌可以开示的证照", drawn.len()),
                format!(
                    "nothing to open: none of the {} licences that were drawn is this token's to open",
                    drawn.len()
                ),
            )
            .into());
        }
        let file = File::options().write(true).create_new(true).mode(0o600).open(&self.into);
        file.and_then(|mut file| file.write_all(lines.as_bytes())).with_context(named)?;
        let Count { opened, refused, of_others } = count;
        out.result(&json!({"opened": opened, "refused": refused, "of_others": of_others}), |lang| {
            lang.choose(
                format!("已开示 {opened} 件，无法开示 {refused} 件，属其他部门 {of_others} 件"),
                format!("{opened} opened, {refused} cannot be opened, {of_others} are other departments'"),
            )
        })?;
        Ok(if refused > 0 { Exit::Partial } else { Exit::Good })
    }

    /// The handles of a draw.
    fn drawn(&self) -> anyhow::Result<Vec<Handle>> {
        let named = || self.sample.display().to_string();
        let document = parse_strict(&fs::read(&self.sample).with_context(named)?).with_context(named)?;
        let Some(drawn) = document.pointer("/sample/drawn").and_then(Value::as_array) else {
            bail!("{}: not a draw, as audit sample --json writes it", named());
        };
        let handle = |one: &Value| -> anyhow::Result<Handle> {
            Ok(one.get("handle").and_then(Value::as_str).unwrap_or_default().parse()?)
        };
        drawn.iter().map(handle).collect::<anyhow::Result<_>>().with_context(named)
    }
}
