//! Every route on one page.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::{Method, StatusCode, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::cors::{Any, CorsLayer};
use tower_http::timeout::RequestBodyTimeoutLayer;

use super::problem::Problem;
use super::{
    HttpState, around, calendars, cards, cases, catalogue, ceremonies, health, issue_batch, ledger, licences,
    matters, officers, openapi, operator, pages, pickup, proof_demands, refused, reports, standing, status,
    track, verifications, verify_batch,
};
use crate::authority::Thing;

/// How long a body may say nothing before its connection is given up.
const IDLE: Duration = Duration::from_secs(60);

/// The whole service.
pub fn router(state: Arc<HttpState>) -> Router {
    Router::new()
        .merge(public())
        .merge(departments())
        .merge(wishes(&state))
        .merge(operators())
        .merge(everyone())
        .fallback(async || Problem::not_found(Thing::Path))
        .method_not_allowed_fallback(not_offered)
        .layer((
            from_fn_with_state(Arc::clone(&state), around::answer),
            CatchPanicLayer::custom(|_| Problem::fault(&"a panic").into_response()),
        ))
        .layer(RequestBodyTimeoutLayer::new(IDLE))
        .with_state(state)
}

/// What was begun is seen through, also when the caller hangs up: a connection that is given up drops its request, and
/// with it whatever holds a key, a number or a holder while the entry is still on its way.
async fn see_through(request: Request, next: Next) -> Response {
    match tokio::spawn(next.run(request)).await {
        Ok(response) => response,
        Err(error) => Problem::fault(&error).into_response(),
    }
}

async fn not_offered() -> Problem {
    Problem::of_status(StatusCode::METHOD_NOT_ALLOWED)
}

/// What anybody may read from anywhere: the same for all.
fn public() -> Router<Arc<HttpState>> {
    Router::new()
        .route("/v1/types", get(catalogue::types))
        .route("/v1/types/{code}", get(catalogue::licence_type))
        .route("/types/{slug}/{version}", get(catalogue::metadata))
        .route("/v1/departments", get(catalogue::departments))
        .route("/v1/powers", get(catalogue::powers))
        .route("/v1/officers", get(officers::list))
        .route("/v1/calendars", get(calendars::list))
        .route("/v1/cards", get(cards::list))
        .route("/v1/cards/{card}", get(cards::show))
        .route("/v1/proof-demands/statistics", get(proof_demands::statistics))
        .route("/v1/matters", get(matters::list))
        .route("/v1/ledger/proof", get(ledger::proof))
        .route("/v1/licences/{handle}/standing-proof", get(standing::proof))
        .route("/ledger/checkpoint", get(ledger::checkpoint))
        .route("/ledger/witnessed-checkpoint", get(ledger::witnessed))
        .route("/ledger/tile/{*path}", get(ledger::tile))
        .route("/ledger/blob/sha256/{hex}", get(ledger::blob))
        .route("/ledger/vkey", get(ledger::verifier_keys))
        .route("/status", get(status::lists))
        .route("/status/{list}", get(status::token))
        .route("/.well-known/jwt-vc-issuer", get(ledger::issuer_keys))
        .route("/pki/root.pem", get(ledger::root))
        .route("/openapi.json", get(openapi::described))
        // Below the layers: a browser that asks first is answered by them, not told that OPTIONS is not offered.
        .method_not_allowed_fallback(not_offered)
        .layer(CompressionLayer::new())
        .layer(
            CorsLayer::new()
                .allow_origin(Any)
                .allow_methods([Method::GET, Method::HEAD])
                .allow_headers([header::IF_NONE_MATCH])
                .expose_headers([header::ETAG]),
        )
}

