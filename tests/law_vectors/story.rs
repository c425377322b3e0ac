//! The whole ledger: some fifty entries, every kind, from founding to the freeze.

use serde_json::{Value, json};
use vidimus::crypto::{Digest, KeyId};
use vidimus::ledger::state::View as _;
use vidimus::note::{Scheme, VerifierKey};
use vidimus::values::identifiers::Handle;

use crate::draft::Draft;
use crate::keyring::{AUTHORITY, FIRES, NOT_AFTER, ORIGIN, SHOPS, certificates, id, key, title};
use crate::ledger::Ledger;

/// Two of the first three registrars.
pub(crate) const QUORUM: [&str; 2] = ["registrar-1", "registrar-3"];
const OFFICERS: [&str; 2] = ["officer-1", "officer-2"];
const MORNING: &str = "2026-11-22T06:00:00.123Z";

/// The handle of a number, made on the first day.
pub(crate) fn handle(number: u8) -> Handle {
    Handle::new(MORNING.parse().unwrap(), [number; 10])
}

/// A digest of a name.
pub(crate) fn digest(name: &str) -> Digest {
    Digest::of(name.as_bytes())
}

/// Which shops licence, where its status stands and until when it runs.
pub(crate) fn grant(number: u8, department: &str, licence_type: &str, index: u32) -> Value {
    let who = if department == SHOPS { "shops" } else { "fires" };
    let credential_key = if department == SHOPS { id("credential-shops") } else { id("credential-fires") };
    json!({
        "commitment": digest(&format!("commitment {number}")), "credential_digest": digest(&format!("credential {number}")),
        "credential_key": credential_key, "department": department, "handle": handle(number),
        "power": format!("{who}-{licence_type}"), "region": "330106", "status": {"index": index, "list": 1},
        "type": licence_type, "valid_from": "2026-11-22", "valid_until": "2028-02-29", "version": 1,
    })
}

/// An act on a licence.
fn act(kind: &'static str, number: u8, ending: Option<&str>) -> Draft {
    let mut body = json!({"commitment": digest(&format!("{kind} {number}")), "handle": handle(number)});
    if let Some(ending) = ending {
        body["act"] = json!(ending);
    }
    Draft::new(kind, if number == 7 { "registry-fires" } else { "registry-shops" }, body)
}

/// A statement of registrars.
pub(crate) fn decided(kind: &'static str, mut body: Value) -> Draft {
    body["not_after"] = json!(NOT_AFTER);
    Draft { approvers: QUORUM.into(), ..Draft::new(kind, "registry", body) }
}

fn with(mut value: Value, name: &str, member: Value) -> Value {
    value[name] = member;
    value
}

/// The ledger before its first licence.
pub(crate) fn begun() -> Ledger {
    let mut ledger = Ledger::new(MORNING);
    found(&mut ledger);
    introduce(&mut ledger);
    empower(&mut ledger);
    ledger
}

/// The ledger up to its freeze, without it.
pub(crate) fn told() -> Ledger {
    let mut ledger = begun();
    issue(&mut ledger);
    end(&mut ledger);
    reorganise(&mut ledger);
    ledger
}

/// The last entry of the whole ledger.
pub(crate) fn freeze() -> Draft {
    Draft { approvers: vec!["registrar-1", "registrar-4"], ..decided("ledger.frozen", json!({})) }
}

/// Another law, by the registrars of the end.
pub(crate) fn law_change(ledger: &mut Ledger) -> Draft {
    let text = ledger.blob(b"Law 1, which nobody knows yet.\n");
    let body = json!({"law": {"text": text, "version": 1}});
    Draft { approvers: vec!["registrar-1", "registrar-4"], ..decided("law.changed", body) }
}

fn found(ledger: &mut Ledger) {
    let text = ledger.blob(b"The law of the vectors; the law itself is schemas/law/law-0.md.\n");
    let certificate = ledger.blob(&certificates()["root"].certificate.0);
    let name = ORIGIN.parse().unwrap();
    let vkey = VerifierKey::of(name, Scheme::Ed25519, key("checkpoint-1").public()).unwrap();
    let registrar = |name| title(name, "authority", "registrar");
    let body = json!({
        "base_url": "https://licences.example", "code": AUTHORITY,
        "checkpoint": {"title": title("checkpoint-1", "authority", "checkpoint"), "vkey": vkey.to_string()},
        "law": {"text": text, "version": 0}, "name": {"en": "Sample City", "zh": "示例市政务服务局"},
        "offset": "+08:00", "origin": ORIGIN, "quorum": 2, "region": "330100",
        "registrars": [registrar("registrar-1"), registrar("registrar-2"), registrar("registrar-3")],
        "registry": title("registry", "authority", "registry"),
        "root": {"certificate": certificate, "title": title("root", "authority", "root")},
    });
    let approvers = vec!["registrar-1", "registrar-2", "registrar-3"];
    ledger.append(Draft { approvers, ..decided("authority.founded", body) });
}

