//! Request bodies, as a department and a verifier send them: through the router, to a sample authority in memory.
//!
//! - Every answer is as `schemas/openapi.json` describes it, none is a fault of ours.
//! - What is not JSON, or says a member twice, is told so; a problem's pointer leads into what was sent.
//! - As many lines are answered as were sent, and a signature follows only where a line asked for it. Dry runs enter nothing.
//!
//! Input: which route, then the body, where `@c`, `@r`, `@n`, `@v`, `@h` stand for credential, receipt, number, code and handle
//! of a licence that was issued, so that a byte turned elsewhere leaves them whole.

use serde_json::{Value, json};
use vidimus::catalogue::{Catalogue, RequestError};
use vidimus::values::canonical::parse_strict;

use crate::live::{business_licence, live, with};
use crate::make::split_byte;

const JSON: &str = "application/json";
const LINES: &str = "application/x-ndjson";

/// Path and media type; `@h` in a path is the handle.
const ROUTES: [(&str, &str); 9] = [
    ("/v1/licences?dry_run=true", JSON),
    ("/v1/licences/batch?dry_run=true", LINES),
    ("/v1/verifications", JSON),
    ("/v1/verifications", "text/plain"),
    ("/v1/verifications/batch", LINES),
    ("/v1/licences/@h/suspend?dry_run=true", JSON),
    ("/v1/licences/@h/end?dry_run=true", JSON),
    ("/v1/licences/@h/replace?dry_run=true", JSON),
    ("/v1/licences/@h/reinstate?dry_run=true", JSON),
];

/// Sends a body and holds the answer.
pub fn run(data: &[u8]) {
    let Some((route, body)) = split_byte(data) else { return };
    let (path, media_type) = ROUTES[usize::from(route) % ROUTES.len()];
    let body = filled(body);
    let path = String::from_utf8(filled(path.as_bytes())).unwrap();
    let before = live().size();
    let answered = live().post(&path, media_type, &body);
    assert!(!answered.status.is_server_error(), "{path}: {}", answered.text());
    assert_eq!(live().size(), before, "a dry run entered something");
    if media_type == LINES {
        if answered.status.is_success() {
            answers_each_line(&body, &answered.lines());
        }
        return;
    }
    if media_type == JSON && !answered.status.is_success() {
        match parse_strict(&body) {
            Ok(sent) => leads_into(&sent, &answered.json()["pointer"]),
            Err(error) => assert_eq!(
                (answered.status.as_u16(), answered.problem()),
                (400, "malformed".into()),
                "{error}"
            ),
        }
    }
}

/// One answer a line. After them one signature over all, if a line asked for it and only then.
fn answers_each_line(body: &[u8], answers: &[Value]) {
    let lines = body.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
    let asks = |line: &[u8]| parse_strict(line).is_ok_and(|line| line["sign"] == json!(true));
    let (sent, signed) =
        (lines.clone().count(), answers.last().is_some_and(|last| last.get("signed").is_some()));
    let told = String::from_utf8_lossy(body);
    assert_eq!(answers.len() - usize::from(signed), sent, "{told}");
    assert!(!signed || lines.into_iter().any(asks), "nobody asked for a signature: {told}");
}

/// What stands for a licence that was issued.
fn filled(body: &[u8]) -> Vec<u8> {
    let Ok(text) = std::str::from_utf8(body) else { return body.to_vec() };
    if !text.contains('@') {
        return body.to_vec();
    }
    let (issued, (number, code)) = (&live().issued[0], &live().printed[0]);
    let quoted = |text: &str| json!(text).to_string().trim_matches('"').to_owned();
    let member = |name: &str| quoted(issued[name].as_str().unwrap());
    text.replace("@c", &member("credential"))
        .replace("@r", &member("receipt"))
        .replace("@h", &member("handle"))
        .replace("@n", &quoted(number))
        .replace("@v", &quoted(code))
        .into_bytes()
}

