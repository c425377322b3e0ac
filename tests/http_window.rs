//! The window: an officer applies for a matter on the applicant's behalf, in pages that need no script.

#![expect(clippy::unwrap_used, reason = "a test ends where it fails")]

#[path = "support/mod.rs"]
mod support;

use std::time::Duration;

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use support::officers::LEAD;
use support::{Answered, Service};
use vidimus::authority::Hours;

const FIRM: &str = "91430700MA4PBKBQ48";

/// A form as a browser sends it.
async fn send(service: &Service, pairs: &[(&str, &str)]) -> Answered {
    let escape = |text: &str| -> String {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        let one = |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
        text.bytes().map(one).collect()
    };
    let body: Vec<String> =
        pairs.iter().map(|(name, value)| format!("{}={}", escape(name), escape(value))).collect();
    let ask = service.ask(Method::POST, "/en/window/open-a-restaurant").header("accept", "text/html");
    ask.body("application/x-www-form-urlencoded", body.join("&")).send().await
}

fn applicant(token: &'static str) -> Vec<(&'static str, &'static str)> {
    vec![
        ("token", token),
        ("holders/0/name", "样例市小满餐饮店"),
        ("holders/0/code_type", "001"),
        ("holders/0/code", FIRM),
    ]
}

/// What stands in an attribute of the field of this name.
fn held<'t>(page: &'t str, name: &str) -> &'t str {
    let at = page.find(&format!("name=\"{name}\"")).unwrap();
    page.get(at..).unwrap().split_once("value=\"").unwrap().1.split_once('"').unwrap().0
}

