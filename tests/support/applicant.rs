//! Somebody who applies and follows his case: by number and code, as a program or on the page.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::officers::LEAD;
use super::{Answered, Service};

/// 食品经营许可: what is applied for.
pub fn application() -> Value {
    json!({
        "type": "food-operation-licence",
        "holders": [{"name": "样例市小满餐饮店", "code": "91430700MA4PBKBQ48", "code_type": "001"}],
        "claims": {
            "operator_kind": "餐饮服务经营者", "items": ["热食类食品制售"], "responsible_person": "李样例",
            "domicile": "样例市样例路1号", "premises": "样例市样例路1号一楼",
        },
    })
}

/// A case with the number and code by which its applicant follows it.
pub struct Followed<'s> {
    service: &'s Service,
    /// The case.
    pub case: String,
    /// Its number.
    pub number: String,
    /// The code beside it.
    pub code: String,
    /// With which it is rated.
    pub receipt: String,
}

impl<'s> Followed<'s> {
    /// Files an application at the lead's window.
    pub async fn filed(service: &'s Service, application: &Value) -> Self {
        let answered = service.post(LEAD, "/v1/cases", application).await;
        assert_eq!(answered.status, StatusCode::CREATED, "{}", answered.text());
        let filed = answered.json();
        let text = |name: &str| filed[name].as_str().unwrap().to_owned();
        let (case, number, code) = (text("case"), text("number"), text("code"));
        Self { service, case, number, code, receipt: text("rating_receipt") }
    }

    /// Writes a letter.
    pub async fn write(&self, kind: &str, text: &str) -> Answered {
        let body = json!({"code": self.code, "letter": {"kind": kind, "text": text}});
        self.service.ask(Method::POST, &format!("/track/{}", self.number)).json(&body).send().await
    }

    /// Looks, as a program.
    pub async fn look(&self) -> Value {
        let path = format!("/track/{}", self.number);
        self.service.ask(Method::POST, &path).json(&json!({"code": self.code})).send().await.json()
    }

    /// The page, after these fields of a form beside the code.
    pub async fn page(&self, lang: &str, fields: &str) -> Answered {
        let ask = self.service.ask(Method::POST, &format!("/{lang}/track/{}", self.number));
        let body = format!("code={}{fields}", self.code);
        ask.header("accept", "text/html").body("application/x-www-form-urlencoded", body).send().await
    }

    /// The case as a department or an auditor sees it.
    pub async fn shown(&self, token: &str) -> Value {
        self.service.ask(Method::GET, &format!("/v1/cases/{}", self.case)).token(token).send().await.json()
    }

    /// Answers a letter.
    pub async fn answer(&self, token: &str, body: &Value) -> Answered {
        self.service.post(token, &format!("/v1/cases/{}/answers", self.case), body).await
    }
}