/// The place of a problem is in what was sent, or just beside what is there.
fn leads_into(sent: &Value, pointer: &Value) {
    let Some(pointer) = pointer.as_str() else { return };
    let parent = pointer.rsplit_once('/').map_or("", |(parent, _)| parent);
    assert!(
        sent.pointer(pointer).is_some() || sent.pointer(parent).is_some(),
        "{pointer} leads nowhere in {sent}"
    );
}

/// The same of an error that is not yet a problem.
pub fn place_of(request: &Value, error: &RequestError) {
    assert!(!error.kind.to_string().is_empty());
    leads_into(request, &json!(error.pointer));
}

/// Requests of every type, recorded ones, questions in every form, acts.
pub fn seeds() -> Vec<Vec<u8>> {
    let form = |route: u8, body: &str| [&[route], body.as_bytes()].concat();
    let catalogue = Catalogue::built_in().unwrap();
    let mut seeds: Vec<Vec<u8>> = catalogue.iter().map(|one| form(0, &one.example().to_string())).collect();
    let recorded = json!({"recorded": {
        "trust": "B", "standing": "suspended", "source": "名录库", "issued_on": "2015-03-01", "standing_since": "2020-01-01",
    }, "licence_number": "湘(2015)字第1号"});
    let recorded = with(business_licence(), &recorded).to_string();
    let plain = business_licence().to_string();
    seeds.push(form(0, &recorded));
    seeds.push(form(1, &format!("{plain}\n{recorded}\n\n{{}}\n")));
    for question in [
        r#"{"evidence":"@c"}"#,
        r#"{"credential":"@c","receipt":"@r"}"#,
        r#"{"licence_number":"@n","verification_code":"@v","at":"2026-11-22T06:00:00.000Z"}"#,
        r#"{"evidence":"@c","expect":{"type":"business-licence","audience":"a","nonce":"n","holder":true},"sign":true,"keep":true}"#,
        r#"{"evidence":"http://127.0.0.1:8080/verify?n=@n&c=@v"}"#,
    ] {
        seeds.push(form(2, question));
    }
    seeds.push(form(3, "@c"));
    seeds.push(form(3, "http://127.0.0.1:8080/verify?n=@n&c=@v"));
    seeds.push(form(3, "@n @v"));
    seeds.push(form(4, "{\"evidence\":\"@c\"}\n{\"credential\":\"@c\",\"receipt\":\"@r\"}\n"));
    seeds.push(form(4, "{\"evidence\":\"@c\",\"sign\":true}\n{\"evidence\":\"@c\"}\n"));
    seeds.push(form(5, r#"{"reason":"检查","basis":"第1条"}"#));
    seeds.push(form(6, r#"{"act":"penalty","reason":"违法"}"#));
    seeds.push(form(7, &json!({"cause": "changed", "licence": business_licence()}).to_string()));
    seeds.push(form(8, "{}"));
    seeds
}

/// Members and what fills them.
pub fn words() -> Vec<String> {
    super::words(&[
        "@c",
        "@r",
        "@n",
        "@v",
        "@h",
        "\"type\":",
        "\"holders\":[",
        "\"holder\":",
        "\"name\":",
        "\"code\":",
        "\"code_type\":",
        "\"role\":",
        "\"claims\":{",
        "\"valid_from\":",
        "\"valid_until\":",
        "\"licence_number\":",
        "\"reference\":",
        "\"key\":",
        "\"region\":",
        "\"holder_key\":",
        "\"case\":",
        "\"approvals\":[",
        "\"recorded\":{",
        "\"trust\":",
        "\"standing\":",
        "\"source\":",
        "\"evidence\":",
        "\"expect\":",
        "\"at\":",
        "\"sign\":true",
        "\"keep\":true",
        "\"verification_code\":",
        "\"cause\":",
        "\"act\":",
        "\"reason\":",
        "\"licence\":",
        "null",
        "\"2026-11-22\"",
        "\"9999-12-31\"",
        "\"0001-01-01\"",
        "\"001\"",
        "\"111\"",
        "\\u0000",
        "\\ud83d\\ude00",
        "\n",
        "business-licence",
        "marriage-registration",
        "identity-attestation",
    ])
}
