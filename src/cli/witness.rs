//! `vidimus witness init|serve|ask`: a witness, which any department can run for another's ledger or for several, and whoever
//! carries a ledger's checkpoint to the witnesses of a policy.

use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use serde_json::json;
use tokio::net::TcpListener;

use super::exit::Exit;
use super::output::Output;
use super::stopping::Stopping;
use crate::audit::prove::{ProveError, continuing, head};
use crate::authority::witnesses::{AskError, Asked, ask_all};
use crate::http::{self, Tls, WitnessState};
use crate::keyring::{Passphrase, WitnessFolder};
use crate::ledger::checkpoint::VerifiedCheckpoint;
use crate::ledger::policy::Policy;
use crate::merkle::Hash;
use crate::note::{KeyName, Note, VerifierKey};
use crate::wiring::calling;
use crate::wiring::clock::SystemClock;
use crate::wiring::entropy::SystemEntropy;
use crate::wiring::telemetry::{self, LogArgs};
use crate::wiring::told::Told;
use crate::wiring::witnesses::HttpWitnesses;
use crate::witness::{Followed, Witness};

/// How long open connections are waited for after SIGTERM.
const GRACE: Duration = Duration::from_secs(20);
const LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8090);

/// A witness: it cosigns the checkpoints of ledgers that it follows.
#[derive(Debug, Args)]
pub(super) struct WitnessCommand {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Make a witness's key and memory, and print the verifier key that others put into their policy.
    Init {
        /// Its name, which cosignatures bear: witness.example.cn/1
        #[arg(long)]
        name: KeyName,
        #[command(flatten)]
        own: Own,
    },
    /// Cosign what follows from what was cosigned before (C2SP tlog-witness).
    Serve(Serve),
    /// Carry a ledger's checkpoint to the witnesses of a policy; with their lines it goes to stdout.
    Ask(Ask),
}

#[derive(Debug, Args)]
struct Ask {
    /// The policy (C2SP tlog-policy): the ledger's verifier key, the witnesses with their addresses, the quorum.
    #[arg(long, value_name = "FILE")]
    policy: PathBuf,
    /// The ledger: a server's address, or the directory of an export.
    #[arg(long, value_name = "URL|DIR")]
    from: String,
}

#[derive(Debug, Args)]
struct Serve {
    /// Verifier keys of the ledgers to follow, one a line.
    #[arg(long, env = "VIDIMUS_WITNESS_LOGS", value_name = "FILE")]
    logs: PathBuf,
    /// Address and port to listen on.
    #[arg(long, env = "VIDIMUS_WITNESS_LISTEN", value_name = "ADDRESS:PORT", default_value_t = LISTEN)]
    listen: SocketAddr,
    /// Certificate chain in PEM, for TLS.
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// Its private key in PEM.
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    #[command(flatten)]
    own: Own,
    #[command(flatten)]
    log: LogArgs,
}