/// What departments do, with their token.
fn departments() -> Router<Arc<HttpState>> {
    Router::new()
        .route("/v1/licences", get(licences::list))
        .route("/v1/licences/{handle}", get(licences::show))
        .route("/v1/licences/{handle}/credential", get(licences::credential))
        .route("/v1/licences/{handle}/opening", get(licences::opening))
        .route("/v1/licences/{handle}/pickup", post(pickup::make))
        .route("/v1/cases", get(cases::list))
        .route("/v1/cases/{case}", get(cases::show))
        .route("/v1/cases/{case}/answers", post(cases::answer))
        .route("/v1/cards/{card}/order", post(cards::order))
        .route("/v1/cards/{card}/answer", post(cards::answer))
        .route("/v1/cards/{card}/release", post(cards::release))
        .route("/v1/matters/waiting", get(matters::waiting))
        .route("/v1/matters/{matter}", get(matters::show))
        .route("/v1/proof-demands", get(proof_demands::needs))
        .route_layer(from_fn(see_through))
}

/// What makes entries about licences, or would demand a proof beside them: whoever is refused here is counted.
fn wishes(state: &Arc<HttpState>) -> Router<Arc<HttpState>> {
    Router::new()
        .route("/v1/licences", post(licences::issue))
        .route("/v1/licences/batch", post(issue_batch::issue_batch))
        .route("/v1/licences/{handle}/suspend", post(licences::suspend))
        .route("/v1/licences/{handle}/reinstate", post(licences::reinstate))
        .route("/v1/licences/{handle}/end", post(licences::end))
        .route("/v1/licences/{handle}/replace", post(licences::replace))
        .route("/v1/cases", post(cases::file))
        .route("/v1/cases/{case}/accept", post(cases::accept))
        .route("/v1/cases/{case}/ask", post(cases::ask))
        .route("/v1/cases/{case}/supply", post(cases::supply))
        .route("/v1/cases/{case}/examine", post(cases::examine))
        .route("/v1/cases/{case}/decide", post(cases::decide))
        .route("/v1/cases/{case}/approvals", post(cases::approve))
        .route("/v1/cases/{case}/issue", post(cases::issue))
        .route("/v1/cases/{case}/deliver", post(cases::deliver))
        .route("/v1/cases/{case}/withdraw", post(cases::withdraw))
        .route("/v1/cases/{case}/check", post(cases::check))
        .route("/v1/cases/{case}/rectify", post(cases::rectify))
        .route("/v1/cases/{case}/rating", post(cases::rate))
        .route("/v1/matters", post(matters::apply))
        .route("/v1/matters/{matter}/withdraw", post(matters::withdraw))
        .route("/v1/matters/{matter}/licences/{type}", post(matters::supply))
        .route("/v1/matters/{matter}/licences/{type}/decline", post(matters::decline))
        .route("/v1/proof-demands", post(proof_demands::demand))
        .route_layer(from_fn_with_state(Arc::clone(state), refused::watch))
        .route_layer(from_fn(see_through))
}

/// What the operator does, with the operator's token.
fn operators() -> Router<Arc<HttpState>> {
    Router::new()
        .route("/v1/operator/ceremonies", post(ceremonies::begin).get(ceremonies::list))
        .route("/v1/operator/ceremonies/{id}", get(ceremonies::show).delete(ceremonies::drop_one))
        .route("/v1/operator/ceremonies/{id}/approvals", post(ceremonies::approve))
        .route("/v1/operator/keys", get(ceremonies::keys))
        .route("/v1/operator/backup", get(operator::backup))
        .route("/v1/operator/condition", get(operator::condition))
        .route_layer(from_fn(see_through))
}

/// What everybody may do: verify, fetch their own, look after the service.
fn everyone() -> Router<Arc<HttpState>> {
    Router::new()
        .route("/v1/verifications", post(verifications::verify))
        .route("/v1/verifications/batch", post(verify_batch::verify_batch))
        .route("/v1/reports/{report}", get(reports::kept))
        .route("/pickup/{id}", get(pickup::open).post(pickup::collect))
        .route("/track/{number}", get(track::open).post(track::follow))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics))
        .merge(pages::routes())
}
