//! Officers with keys of their own, made here and entered by a ceremony; what they sign in cases. In a sample the
//! registrar's key is on the server, so a ceremony goes through at once.

use axum::http::StatusCode;
use serde_json::{Value, json};
use vidimus::crypto::base64url::{decode, encode};
use vidimus::crypto::digest::sha256_parts;
use vidimus::crypto::{KeyPurpose, PrivateKey};
use vidimus::ledger::body::{Owner, possession};
use vidimus::values::time::Time;

use super::{Answered, Service};

/// One person, as the tests know him.
pub struct Officer {
    /// Slug of the department.
    pub department: &'static str,
    key: PrivateKey,
}

impl Officer {
    /// Appoints somebody of this name.
    pub async fn appointed(service: &Service, department: &'static str, name: &str, roles: &[&str]) -> Self {
        Self::appointed_until(service, department, name, roles, None).await
    }

    /// The same, whose roles end with a day.
    pub async fn appointed_until(
        service: &Service,
        department: &'static str,
        name: &str,
        roles: &[&str],
        until: Option<&str>,
    ) -> Self {
        let key = PrivateKey::from_seed(&sha256_parts(&[b"officer\n", name.as_bytes()])).unwrap();
        let body = json!({"officer": {
            "department": department, "key": title(service, department, &key), "roles": roles, "until": until,
        }});
        let answered = service.post("operator", "/v1/operator/ceremonies", &body).await;
        assert_eq!(answered.status, StatusCode::CREATED, "{}", answered.text());
        Self { department, key }
    }

    /// The id of the key.
    pub fn id(&self) -> String {
        self.key.id().to_string()
    }

    /// The signature over a statement.
    pub fn sign(&self, sign: &Value) -> String {
        let statement = decode(sign["statement"].as_str().unwrap()).unwrap();
        encode(&self.key.sign(&statement).unwrap())
    }

    /// Prepares a step of a case.
    pub async fn prepare(&self, service: &Service, case: &str, step: &str, body: &Value) -> Answered {
        let mut body = body.clone();
        body["officer"] = json!(self.id());
        service.post(self.department, &format!("/v1/cases/{case}/{step}"), &body).await
    }

    /// Prepares a step and signs it.
    pub async fn take(&self, service: &Service, case: &str, step: &str, body: &Value) -> Answered {
        let prepared = self.prepare(service, case, step, body).await;
        if prepared.status != StatusCode::OK {
            return prepared;
        }
        let sign = prepared.json()["sign"].clone();
        let signed = json!({"prepared": sign["prepared"], "signature": self.sign(&sign)});
        service.post(self.department, &format!("/v1/cases/{case}/{step}"), &signed).await
    }

    /// The same, which must succeed.
    pub async fn takes(&self, service: &Service, case: &str, step: &str, body: &Value) {
        let taken = self.take(service, case, step, body).await;
        assert_eq!(taken.status, StatusCode::OK, "{step}: {}", taken.text());
    }

    /// Approves what a case decided, as it is shown.
    pub async fn approve(&self, service: &Service, case: &str) -> Answered {
        let shown = service.ask(axum::http::Method::GET, &format!("/v1/cases/{case}"));
        let shown = shown.token(self.department).send().await.json();
        let approvals = &shown["approvals"];
        let body = json!({
            "officer": self.id(), "decision": approvals["decision"], "signature": self.sign(&approvals["sign"]),
        });
        service.post(self.department, &format!("/v1/cases/{case}/approvals"), &body).await
    }
}

/// Whose cases the tests have.
pub const LEAD: &str = "market-regulation";

/// A key with the proof that its officer has it.
pub fn title(service: &Service, department: &str, key: &PrivateKey) -> Value {
    let published = service.authority.published();
    let charter = &published.charter;
    let held = charter.department_by_slug(&department.parse().unwrap()).unwrap();
    let owner = Owner::Department(held.value.code.clone());
    let not_after: Time = "2030-01-01T00:00:00.000Z".parse().unwrap();
    let origin = charter.origin().unwrap();
    let message = possession(origin, &owner, KeyPurpose::Officer, key.public(), not_after).unwrap();
    json!({
        "spki": encode(&key.public().spki()), "not_after": not_after,
        "possession": encode(&key.sign(&message).unwrap()),
    })
}
