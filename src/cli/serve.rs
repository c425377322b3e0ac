//! `vidimus serve`: the service. With empty directories it founds a sample authority first.

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::exit::Exit;
use super::output::Output;
use super::stopping::{Stopping, ended_or_left};
use crate::authority::{Authority, Followed, Hours, Judged};
use crate::http::{self, Access, HttpState, Tls};
use crate::values::lang::Lang;
use crate::wiring::assembly::{Assembled, assemble, token_path};
use crate::wiring::callers::Callers;
use crate::wiring::clock::SystemClock;
use crate::wiring::config::{ServeArgs, ServeConfig};
use crate::wiring::eyes::{self, Watching};
use crate::wiring::scrubbing;
use crate::wiring::telemetry::{self, LogArgs};
use crate::wiring::{anchoring, archiving, settling};

/// How long open connections are waited for after SIGTERM.
const GRACE: Duration = Duration::from_secs(20);
/// How long what goes on beside the answers is waited for, all of it together: less than systemd waits (`deploy/vidimus.service`) after
/// connections were waited for.
const BESIDE: Duration = Duration::from_secs(5);
/// How often at least supervision looks at what was published.
const SUPERVISED_EVERY: Duration = Duration::from_secs(1);

/// The service.
#[derive(Debug, Args)]
pub(super) struct Serve {
    #[command(flatten)]
    serve: ServeArgs,
    #[command(flatten)]
    log: LogArgs,
}

/// `Serve` as a command of its own, so that the environment counts where no noun is given.
#[derive(Debug, clap::Parser)]
struct Alone {
    #[command(flatten)]
    serve: Serve,
}

impl Serve {
    /// The service with no arguments at all.
    pub(super) fn parse_nothing() -> anyhow::Result<Self> {
        use clap::Parser as _;
        Ok(Alone::try_parse_from(["vidimus"])?.serve)
    }

    pub(super) fn run(self, out: &Output) -> anyhow::Result<Exit> {
        telemetry::start(&self.log)?;
        let config = ServeConfig::from_args(self.serve)?;
        let assembled = assemble(&config)?;
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let served = runtime.block_on(serve(&config, assembled, out));
        // What waits for a disk that does not answer is left: it loses no more by that than by a kill.
        runtime.shutdown_timeout(GRACE);
        served.map(|()| Exit::Good)
    }
}

async fn serve(config: &ServeConfig, assembled: Assembled, out: &Output) -> anyhow::Result<()> {
    let Assembled { authority, tokens, founded } = assembled;
    eyes::before_listening(&authority)?;
    let scrub = scrubbing::before_listening(&authority, &config.data)?;
    // What lapsed while the service was down is published before anyone can ask for it.
    if let Err(failure) = authority.publish() {
        tracing::error!(%failure, "status lists were not published");
    }
    let listener =
        TcpListener::bind(config.listen).await.with_context(|| format!("listening on {}", config.listen))?;
    let tls =
        config.tls.clone().map(|(certificate, key)| Tls::open(certificate, key)).transpose()?.map(Arc::new);
    let scheme = if tls.is_some() { "https" } else { "http" };
    let address = format!("{scheme}://{}", listener.local_addr()?);
    let told_to_stop = Stopping::listen()?;
    out.raw(format!("listening on {address}\n").as_bytes())?;
    told(&authority, config, &address, founded, out.lang)?;

    let authority = Arc::new(authority);
    let (end, ended) = watch::channel(());
    let supervising = tokio::spawn(supervise(Arc::clone(&authority), config.tick, ended.clone()));
    let archiving = tokio::spawn(archiving::go_on(Arc::clone(&authority), ended.clone()));
    let anchoring = tokio::spawn(anchoring::go_on(Arc::clone(&authority), ended.clone()));
    let settling = tokio::spawn(settling::go_on(Arc::clone(&authority), ended.clone()));
    let ticking = tokio::spawn(tick(Arc::clone(&authority), tls.clone(), config.tick, ended));
    let access = Access {
        proxies: config.trusted_proxies.clone(),
        address_rate: config.address_rate,
        token_rate: config.token_rate,
        tls: tls.is_some(),
    };
    let tokens = Arc::new(Callers(tokens));
    let state = HttpState::new(Arc::clone(&authority), tokens, Arc::new(SystemClock));
    let state = Arc::new(state.with_access(access));
    let (stopping, stopped) = tokio::sync::oneshot::channel();
    let stop = async move {
        told_to_stop.told().await;
        // Nobody waits for it any more only when serving has ended by itself.
        let _told = stopping.send(());
    };
    // A client that neither sends nor reads on is not waited for without end.
    let patience = async move {
        if stopped.await.is_ok() {
            tokio::time::sleep(GRACE).await;
        } else {
            std::future::pending::<()>().await;
        }
    };
    let _watching = Watching::begin(&state.authority, config.witness_every)?;
    let damage = scrubbing::go_on(authority.clone(), scrub, config.data.clone());
    tokio::select! {
        served = http::serve(listener, tls, http::router(state), stop) => served?,
        damage = damage => return Err(damage),
        () = patience => tracing::warn!("some connections were still open and are closed now"),
    }
    // A tick that has begun is waited for: what it enters must not be entered twice.
    drop(end);
    ticking.await.context("ticking")?;
    let beside = [
        ("supervising", supervising),
        ("archiving", archiving),
        ("anchoring", anchoring),
        ("settling", settling),
    ];
    ended_or_left(BESIDE, beside).await?;
    if let Err(failure) = authority.enter_refusals(Hours::All).await {
        tracing::error!(%failure, "the refusals of the last hour were not entered");
    }
    // A round of witnesses may hold the store open until the process is gone: nothing is left to its being closed.
    if let Err(failure) = authority.make_durable() {
        tracing::error!(%failure, "the newest checkpoint is stored with the next start only");
    }
    Ok(())
}

