//! `vidimus backup`: a whole copy of ledger and vault, from the running service or from the data directory.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;
use serde_json::json;

use super::exit::Exit;
use super::output::Output;
use crate::audit::source::Source;
use crate::values::time::Clock as _;
use crate::wiring::clock::SystemClock;
use crate::wiring::data_source::DataSource;
use crate::wiring::told::Told;
use crate::wiring::{backup, calling};

/// A whole copy of ledger and vault, without keys.
#[derive(Debug, Args)]
pub(super) struct Backup {
    /// Directory to make; absent or empty.
    dir: PathBuf,
    /// The running service [default: http://127.0.0.1:8080, where --data is not given]
    #[arg(long, value_name = "URL", conflicts_with = "data")]
    from: Option<String>,
    /// The operator's token, for a running service.
    #[arg(long, value_name = "FILE", default_value = "./keys/dev/tokens/operator.token")]
    token: PathBuf,
    /// The data directory of a service that is not running.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

impl Backup {
    pub(super) fn run(self, out: &Output) -> anyhow::Result<Exit> {
        let (source, rows): (Box<dyn Source>, Box<Pour>) = match &self.data {
            Some(data) => {
                let store = DataSource::open(data)?;
                let rows = store.rows();
                (Box::new(store), Box::new(move |size, to: &mut dyn Write| rows.pour(size, to)))
            }
            None => {
                let url = self.from.clone().unwrap_or_else(|| "http://127.0.0.1:8080".to_owned());
                let token = token(&self.token)?;
                let address = url.trim_end_matches('/').to_owned();
                (
                    Box::new(calling::server(&url)?),
                    Box::new(move |size, to: &mut dyn Write| fetch(&address, &token, size, to)),
                )
            }
        };
        let mut rows = rows;
        let made = {
            let mut shown = out.progress();
            backup::make(source.as_ref(), &self.dir, SystemClock.now(), &mut rows, &mut |step| {
                shown.step(step);
            })?
        };
        let (size, root, rows, files) = (made.size, &made.root, made.rows, made.files.len());
        let named = self.dir.display().to_string();
        out.result(&json!({"directory": named, "size": size, "root": root, "rows": rows, "files": files}), |lang| {
            lang.choose(
                format!("已备份 {size} 条记录、{rows} 行资料到 {named}。密钥不在其中：请另行备份 --keys。放回：vidimus restore {named} --data 空目录"),
                format!(
                    "{size} entries and {rows} rows beside them are in {named}. Keys are not in it: back up --keys apart. To put it \
                     back: vidimus restore {named} --data EMPTY-DIR"
                ),
            )
        })?;
        Ok(Exit::Good)
    }
}

type Pour = dyn FnMut(u64, &mut dyn Write) -> anyhow::Result<()>;

/// The text of a token's file.
pub(super) fn token(path: &Path) -> anyhow::Result<String> {
    let read = std::fs::read_to_string(path);
    let text = read.map_err(|error| {
        let named = path.display();
        Told::new(
            format!("令牌文件 {named} 无法读取（{error}）：请用 --token 给出运维令牌，或用 --data 备份已停止的服务"),
            format!("the token {named} cannot be read ({error}): give the operator's with --token, or --data of a stopped service"),
        )
    })?;
    Ok(text.trim().to_owned())
}

/// The rows beside the ledger, from the running service.
fn fetch(address: &str, token: &str, size: u64, to: &mut dyn Write) -> anyhow::Result<()> {
    let agent = calling::agent(None)?;
    let url = format!("{address}/v1/operator/backup?size={size}");
    let answer = agent.get(&url).header("Authorization", &format!("Bearer {token}")).call();
    let answer = answer.with_context(|| url.clone())?;
    match answer.status().as_u16() {
        200 => {
            std::io::copy(&mut answer.into_body().into_reader(), to).with_context(|| url)?;
            Ok(())
        }
        401 | 403 => bail!(Told::new(
            "服务不接受这个令牌：备份需要有效的运维令牌（operator）",
            "the service does not accept this token: a backup needs a good one of the operator",
        )),
        status => bail!("{url} answered {status}"),
    }
}
