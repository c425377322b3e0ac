//! `vidimus audit serve`: the auditor's page, on the auditor's own machine.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Args;
use serde_json::Value;
use tokio::net::TcpListener;

use super::Pinned;
use super::signing::{self, Signed, Signing};
use crate::audit::office::{Asked, FolderError, Office, Reach};
use crate::audit::source::Source;
use crate::audit::{Audit, Pins};
use crate::cli::exit::Exit;
use crate::cli::output::Output;
use crate::cli::stopping::Stopping;
use crate::crypto::PrivateKey;
use crate::http::{self, AuditorState};
use crate::wiring::calling;
use crate::wiring::clock::SystemClock;
use crate::wiring::office::{Monitoring, ServedOffice};
use crate::wiring::telemetry::{self, LogArgs};
use crate::wiring::told::Told;

/// How long open connections are waited for after SIGTERM.
const GRACE: Duration = Duration::from_secs(5);
const LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8095);

/// Which ledger, beside which mirrors, kept where, shown to whom.
#[derive(Debug, Args)]
pub(super) struct Serve {
    /// The ledger: a server's address, or the directory of an export or a mirror.
    #[arg(long, value_name = "URL|DIR")]
    from: String,
    /// Where the page keeps what it saw last, what replays found, and proofs.
    #[arg(long, value_name = "DIR")]
    into: PathBuf,
    /// A mirror of the same ledger, to be compared with it; once for each.
    #[arg(long, value_name = "URL|DIR")]
    mirror: Vec<String>,
    /// Address and port to listen on.
    #[arg(long, env = "VIDIMUS_AUDIT_LISTEN", value_name = "ADDRESS:PORT", default_value_t = LISTEN)]
    listen: SocketAddr,
    /// A name under which browsers ask for the page, besides its address. An address that others reach needs one, and
    /// whoever reaches it may read the page and start a replay.
    #[arg(long, value_name = "NAME[:PORT]")]
    host: Vec<String>,
    #[command(flatten)]
    signing: Signing,
    #[command(flatten)]
    pinned: Pinned,
    #[command(flatten)]
    log: LogArgs,
}

impl Serve {
    pub(super) fn run(self, out: &Output) -> anyhow::Result<Exit> {
        if !self.listen.ip().is_loopback() && self.host.is_empty() {
            let listen = self.listen;
            bail!(Told::new(
                format!(
                    "--listen {listen} 是本机之外也能到达的地址：请用 --host 名称[:端口] 说明浏览器用什么名称打开它（谁能到达，谁就能读本页并开始重放），或只监听 127.0.0.1"
                ),
                format!(
                    "--listen {listen} can be reached from other machines: say with --host NAME[:PORT] by which name browsers open it (whoever \
                     reaches it may read the page and start a replay), or listen on 127.0.0.1 only"
                ),
            ));
        }
        telemetry::start(&self.log)?;
        let key = self.signing.key()?;
        // What is wrong with a file is told now, not on a page.
        self.pinned.read()?;
        let asked = self.asked();
        let reach = Reaching { pinned: self.pinned, key, witnesses: Monitoring::new()? };
        let office = Office::open(asked, &self.into, Box::new(reach), Arc::new(SystemClock)).map_err(told)?;
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let served = runtime.block_on(serve(office, self.listen, self.host, out));
        // A replay that runs is not waited for: the next start says that it was interrupted.
        runtime.shutdown_background();
        served?;
        Ok(Exit::Good)
    }

    /// As it was written, for the commands that are shown.
    fn asked(&self) -> Asked {
        let Pinned { vkey, remember, policy, seen, .. } = &self.pinned;
        let options = [("--vkey", vkey), ("--remember", remember), ("--policy", policy)];
        let options = options.into_iter().filter_map(|(name, path)| Some((name, path.as_deref()?)));
        let pins = options.chain(seen.iter().map(|path| ("--seen", path.as_path())));
        Asked {
            from: self.from.clone(),
            mirrors: self.mirror.clone(),
            pins: pins.flat_map(|(name, path)| [name.to_owned(), written(path)]).collect(),
            signing: self.signing.written(),
            vkey: vkey.as_deref().map(written),
            policy: policy.as_deref().map(written),
            into: written(&self.into),
        }
    }
}

fn written(path: &Path) -> String {
    path.display().to_string()
}

/// Why the folder was not opened, with what to do.
fn told(error: FolderError) -> anyhow::Error {
    let (zh, en) = match &error {
        FolderError::Busy(_) => {
            ("请等另一个进程结束，或另给一个目录", "wait for the other process, or give another directory")
        }
        FolderError::Foreign { .. } => {
            ("请给一个空目录，或本页用过的目录", "give it an empty directory, or one that this page has used")
        }
        FolderError::Form { .. } => (
            "该文件已损坏：请连同它所在的目录移走",
            "that file is damaged: move it away, with the directory that it lies in",
        ),
        FolderError::File { .. } => ("请检查该目录和磁盘", "look at that directory and its disk"),
    };
    let told = Told::new(format!("--into：{error}。{zh}"), format!("--into: {error}; {en}"));
    anyhow::Error::new(error).context(told)
}

async fn serve(
    office: Arc<Office>,
    listen: SocketAddr,
    mut hosts: Vec<String>,
    out: &Output,
) -> anyhow::Result<()> {
    let listener = TcpListener::bind(listen).await.with_context(|| format!("listening on {listen}"))?;
    let address = listener.local_addr()?;
    let stopping = Stopping::listen()?;
    out.raw(format!("listening on http://{address}\n").as_bytes())?;
    hosts.push(address.to_string());
    if address.ip().is_loopback() {
        hosts.push(format!("localhost:{}", address.port()));
    }
    let hosts = hosts.iter().map(|host| host.to_ascii_lowercase()).collect();
    let state = AuditorState { office: Arc::new(ServedOffice(office)), hosts };
    let router = http::auditor_router(Arc::new(state));
    let (told, heard) = tokio::sync::oneshot::channel();
    let stop = async move {
        stopping.told().await;
        // Nobody hears it any more only when serving has ended by itself.
        let _told = told.send(());
    };
    // A reader that neither asks nor reads on is not waited for without end.
    let patience = async move {
        match heard.await {
            Ok(()) => tokio::time::sleep(GRACE).await,
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        served = http::serve(listener, None, router, stop) => served?,
        () = patience => tracing::warn!("some connections were still open and are closed now"),
    }
    Ok(())
}

/// What the office reaches: as a command would, with what the auditor brought along.
struct Reaching {
    pinned: Pinned,
    key: Option<PrivateKey>,
    witnesses: Monitoring,
}

impl Reach for Reaching {
    fn source(&self, from: &str) -> Result<Box<dyn Source>, String> {
        calling::source(from).map_err(|error| format!("{error:#}"))
    }

    fn latest(&self, url: &str) -> Result<Option<Vec<u8>>, String> {
        self.witnesses.latest(url)
    }

    fn pins(&self) -> Result<Pins, String> {
        self.pinned.read().map_err(|error| format!("{error:#}"))
    }

    fn remember(&self, audit: &Audit) -> Result<(), String> {
        self.pinned.remember(audit).map_err(|error| format!("{error:#}"))
    }

    fn sign(&self, name: &str, found: Value) -> Result<(Vec<u8>, bool), String> {
        let Signed { document, signature } =
            signing::signed(name, found, self.key.as_ref()).map_err(|error| format!("{error:#}"))?;
        Ok((document, signature.is_some()))
    }
}
