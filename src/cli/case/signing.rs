//! What an officer signs: a statement is signed only if it is the statement of the entry it says it is, about the case
//! that was meant, and for an approval only over the digest of the credential that is shown. `openssl pkeyutl -sign
//! -rawin` makes the same signatures.

use std::io::Write as _;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use crate::cli::own_key::{load, read_passphrase};
use crate::crypto::{Digest, KeyId, PrivateKey, base64url};
use crate::ledger::body::{Body, CaseId, Kind, Opinion, Subject, Truth};
use crate::ledger::commitment::commitment;
use crate::ledger::entry::statement;
use crate::sd_jwt::{Presentation, combine};
use crate::values::identifiers::Origin;
use crate::values::lang::Lang;
use crate::wiring::told::Told;

/// An officer's key.
pub(in crate::cli) struct Signer(PrivateKey);

/// What follows kind and origin in a statement.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    body: Value,
    prev: Option<Digest>,
}

impl Signer {
    pub(in crate::cli) fn load(key: &Path, passphrase: Option<&Path>) -> anyhow::Result<Self> {
        let passphrase = passphrase.map(read_passphrase).transpose()?;
        Ok(Self(load(key, passphrase.as_ref().map(|passphrase| passphrase.as_slice()))?))
    }

    pub(in crate::cli) fn id(&self) -> KeyId {
        self.0.id()
    }

    /// Signs what was prepared of a case.
    pub(super) fn sign(
        &self,
        sign: &Value,
        case: &CaseId,
        wish: (&str, &Value),
        lang: Lang,
    ) -> anyhow::Result<String> {
        let (body, bytes) = read(sign)?;
        if body.subject() != Subject::Case(*case) || !is_wished(&body, wish) {
            return Err(other(case).into());
        }
        if !is_committed(&body, case, sign, wish.1) {
            return Err(other_words().into());
        }
        self.tell_and_sign(&body, &bytes, lang, "")
    }

    /// Signs a statement if the entry that it becomes is what was meant.
    pub(in crate::cli) fn sign_as(
        &self,
        sign: &Value,
        is: impl Fn(&Body) -> bool,
        lang: Lang,
    ) -> anyhow::Result<String> {
        let (body, bytes) = read(sign)?;
        if !is(&body) {
            return Err(Told::new(
                format!("待签的内容（{}）不是所要办理的事：请不要签名", body.kind()),
                format!("what is to be signed ({}) is not what was asked for; do not sign", body.kind()),
            )
            .into());
        }
        self.tell_and_sign(&body, &bytes, lang, "")
    }

    /// Signs what a case decided, if it is what is shown; the digest of it, and the signature.
    pub(super) fn approve(
        &self,
        approvals: &Value,
        case: &CaseId,
        lang: Lang,
    ) -> anyhow::Result<(Digest, String)> {
        let nothing = || Told::new("该办件没有待审批的决定", "nothing of this case waits for approval");
        let sign = approvals.get("sign").ok_or_else(nothing)?;
        let credential = approvals.get("credential").and_then(Value::as_str).ok_or_else(nothing)?;
        let disclosures = approvals.get("disclosures").and_then(Value::as_array).ok_or_else(nothing)?;
        let disclosures: Vec<String> =
            disclosures.iter().filter_map(Value::as_str).map(str::to_owned).collect();
        let (body, bytes) = read(sign)?;
        let digest = Digest::of(credential.as_bytes());
        let Body::LicenceIssued(issued) = &body else { return Err(other(case).into()) };
        if issued.case.map(|from| from.handle) != Some(*case) {
            return Err(other(case).into());
        }
        if issued.credential_digest != digest {
            return Err(Told::new(
                format!("所列凭证的摘要是 {digest},待签的却是 {}:请不要签名", issued.credential_digest),
                format!(
                    "what is shown has the digest {digest}, what is to be signed {}: do not sign",
                    issued.credential_digest
                ),
            )
            .into());
        }
        // Read as anybody will read it: signed or not, it says this.
        let unsigned = format!("{credential}.{}", "A".repeat(86));
        let text = combine(&unsigned, &disclosures);
        let read = Presentation::parse(&text)?.disclose()?;
        let said = serde_json::to_string_pretty(read.claims().as_map())?;
        Ok((digest, self.tell_and_sign(&body, &bytes, lang, &said)?))
    }

    fn tell_and_sign(&self, body: &Body, bytes: &[u8], lang: Lang, said: &str) -> anyhow::Result<String> {
        let what = serde_json::to_string_pretty(&body.to_value()?)?;
        let head = lang.choose("签名的内容:", "what is signed:");
        let (kind, gap) = (body.kind(), if said.is_empty() { "" } else { "\n" });
        writeln!(std::io::stderr(), "{head} {kind}\n{what}{gap}{said}")?;
        Ok(base64url::encode(&self.0.sign(bytes)?))
    }
}