/// Where a witness lives.
#[derive(Debug, Args)]
struct Own {
    /// Directory of its key and of what it cosigned last.
    #[arg(long, env = "VIDIMUS_WITNESS_KEYS", value_name = "DIR", default_value = "./keys/witness")]
    keys: PathBuf,
    /// File whose first line encrypts its key.
    #[arg(long, env = "VIDIMUS_PASSPHRASE_FILE", value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

impl Own {
    fn passphrase(&self) -> anyhow::Result<Option<Passphrase>> {
        Ok(self.passphrase_file.as_deref().map(Passphrase::read).transpose()?)
    }
}

impl WitnessCommand {
    pub(super) fn run(self, out: &Output) -> anyhow::Result<Exit> {
        match self.verb {
            Verb::Init { name, own } => {
                let passphrase = own.passphrase()?;
                let vkey =
                    WitnessFolder::create(&own.keys, &name, passphrase.as_ref(), &SystemEntropy::new())?;
                let facts = json!({"vkey": vkey.to_string(), "keys": own.keys});
                out.result(&facts, |_| vkey.to_string())?;
                Ok(Exit::Good)
            }
            Verb::Serve(serve) => serve.run(out),
            Verb::Ask(ask) => ask.run(out),
        }
    }
}

impl Ask {
    fn run(self, out: &Output) -> anyhow::Result<Exit> {
        let named = || self.policy.display().to_string();
        let policy = std::fs::read(&self.policy).with_context(named)?;
        let policy = Policy::parse(&policy).with_context(named)?;
        let source = calling::source(&self.from)?;
        let (note, _) = head(source.as_ref())?;
        let checkpoint = of_the_policy(&note, &policy)?;
        let proofs = |old, size| match continuing(source.as_ref(), old, size) {
            Ok(proof) => Ok(proof.path),
            Err(error) => Err(error.to_string()),
        };
        let (asked, known): (Vec<_>, _) = (policy.witnesses().iter().collect(), policy.witness_keys());
        let Asked { checkpoint, answers } =
            ask_all(&HttpWitnesses::new()?, &asked, &known, checkpoint, &proofs);
        let met = policy.accepts(&checkpoint);
        for (witness, answer) in &answers {
            if let Err(error) = answer {
                let told = out.lang.choose("未见证", "did not cosign");
                // Whoever does not read stderr misses nothing that the result does not say.
                let _told = writeln!(std::io::stderr(), "{witness}: {told}: {error}");
            }
        }
        let told = |(witness, answer): &(String, Result<u64, AskError>)| {
            let (time, problem) = (answer.as_ref().ok(), answer.as_ref().err().map(ToString::to_string));
            json!({"witness": witness, "time": time, "problem": problem})
        };
        let result = json!({
            "origin": checkpoint.origin().as_str(),
            "size": checkpoint.size(),
            "root": Hash(*checkpoint.root()).to_string(),
            "met": met,
            "witnesses": answers.iter().map(told).collect::<Vec<_>>(),
            "checkpoint": checkpoint.note().to_string(),
        });
        out.result(&result, |_| checkpoint.note().to_string())?;
        if !met {
            let told = out.lang.choose("见证人不足法定人数", "the witnesses are no quorum");
            let _told = writeln!(std::io::stderr(), "{told}");
        }
        Ok(if met { Exit::Good } else { Exit::Partial })
    }
}

/// The checkpoint, verified under a log's key of the policy: the key comes from there, never from the ledger itself.
fn of_the_policy(note: &Note, policy: &Policy) -> anyhow::Result<VerifiedCheckpoint> {
    let logs: Vec<VerifierKey> = policy.logs().iter().map(|log| log.key.clone()).collect();
    if logs.is_empty() {
        return Err(Told::new(
            "策略中没有账本：请加一行 log 和账本的验证密钥（从账本之外取得）",
            "the policy names no log: add a line with the ledger's verifier key, from elsewhere than the ledger",
        )
        .into());
    }
    let verified = VerifiedCheckpoint::verify_under_any(note, &logs, &policy.witness_keys());
    Ok(verified.map_err(ProveError::from)?)
}

impl Serve {
    fn run(self, out: &Output) -> anyhow::Result<Exit> {
        telemetry::start(&self.log)?;
        let named = || self.logs.display().to_string();
        let logs = std::fs::read_to_string(&self.logs).with_context(named)?;
        let logs = Followed::parse(&logs).with_context(named)?;
        let (name, key, memory) = WitnessFolder::open(&self.own.keys, self.own.passphrase()?.as_ref())?;
        let witness = Witness::begin(name, key, logs, Box::new(memory))?;
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        runtime.block_on(self.serve(witness, out))?;
        Ok(Exit::Good)
    }

    async fn serve(self, witness: Witness, out: &Output) -> anyhow::Result<()> {
        let listener =
            TcpListener::bind(self.listen).await.with_context(|| format!("listening on {}", self.listen))?;
        let tls = self.tls_cert.zip(self.tls_key);
        let tls = tls.map(|(certificate, key)| Tls::open(certificate, key)).transpose()?.map(Arc::new);
        let scheme = if tls.is_some() { "https" } else { "http" };
        let address = format!("{scheme}://{}", listener.local_addr()?);
        let stopping = Stopping::listen()?;
        out.raw(format!("listening on {address}\n").as_bytes())?;
        for origin in witness.logs().origins() {
            tracing::info!(%origin, witness = %witness.verifier_key().name(), "followed");
        }
        let router = http::witness_router(Arc::new(WitnessState { witness, clock: Arc::new(SystemClock) }));
        let (told, heard) = tokio::sync::oneshot::channel();
        let stop = async move {
            stopping.told().await;
            // Nobody hears it any more only when serving has ended by itself.
            let _told = told.send(());
        };
        // A client that neither sends nor reads on is not waited for without end.
        let patience = async move {
            match heard.await {
                Ok(()) => tokio::time::sleep(GRACE).await,
                Err(_) => std::future::pending().await,
            }
        };
        tokio::select! {
            served = http::serve(listener, tls, router, stop) => served?,
            () = patience => tracing::warn!("some connections were still open and are closed now"),
        }
        Ok(())
    }
}