/// Publishes and enters what must be, and takes up a renewed certificate, again and again until the end. What fails is
/// told and tried again at the next tick.
async fn tick(
    authority: Arc<Authority>,
    tls: Option<Arc<Tls>>,
    every: Duration,
    mut ended: watch::Receiver<()>,
) {
    let mut ticks = tokio::time::interval(every);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut matters = None;
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            _ = ended.changed() => return,
        }
        match tls.as_ref().map(|tls| tls.refresh()) {
            None | Some(Ok(false)) => {}
            Some(Ok(true)) => tracing::info!("the TLS certificate was read again"),
            Some(Err(error)) => {
                tracing::error!(%error, "the TLS files cannot be used; the last ones stay in force");
            }
        }
        if let Err(failure) = authority.enter_refusals(Hours::Over).await {
            tracing::error!(%failure, "refusals were not entered");
        }
        matters = advance_waiting(&authority, matters).await;
        let authority = Arc::clone(&authority);
        let published = move || {
            if let Err(failure) = authority.settle_finders() {
                tracing::error!(%failure, "what finds older licences stays in memory");
            }
            authority.publish()
        };
        match tokio::task::spawn_blocking(published).await {
            Ok(Ok(0)) => {}
            Ok(Ok(lists)) => tracing::debug!(lists, "status lists published"),
            Ok(Err(failure)) => tracing::error!(%failure, "status lists were not published"),
            Err(stopped) => tracing::error!(%stopped, "publishing stopped"),
        }
    }
}

/// Looks at entries for supervision and enters the cards that they raise, again and again until the end: at each tick, and without a pause
/// while there is more. On its own, since at a start the whole ledger is looked at.
async fn supervise(authority: Arc<Authority>, every: Duration, mut ended: watch::Receiver<()>) {
    let mut ticks = tokio::time::interval(every.min(SUPERVISED_EVERY));
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut told = Stops::default();
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            _ = ended.changed() => return,
        }
        while supervise_some(&authority, &mut told).await {
            if ended.has_changed().unwrap_or(true) {
                return;
            }
        }
    }
}

/// What stops supervision, as it was told last: once, until it is something else.
#[derive(Default)]
struct Stops {
    content: Option<String>,
    cards: Option<String>,
}

/// One span and some cards; whether there is more.
async fn supervise_some(authority: &Arc<Authority>, told: &mut Stops) -> bool {
    let content = judge_content(authority, &mut told.content).await;
    let told = &mut told.cards;
    let looking = Arc::clone(authority);
    let behind = match tokio::task::spawn_blocking(move || looking.follow_cards()).await {
        Ok(Ok(None)) => return false,
        Ok(Ok(Some(Followed { stopped: Some(why), .. }))) => {
            if told.as_ref() != Some(&why) {
                tracing::error!(%why, "supervision stopped: cards are not entered");
            }
            *told = Some(why);
            return false;
        }
        Ok(Ok(Some(Followed { behind, .. }))) => {
            if told.take().is_some() {
                tracing::info!("supervision goes on");
            }
            behind
        }
        Ok(Err(failure)) => {
            tracing::error!(%failure, "entries were not looked at for supervision");
            return false;
        }
        Err(stopped) => {
            tracing::error!(%stopped, "supervision stopped");
            return false;
        }
    };
    match authority.enter_cards().await {
        Ok(entered) => content || entered > 0 || behind > 0,
        Err(failure) => {
            tracing::error!(%failure, "cards were not entered");
            false
        }
    }
}

