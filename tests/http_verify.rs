//! Issue and verify through the router.

#[path = "support/mod.rs"]
mod support;

use serde_json::json;
use support::{Service, business_licence};

#[tokio::test]
async fn what_is_issued_is_valid() {
    let service = Service::found();
    let issued = service.issue(&business_licence()).await;
    let report = service.verify(&json!({"evidence": issued["credential"]})).await;
    assert_eq!(report["verdict"], "valid", "{report:#}");
    service.check_ledger().await;
}