/// `key.introduced`, with its certificate where there is one.
pub(crate) fn introduction(ledger: &mut Ledger, name: &str, owner: &str, purpose: &str) -> Draft {
    let mut body = json!({"title": title(name, owner, purpose)});
    if purpose == "witness" {
        body["title"].as_object_mut().unwrap().remove("possession");
    }
    if let Some(certified) = certificates().get(name) {
        body["certificate"] = ledger.blob(&certified.certificate.0);
    }
    decided("key.introduced", body)
}

fn introduce(ledger: &mut Ledger) {
    for (code, slug, zh) in [(SHOPS, "shops", "示例市市场监督管理局"), (FIRES, "fires", "示例市消防救援支队")]
    {
        let body = json!({"code": code, "name": {"en": slug, "zh": zh}, "region": "330106", "slug": slug});
        ledger.append(decided("department.registered", body));
    }
    for (name, owner, purpose) in [
        ("issuing", "authority", "issuing"),
        ("status", "authority", "status"),
        ("report", "authority", "report"),
        ("witness", "authority", "witness"),
        ("registry-shops", SHOPS, "registry"),
        ("registry-fires", FIRES, "registry"),
        ("credential-shops", SHOPS, "credential"),
        ("credential-fires", FIRES, "credential"),
        ("seal-shops", SHOPS, "seal"),
        ("officer-1", SHOPS, "officer"),
        ("officer-2", SHOPS, "officer"),
        ("officer-3", SHOPS, "officer"),
    ] {
        let draft = introduction(ledger, name, owner, purpose);
        ledger.append(draft);
    }
}

/// `type.published`.
pub(crate) fn publication(ledger: &mut Ledger, slug: &str, version: u64, officers: u64) -> Draft {
    let mut blob = |what: &str| ledger.blob(format!("{what} of {slug} {version}\n").as_bytes());
    let code = if slug == "shop" { "001" } else { "002" };
    let body = json!({
        "claims": blob("claims"), "metadata": blob("metadata"), "rules": blob("rules"), "officers": officers,
        "type": slug, "type_code": format!("{AUTHORITY}{code}"), "version": version,
    });
    decided("type.published", body)
}

fn empower(ledger: &mut Ledger) {
    for (slug, officers) in [("shop", 0), ("food", 2)] {
        let draft = publication(ledger, slug, 1, officers);
        ledger.append(draft);
    }
    let basis = ledger.blob("{\"en\":\"basis\",\"zh\":\"依据\"}".as_bytes());
    for (power, department, slug) in
        [("shops-shop", SHOPS, "shop"), ("shops-food", SHOPS, "food"), ("fires-shop", FIRES, "shop")]
    {
        let body = json!({
            "basis": basis, "department": department, "from": "2026-11-22", "power": power, "region": "330100",
            "type": slug, "until": "2027-12-31",
        });
        ledger.append(decided("power.granted", body));
    }
}

fn direct(body: Value) -> Draft {
    let signer = if body["department"] == SHOPS { "registry-shops" } else { "registry-fires" };
    Draft::new("licence.issued", signer, body)
}

fn approved(kind: &'static str, body: Value) -> Draft {
    Draft { approvers: OFFICERS.into(), ..Draft::new(kind, "registry-shops", body) }
}

fn replacing(ledger: &Ledger, mut body: Value, old: u8, cause: &str) -> Value {
    let prev = ledger.state.licence(&handle(old)).unwrap().unwrap().last;
    body["replaces"] = json!({"cause": cause, "handle": handle(old), "prev": prev});
    body
}

fn carrier(number: u8, carrier: &str, signing_key: KeyId, index: u32) -> Draft {
    let body = json!({
        "carrier": carrier, "digest": digest(carrier), "handle": handle(number), "signing_key": signing_key,
        "status": {"index": index, "list": 2},
    });
    Draft::new("licence.carried", "registry-shops", body)
}