#[tokio::test]
async fn a_matter_is_applied_for_with_what_is_proved_locked() {
    let service = Service::found();
    let request = json!({
        "type": "business-licence", "valid_from": "2026-11-22",
        "holders": [{"name": "样例市小满餐饮店", "code": FIRM, "code_type": "001"}],
        "claims": {"established": "2026-11-22", "legal_representative": "李样例", "address": "样例市样例路1号"},
    });
    let licence = service.issue(&request).await;
    let empty =
        service.ask(Method::GET, "/en/window/open-a-restaurant").header("accept", "text/html").send().await;
    assert_eq!(empty.status, StatusCode::OK, "{}", empty.text());
    assert!(!empty.text().contains("<script") && !empty.text().contains("answers/premises"));
    let mut pairs = applicant(LEAD);
    pairs.push(("step", "look"));
    let drawn = send(&service, &pairs).await;
    assert_eq!(drawn.status, StatusCode::OK, "{}", drawn.text());
    let page = drawn.text();
    // Proved: shown with where it comes from, and no field that could be changed.
    for part in ["李样例", "样例市样例路1号", licence["handle"].as_str().unwrap(), "readonly"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(!page.contains("name=\"answers/domicile\"") && page.contains("name=\"answers/premises\""));
    assert!(page.contains("name=\"answers/items\" value=\"热食类食品制售\""));
    let key = held(page, "key").to_owned();
    // Everything that is wrong stands at its field, and what was filled in stays.
    let mut pairs = applicant(LEAD);
    pairs.extend([("step", "file"), ("key", &key), ("answers/complaint-line", "12345")]);
    let refused = send(&service, &pairs).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    for id in ["wrong-answers/premises", "wrong-answers/items"] {
        assert!(refused.text().contains(&format!("id=\"{id}\"")), "{id}: {}", refused.text());
    }
    assert_eq!(
        (held(refused.text(), "answers/complaint-line"), held(refused.text(), "key")),
        ("12345", key.as_str())
    );
    pairs.extend([("answers/premises", "样例市样例路2号"), ("answers/items", "热食类食品制售")]);
    let taken = send(&service, &pairs).await;
    assert_eq!(taken.status, StatusCode::OK, "{}", taken.text());
    assert!(taken.text().contains("Give the applicant number and code"));
    // A reload is the same application.
    let again = send(&service, &pairs).await;
    assert_eq!(held(again.text(), "code"), held(taken.text(), "code"));
    let cases = service.ask(Method::GET, "/v1/cases").token(LEAD).send().await.json();
    let cases = cases["items"].as_array().unwrap();
    assert_eq!((cases.len(), &cases.first().unwrap()["type"]), (1, &json!("food-operation-licence")));
    service.check_ledger().await;
}

#[tokio::test]
async fn what_is_wrong_with_who_applies_is_said_there() {
    let service = Service::found();
    let token = send(&service, &[("token", "operator"), ("step", "look")]).await;
    assert_eq!((token.status, token.text().contains("id=\"wrong-token\"")), (StatusCode::FORBIDDEN, true));
    let nothing = send(&service, &[("token", LEAD), ("step", "look"), ("answers/capital", "壹万元")]).await;
    assert_eq!(nothing.status, StatusCode::UNPROCESSABLE_ENTITY);
    for name in ["name", "code_type", "code"] {
        assert!(nothing.text().contains(&format!("id=\"wrong-holders/0/{name}\"")), "{}", nothing.text());
    }
    assert_eq!(held(nothing.text(), "answers/capital"), "壹万元");
    let mut pairs = applicant(LEAD);
    pairs.retain(|(name, _)| *name != "holders/0/code");
    pairs.extend([("holders/0/code", "91430700MA4PBKBQ49"), ("step", "look")]);
    let digit = send(&service, &pairs).await;
    assert!(digit.text().contains("id=\"wrong-holders/0/code\""), "{}", digit.text());
    let none = service.ask(Method::GET, "/en/window/open-a-bank").send().await;
    assert_eq!(none.status, StatusCode::NOT_FOUND);
    let waiting = service.ask(Method::GET, "/v1/matters/waiting").token(LEAD).send().await.json();
    assert_eq!(waiting["items"], Value::Array(Vec::new()));
    service.check_ledger().await;
}

#[tokio::test]
async fn more_than_a_form_holds_is_not_read() {
    let service = Service::found();
    let rows: Vec<(String, String)> =
        (0..3000).map(|row| (format!("holders/{row}/name"), "某人".into())).collect();
    let rows = || rows.iter().map(|(name, text)| (name.as_str(), text.as_str()));
    // Nobody's, read no further than the token.
    let nobody: Vec<(&str, &str)> = rows().chain([("step", "file")]).collect();
    let nobody = send(&service, &nobody).await;
    assert_eq!(nobody.status, StatusCode::UNAUTHORIZED);
    assert!(nobody.text().contains("id=\"wrong-token\"") && !nobody.text().contains("某人"));
    let many: Vec<(&str, &str)> = rows().chain([("token", LEAD), ("step", "look")]).collect();
    let many = send(&service, &many).await;
    assert_eq!(many.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(many.text().contains("The form has 3002 fields, and at most 2000 are read"), "{}", many.text());
    let long = "x".repeat(300 * 1024);
    let long = send(&service, &[("token", LEAD), ("answers/premises", &long), ("step", "look")]).await;
    assert_eq!(long.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(long.text().contains("At most 262144 bytes are taken"), "{}", long.text());
}

#[tokio::test]
async fn rows_beyond_the_most_are_said_to_be_too_many() {
    let service = Service::found();
    let mut pairs: Vec<(String, &str)> = vec![("token".into(), LEAD), ("step".into(), "look")];
    for row in 0..300 {
        for (member, text) in [("name", "样例市小满餐饮店"), ("code_type", "001"), ("code", FIRM)] {
            pairs.push((format!("holders/{row}/{member}"), text));
        }
    }
    let pairs: Vec<(&str, &str)> = pairs.iter().map(|(name, text)| (name.as_str(), *text)).collect();
    let many = send(&service, &pairs).await;
    assert_eq!(many.status, StatusCode::UNPROCESSABLE_ENTITY);
    let page = many.text();
    assert!(page.contains("id=\"wrong-holders\"") && page.contains("are allowed, found 2"), "{page}");
    assert!(page.contains("holders/1/name") && !page.contains("holders/2/name"), "{page}");
}

#[tokio::test]
async fn only_a_refused_filing_is_counted() {
    let service = Service::found();
    let mut pairs = applicant(LEAD);
    pairs.extend([("answers/complaint-line", "12345"), ("step", "look")]);
    assert_eq!(send(&service, &pairs).await.status, StatusCode::OK);
    assert_eq!(
        send(&service, &[("token", LEAD), ("step", "look")]).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    pairs.retain(|(name, _)| *name != "step");
    pairs.push(("step", "file"));
    assert_eq!(send(&service, &pairs).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(
        send(&service, &[("token", "nobody"), ("step", "file")]).await.status,
        StatusCode::UNAUTHORIZED
    );
    service.clock.forward(Duration::from_secs(3600));
    assert_eq!(service.authority.enter_refusals(Hours::Over).await.unwrap(), 1);
    let entries = service.entries(service.authority.published().range.size()).await;
    let last: Value = serde_json::from_slice(entries.last().unwrap()).unwrap();
    let counts = last["body"]["counts"].as_array().unwrap();
    let reasons: Vec<_> =
        counts.iter().map(|row| (row["reason"].as_str().unwrap(), row["count"].as_u64().unwrap())).collect();
    assert_eq!(reasons, [("unauthorised", 1), ("unanswered", 1)]);
    service.check_ledger().await;
}

#[tokio::test]
async fn a_form_that_was_taken_is_not_taken_with_something_else_in_it() {
    let service = Service::found();
    let mut pairs = applicant(LEAD);
    pairs.push(("step", "look"));
    let first = send(&service, &pairs).await;
    let key = held(first.text(), "key").to_owned();
    // Looked up again it is another form.
    pairs.push(("key", &key));
    assert_ne!(held(send(&service, &pairs).await.text(), "key"), key);
    let answers = json!({
        "answers/established": "2026-11-22", "answers/person-in-charge": "李样例", "answers/domicile": "样例市样例路1号",
        "answers/premises": "样例市样例路2号", "answers/items": "热食类食品制售",
    });
    pairs.retain(|(name, _)| *name != "step");
    pairs.push(("step", "file"));
    let answers = answers.as_object().unwrap();
    pairs.extend(answers.iter().map(|(name, text)| (name.as_str(), text.as_str().unwrap())));
    let taken = send(&service, &pairs).await;
    assert_eq!(taken.status, StatusCode::OK, "{}", taken.text());
    pairs.retain(|(name, _)| *name != "holders/0/name");
    pairs.push(("holders/0/name", "样例市大满餐饮店"));
    let other = send(&service, &pairs).await;
    assert_eq!(other.status, StatusCode::CONFLICT);
    assert!(other.text().contains("This form was taken before"), "{}", other.text());
    assert_ne!(held(other.text(), "key"), key);
}
