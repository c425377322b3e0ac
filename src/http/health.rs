//! Whether the service lives, whether it is ready, and its numbers for Prometheus. Not here: what the numbers of a
//! ledger mean, which anybody can count for themselves.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request, State};
use axum::http::{Method, StatusCode};
use axum::response::Response;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use serde_json::{Value, json};

use super::HttpState;
use super::answer::{json, typed};
use crate::authority::Readiness;
use crate::authority::witnesses::EyesCondition;
use crate::values::time::Time;

/// The recorder is one for the process, as `metrics` has it.
static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();

/// Renders what was recorded.
pub struct Metrics(PrometheusHandle);

impl Metrics {
    /// Installs the process's recorder, once.
    pub fn install() -> Self {
        let handle = RECORDER.get_or_init(|| {
            let recorder = PrometheusBuilder::new().build_recorder();
            let handle = recorder.handle();
            if metrics::set_global_recorder(recorder).is_err() {
                tracing::warn!("another recorder of metrics is installed; /metrics stays empty");
            }
            handle
        });
        Self(handle.clone())
    }
}

/// `GET /healthz`: alive.
pub async fn alive() -> Response {
    typed(StatusCode::OK, "text/plain; charset=utf-8", "ok\n")
}

/// Whether the service is ready, as everybody may know it.
pub struct Condition {
    /// Nothing stops writing.
    pub ready: bool,
    /// The ledger takes entries.
    pub ledger: bool,
    /// The clock is believed.
    pub clock: bool,
    /// Every key is there that should be.
    pub keys: bool,
    /// Since when this process has noticed that it is not ready.
    pub noticed: Option<Time>,
    /// Item by item. Its reasons may name files and are for the log.
    pub readiness: Readiness,
}

/// Since when the service was found not to be ready, without a break.
#[derive(Default)]
pub struct Trouble(Mutex<Option<Time>>);

/// The condition now. Who asks is told which item is not as it should be; why, the log is told.
pub fn condition(state: &HttpState) -> Condition {
    let readiness = state.authority.readiness();
    for why in [&readiness.writing, &readiness.clock].into_iter().flatten().chain(&readiness.missing_keys) {
        tracing::warn!(%why, "not ready");
    }
    let (ledger, clock) = (readiness.writing.is_none(), readiness.clock.is_none());
    let keys = readiness.missing_keys.is_empty();
    let ready = ledger && clock && keys;
    let mut trouble = state.trouble.0.lock().unwrap_or_else(PoisonError::into_inner);
    *trouble = if ready { None } else { trouble.or_else(|| Some(state.clock.now())) };
    Condition { ready, ledger, clock, keys, noticed: *trouble, readiness }
}

/// `GET /readyz`: 503 only for what stops writing now; certificates that end soon are named, not failed.
pub async fn ready(State(state): State<Arc<HttpState>>) -> Response {
    let Condition { ready, ledger, clock, keys, readiness, .. } = condition(&state);
    let ending: Vec<Value> = readiness
        .ending(state.clock.now())
        .map(|ending| json!({"purpose": ending.purpose, "ends": ending.ends}))
        .collect();
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    json(
        status,
        &json!({
            "ready": ready,
            "ledger": if ledger { "open" } else { "closed" },
            "clock": if clock { "sane" } else { "not believed" },
            "keys": if keys { "loaded" } else { "missing" },
            "ledger_size": readiness.size,
            "ending": ending,
            "witnessed": state.authority.witnessed(),
        }),
    )
}

/// `GET /metrics`.
pub async fn metrics(State(state): State<Arc<HttpState>>) -> Response {
    let readiness = state.authority.readiness();
    let size = u32::try_from(readiness.size).unwrap_or(u32::MAX);
    metrics::gauge!("vidimus_ledger_size").set(f64::from(size));
    metrics::gauge!("vidimus_writing").set(if readiness.writing.is_none() { 1.0 } else { 0.0 });
    metrics::gauge!("vidimus_unsealed").set(f64::from(u32::try_from(readiness.unsealed).unwrap_or(u32::MAX)));
    if let Some(last) = readiness.last {
        let age = Duration::from_millis(u64::try_from(state.clock.now().since(last)).unwrap_or(0));
        metrics::gauge!("vidimus_last_entry_age_seconds").set(age.as_secs_f64());
    }
    if let Some(archive) = &readiness.archive {
        let count = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
        metrics::gauge!("vidimus_archived_bundles")
            .set(count(usize::try_from(archive.bundles).unwrap_or(usize::MAX)));
        metrics::gauge!("vidimus_archive_stopped").set(if archive.stopped.is_some() { 1.0 } else { 0.0 });
        metrics::gauge!("vidimus_archive_lost_files").set(count(archive.lost.len()));
    }
    metrics::gauge!("vidimus_settling_stopped").set(if readiness.settling.is_some() { 1.0 } else { 0.0 });
    if let Some(eyes) = &readiness.witnesses {
        witnessed(eyes, readiness.size, state.clock.now());
    }
    state.metrics.0.run_upkeep();
    typed(StatusCode::OK, "text/plain; version=0.0.4; charset=utf-8", state.metrics.0.render())
}

/// How far outsiders vouch, and for how long entries have waited for them.
fn witnessed(eyes: &EyesCondition, size: u64, now: Time) {
    let count = |count: u64| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    let seconds =
        |since: Time| Duration::from_millis(u64::try_from(now.since(since)).unwrap_or(0)).as_secs_f64();
    let newest = eyes.newest.as_ref();
    let covered = newest.map_or(0, |quorum| quorum.size);
    metrics::gauge!("vidimus_witnessed_size").set(count(covered));
    metrics::gauge!("vidimus_unwitnessed_entries").set(count(size.saturating_sub(covered)));
    metrics::gauge!("vidimus_unwitnessed_seconds").set(eyes.waiting.map_or(0.0, seconds));
    if let Some(quorum) = newest {
        metrics::gauge!("vidimus_witnessed_age_seconds").set(seconds(quorum.time));
    }
    for witness in &eyes.each {
        metrics::gauge!("vidimus_witness_failing", "witness" => witness.name.clone())
            .set(f64::from(witness.failures));
    }
}

/// A request that is counted and timed by its route, never by path: paths hold handles.
pub struct Timed {
    route: Arc<str>,
    method: Method,
    begun: Instant,
}

impl Timed {
    /// Begins with its arrival.
    pub fn begin(request: &Request) -> Self {
        let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str);
        Self { route: route.into(), method: request.method().clone(), begun: Instant::now() }
    }

    /// Ends with its answer.
    pub fn end(self, status: StatusCode) {
        let Self { route, method, begun } = self;
        let (method, status) = (method.as_str(), status.as_str());
        metrics::counter!(
            "vidimus_http_requests_total",
            "route" => Arc::clone(&route), "method" => method.to_owned(), "status" => status.to_owned()
        )
        .increment(1);
        let taken = begun.elapsed();
        // By route, never by path or query: those hold handles, numbers and codes.
        tracing::debug!(method, %route, status, ms = taken.as_secs_f64() * 1000.0, "answered");
        metrics::histogram!("vidimus_http_request_seconds", "route" => route).record(taken.as_secs_f64());
    }
}