/// A span of licences whose content is judged; whether there is more. They are many reads, and are read apart.
async fn judge_content(authority: &Arc<Authority>, told: &mut Option<String>) -> bool {
    let (authority, runtime) = (Arc::clone(authority), tokio::runtime::Handle::current());
    let (more, stopped) =
        match tokio::task::spawn_blocking(move || runtime.block_on(authority.judge_content())).await {
            Ok(Ok(None)) => (false, None),
            Ok(Ok(Some(Judged { stopped: Some(why), .. }))) => (false, Some(why)),
            Ok(Ok(Some(Judged { entered, behind, .. }))) => (entered > 0 || behind > 0, None),
            Ok(Err(failure)) => (false, Some(failure.to_string())),
            Err(stopped) => (false, Some(stopped.to_string())),
        };
    if let Some(why) = stopped.as_ref().filter(|why| told.as_ref() != Some(why)) {
        tracing::error!(%why, "content is not judged any further; it is tried again, and what is entered more than an hour late an auditor with the vault calls left out");
    }
    *told = stopped;
    more
}

/// One round of the applications that wait; where the next goes on. They are many reads, and are read apart.
async fn advance_waiting(authority: &Arc<Authority>, after: Option<Vec<u8>>) -> Option<Vec<u8>> {
    let (authority, runtime) = (Arc::clone(authority), tokio::runtime::Handle::current());
    let round = move || runtime.block_on(authority.advance_waiting(after));
    match tokio::task::spawn_blocking(round).await {
        Ok(Ok(next)) => return next,
        Ok(Err(failure)) => tracing::error!(%failure, "applications that wait did not go on"),
        Err(stopped) => tracing::error!(%stopped, "a round of applications stopped"),
    }
    None
}

/// What was made, and for a sample three commands to try, on stderr.
fn told(
    authority: &Authority,
    config: &ServeConfig,
    address: &str,
    founded: bool,
    lang: Lang,
) -> anyhow::Result<()> {
    let published = authority.published();
    let Some(known) = published.charter.authority() else { return Ok(()) };
    let name = lang.choose(&known.founded.name.zh, &known.founded.name.en);
    let origin = &known.founded.origin;
    let size = published.range.size();
    let token = token_path(&config.keys, "market-regulation");
    let mut text = match (founded, lang) {
        (true, Lang::Zh) => format!(
            "已建立样例机关“{name}”,账本 {origin},{size} 条记录。\n数据在 {},密钥和令牌在 {}。\n样例的登记人密钥就在本机:这里的批准只证明形式,不证明有人批准。\n",
            config.data.display(),
            config.keys.display()
        ),
        (true, Lang::En) => format!(
            "Founded the sample authority {name}, ledger {origin}, {size} entries.\nData in {}, keys and tokens in {}.\n\
             The sample keeps its registrar key on this machine: here approvals prove form, not people.\n",
            config.data.display(),
            config.keys.display()
        ),
        (false, Lang::Zh) => format!("“{name}”,账本 {origin},{size} 条记录。\n"),
        (false, Lang::En) => format!("{name}, ledger {origin}, {size} entries.\n"),
    };
    text.push_str(&authority.witnessed().text(lang));
    text.push('\n');
    // They are for a sample: nobody issues what is not so in a real authority's ledger.
    if authority.holds_a_registrar() && token.exists() {
        text.push_str(lang.choose("\n试一试:\n", "\nTry:\n"));
        text.push_str(&commands(address, &token));
    }
    // Whoever does not read stderr misses nothing that is needed.
    let _told = std::io::stderr().write_all(text.as_bytes());
    Ok(())
}

fn commands(address: &str, token: &Path) -> String {
    let token = token.display();
    let program =
        std::env::current_exe().map_or_else(|_| "vidimus".into(), |path| path.display().to_string());
    format!(
        r#"  curl -s {address}/v1/licences -H "Authorization: Bearer $(cat {token})" -H "Content-Type: application/json" \
    -d '{{"type":"business-licence","holder":{{"name":"样例有限公司","code":"91430700MA4PBKBQ48","code_type":"001"}},"claims":{{"established":"2018-05-14"}},"valid_from":"2018-05-14","valid_until":null}}' | tee licence.json
  python3 -c "import json;print(json.dumps({{'evidence':json.load(open('licence.json'))['credential']}}))" | curl -s {address}/v1/verifications -H "Content-Type: application/json" -d @-
  {program} audit replay --from {address}
"#
    )
}