/// Whether a step is what was wished, as far as its entry says it in the clear.
fn is_wished(body: &Body, (step, wish): (&str, &Value)) -> bool {
    let said = |name: &str| wish.get(name).and_then(Value::as_str);
    match (body, step) {
        (Body::CaseAccepted(_), "accept") => said("outcome") != Some("declined"),
        (Body::CaseDeclined(_), "accept") => said("outcome") == Some("declined"),
        (Body::CaseAsked(_), "ask") | (Body::CaseRectified(_), "rectify") => true,
        (Body::CaseExamined(examined), "examine") => {
            said("opinion") == Some(if examined.opinion == Opinion::Grant { "grant" } else { "refuse" })
        }
        (Body::CaseDecided(decided), "decide") => {
            let outcomes: &[&str] = match (decided.licence, decided.upheld) {
                (Some(_), false) => &["granted"],
                (None, true) => &["upheld"],
                (None, false) => &["refused", "dismissed"],
                (Some(_), true) => &[],
            };
            said("outcome").is_some_and(|wished| outcomes.contains(&wished))
        }
        (Body::CaseChecked(checked), "check") => {
            said("truth") == Some(if checked.truth == Truth::Kept { "kept" } else { "false" })
        }
        _ => false,
    }
}

/// Whether the entry commits to the words that were wished, under the salt that came with it.
fn is_committed(body: &Body, case: &CaseId, sign: &Value, wish: &Value) -> bool {
    let Some((field, committed)) = body.said() else { return true };
    let salt = sign.get("salt").and_then(Value::as_str).and_then(base64url::decode);
    let made = salt.zip(wish.get("reason")).map(|(salt, words)| commitment(&salt, case, field, words));
    made.is_some_and(|made| made.is_ok_and(|made| made == committed))
}

/// The body that a statement is about, and the statement's bytes.
fn read(sign: &Value) -> anyhow::Result<(Body, Vec<u8>)> {
    let found = || {
        let kind = Kind::parse(sign.get("kind")?.as_str()?)?;
        let bytes = base64url::decode(sign.get("statement")?.as_str()?)?;
        let text = std::str::from_utf8(&bytes).ok()?;
        let mut lines = text.splitn(3, '\n');
        let head = format!("vidimus/statement/{kind}/v1");
        let origin: Origin = lines.next().filter(|line| *line == head).and(lines.next())?.parse().ok()?;
        let said: Said = serde_json::from_str(lines.next()?).ok()?;
        let body = Body::from_value(kind, said.body).ok()?;
        (statement(&body, said.prev, &origin).ok()? == bytes).then_some((body, bytes))
    };
    Ok(found().ok_or_else(|| {
        Told::new(
            "待签的内容与其所称不符:请不要签名",
            "what is to be signed is not what it says it is; do not sign",
        )
    })?)
}

fn other_words() -> Told {
    Told::new(
        "待签的内容承诺的不是所写的文字:请不要签名",
        "what is to be signed does not commit to the words that were written; do not sign",
    )
}

fn other(case: &CaseId) -> Told {
    Told::new(
        format!("待签的内容不是办件 {case} 的这一步:请不要签名"),
        format!("what is to be signed is not this step of case {case}; do not sign"),
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::ledger::body::CaseAsked;

    #[test]
    fn an_entry_that_commits_to_other_words_is_not_signed() {
        let case: CaseId = "019ab1f1-6b00-7000-8000-000000000001".parse().unwrap();
        let commitment = commitment(&[7; 32], &case, "words", &json!("缺少租赁合同")).unwrap();
        let body = Body::CaseAsked(CaseAsked {
            approvals: Vec::new(),
            case,
            commitment,
            not_after: "2026-12-22T06:00:00.000Z".parse().unwrap(),
        });
        let salt = |byte: u8| json!({"salt": base64url::encode(&[byte; 32])});
        let wish = |words: &str| json!({"reason": words});
        assert!(is_committed(&body, &case, &salt(7), &wish("缺少租赁合同")));
        assert!(!is_committed(&body, &case, &salt(7), &wish("缺少健康证明")));
        assert!(!is_committed(&body, &case, &salt(8), &wish("缺少租赁合同")));
        assert!(!is_committed(&body, &case, &json!({"salt": null}), &wish("缺少租赁合同")));
        assert!(!is_committed(&body, &case, &salt(7), &json!({})));
    }
}