fn issue(ledger: &mut Ledger) {
    let not_after = || json!(NOT_AFTER);
    ledger.append(direct(grant(1, SHOPS, "shop", 7)));
    ledger.append(carrier(1, "pdf", certificates()["seal-shops"].public().id(), 0));
    ledger.append(carrier(1, "wallet", id("credential-shops"), 1_048_575));
    ledger.append(act("licence.suspended", 1, None));
    let second = replacing(ledger, grant(2, SHOPS, "shop", 1_048_575), 1, "corrected");
    ledger.append(direct(second));
    ledger.append(act("licence.reinstated", 2, None));
    ledger.append(approved("licence.issued", with(grant(3, SHOPS, "food", 100), "not_after", not_after())));
    let mut short = grant(4, SHOPS, "shop", 101);
    short["valid_until"] = json!("2026-11-22");
    ledger.append(direct(short));
    let recorded = |grant: Value, standing: &str, trust: &str| json!({"grant": grant, "standing": standing, "trust": trust});
    let old = with(grant(5, SHOPS, "shop", 102), "valid_from", json!("2019-02-28"));
    ledger.append(Draft::new("licence.recorded", "registry-shops", recorded(old, "suspended", "B")));
    let old = with(grant(6, SHOPS, "food", 103), "not_after", not_after());
    ledger.append(approved("licence.recorded", recorded(old, "valid", "A")));
    let mut open = grant(7, FIRES, "shop", 104);
    open.as_object_mut().unwrap().remove("valid_until");
    ledger.append(direct(open));
}

fn end(ledger: &mut Ledger) {
    ledger.append(act("licence.ended", 3, Some("penalty")));
    ledger.append(act("licence.ended", 3, Some("rescinded")));
    ledger.append(act("licence.ended", 3, Some("cancelled")));
    ledger.append(act("licence.erased", 3, None));
    ledger.append(act("licence.ended", 7, Some("recalled")));
    // The fourth licence ended with the day at +08:00.
    ledger.wait_until("2026-11-22T16:00:00.000Z");
    let renewed = replacing(ledger, grant(8, SHOPS, "shop", 105), 4, "renewed");
    ledger.append(direct(renewed));
    count(ledger, MORNING, "2026-11-22T16:00:00.000Z");
    anchor(ledger);
}

fn count(ledger: &mut Ledger, from: &str, until: &str) {
    let counts = json!([
        {"count": 3, "reason": "not-recognised"},
        {"count": 1, "department": SHOPS, "reason": "no-power", "type": "food"},
    ]);
    ledger.append(Draft::new(
        "refusals.counted",
        "registry",
        json!({"counts": counts, "from": from, "until": until}),
    ));
}

fn anchor(ledger: &mut Ledger) {
    let body = json!({"root": ledger.state.root().unwrap(), "size": ledger.entries.len()});
    ledger.append(Draft::new("ledger.anchored", "registry", body));
}

/// The third registrar goes, the fourth comes; what follows is approved by the new set.
fn reorganise(ledger: &mut Ledger) {
    let registrars: Vec<Value> = ["registrar-1", "registrar-2", "registrar-4"]
        .into_iter()
        .map(|name| title(name, "authority", "registrar"))
        .collect();
    let body = json!({"quorum": 2, "registrars": registrars});
    let approvers = vec!["registrar-1", "registrar-3", "registrar-4"];
    ledger.append(Draft { approvers, ..decided("registrars.changed", body) });
    let anew = |kind, body| Draft { approvers: vec!["registrar-1", "registrar-4"], ..decided(kind, body) };
    let body = introduction(ledger, "checkpoint-2", "authority", "checkpoint").body;
    let approvers = vec!["registrar-1", "registrar-4", "checkpoint-1"];
    ledger.append(Draft { approvers, ..decided("key.introduced", body) });
    ledger.append(anew("key.retired", json!({"key": id("checkpoint-1")})));
    ledger.append(anew("authority.moved", json!({"base_url": "https://zhengzhao.example/city"})));
    let body = publication(ledger, "shop", 2, 1).body;
    ledger.append(anew("type.published", body));
    ledger.append(anew("power.withdrawn", json!({"power": "fires-shop"})));
    ledger.append(anew("type.withdrawn", json!({"type": "food"})));
    ledger.append(anew("key.retired", json!({"key": id("credential-fires")})));
    ledger.append(anew("department.withdrawn", json!({"code": FIRES})));
    count(ledger, "2026-11-22T16:00:00.000Z", "2026-11-22T16:10:00.000Z");
    anchor(ledger);
    let mut ninth = with(grant(9, SHOPS, "shop", 106), "not_after", json!(NOT_AFTER));
    ninth["version"] = json!(2);
    ledger.append(Draft {
        approvers: vec!["officer-3"],
        ..Draft::new("licence.issued", "registry-shops", ninth)
    });
    ledger.append(act("licence.ended", 5, Some("annulled")));
}
