//! Mutated copies of the whole ledger: each differs from it in one entry, which breaks one rule and is otherwise well
//! made: signed anew, and with the `prev` of its subject unless that is what is wrong.

use serde_json::{Value, json};
use vidimus::law::Rule;
use vidimus::values::time::Time;

use crate::draft::Draft;
use crate::keyring::{FIRES, NOT_AFTER, SHOPS, id, title};
use crate::ledger::{Ledger, last};
use crate::story::{digest, handle};

/// One entry in place of the one at `index`.
pub(crate) struct Mutation {
    pub(crate) name: &'static str,
    pub(crate) rule: Rule,
    pub(crate) index: usize,
    pub(crate) bytes: Vec<u8>,
}

/// All of them, in the order of section 12's sections.
pub(crate) fn mutations(ledger: &Ledger) -> Vec<Mutation> {
    let copies = Copies { ledger };
    [copies.envelope(), copies.people(), copies.keys(), copies.charter(), copies.licences(), copies.counts()]
        .into_iter()
        .flatten()
        .collect()
}

pub(crate) struct Copies<'a> {
    pub(crate) ledger: &'a Ledger,
}

impl Copies<'_> {
    /// The `nth` entry of a kind, changed.
    pub(crate) fn copy(
        &self,
        name: &'static str,
        rule: Rule,
        (kind, nth): (&str, usize),
        change: impl FnOnce(&mut Draft),
    ) -> Mutation {
        let (index, mut draft) = self.ledger.nth(kind, nth);
        change(&mut draft);
        Mutation { name, rule, index, bytes: draft.seal() }
    }

    /// The `nth` entry of a kind with another body; `prev` is that of the body's subject.
    pub(crate) fn body(
        &self,
        name: &'static str,
        rule: Rule,
        (kind, nth): (&str, usize),
        change: impl FnOnce(&mut Value),
    ) -> Mutation {
        let (index, _) = self.ledger.nth(kind, nth);
        self.copy(name, rule, (kind, nth), |draft| {
            change(&mut draft.body);
            draft.prev = last(&self.ledger.state_at(index), draft.kind, &draft.body);
        })
    }

    fn envelope(&self) -> Vec<Mutation> {
        let moved = ("authority.moved", 0);
        let (frozen, _) = self.ledger.nth("ledger.frozen", 0);
        let (second, _) = self.ledger.nth("department.registered", 0);
        let again = self.copy("founded again", Rule::Founding, ("authority.founded", 0), |_| {});
        let late = self.copy("another kind first", Rule::Founding, ("department.registered", 0), |_| {});
        let mut after = self.ledger.next(self.ledger.nth("authority.moved", 0).1);
        after.body["base_url"] = json!("https://later.example");
        vec![
            self.copy("a space", Rule::Canonical, moved, |draft| {
                draft.spelling = |bytes| [b"{ ", &bytes[1..]].concat();
            }),
            self.copy(
                "a member that the schema does not know",
                Rule::Schema,
                ("licence.suspended", 0),
                |draft| {
                    draft.body["reason"] = json!("x");
                },
            ),
            self.copy("an object spelt as an array", Rule::Schema, ("licence.issued", 0), |draft| {
                draft.body["status"] = json!([1, 7]);
            }),
            self.copy("an empty list of approvals", Rule::Schema, ("licence.issued", 0), |draft| {
                draft.body["approvals"] = json!([]);
            }),
            self.copy("an envelope of version 2", Rule::Schema, moved, |draft| {
                draft.envelope = |envelope| drop(envelope.insert("v".into(), json!(2)));
            }),
            self.copy("more than 16 KiB", Rule::Size, moved, |draft| {
                draft.body["base_url"] = json!(format!("https://{}.example", "a".repeat(16 * 1024)));
            }),
            self.copy("a string outside ASCII", Rule::Ascii, moved, |draft| {
                draft.body["base_url"] = json!("https://证照.example");
            }),
            Mutation { index: second, ..again },
            Mutation { index: 0, ..late },
            Mutation { name: "after the freeze", rule: Rule::Frozen, index: frozen + 1, bytes: after.seal() },
            self.copy("a millisecond before the last entry", Rule::TimeOrder, moved, |draft| {
                let (index, _) = self.ledger.nth(draft.kind, 0);
                let before: Time = self.ledger.drafts[index - 1].time.parse().unwrap();
                draft.time = before.plus(-1).to_string();
            }),
            self.copy("prev of another subject", Rule::Prev, ("licence.suspended", 0), |draft| {
                draft.prev = Some(digest("another"));
            }),
            self.copy("no prev", Rule::Prev, ("licence.suspended", 0), |draft| draft.prev = None),
            self.copy("prev where there is none", Rule::Prev, ("licence.issued", 0), |draft| {
                draft.prev = Some(digest("another"));
            }),
            self.copy("signed by a department", Rule::OuterKey, moved, |draft| {
                draft.signer = "registry-shops";
            }),
            self.copy("signed by a registrar", Rule::OuterKey, moved, |draft| draft.signer = "registrar-1"),
            self.copy("another signature", Rule::OuterSignature, moved, |draft| {
                draft.spelling = |bytes| {
                    let text = String::from_utf8(bytes).unwrap();
                    let (head, tail) = text.rsplit_once("\"sig\":\"").unwrap();
                    let first = if tail.starts_with('A') { "B" } else { "A" };
                    let rest: String = tail.chars().skip(1).collect();
                    format!("{head}\"sig\":\"{first}{rest}").into_bytes()
                };
            }),
        ]
    }

    fn people(&self) -> Vec<Mutation> {
        let granted = ("power.granted", 0);
        vec![
            self.copy("one of two registrars", Rule::Approvals, granted, |draft| {
                draft.approvers.truncate(1);
            }),
            self.copy(
                "an approval of a directly issued licence",
                Rule::Approvals,
                ("licence.issued", 0),
                |draft| {
                    draft.approvers = vec!["officer-1"];
                    draft.body["not_after"] = json!(NOT_AFTER);
                },
            ),
            self.copy("a registrar who is one no more", Rule::Approvals, ("authority.moved", 0), |draft| {
                draft.approvers = vec!["registrar-1", "registrar-3"];
            }),
            self.copy("statements for another ledger", Rule::ApprovalSignature, granted, |draft| {
                draft.statement_origin = "ledger.example/another";
            }),
            self.copy("approved until yesterday", Rule::NotAfter, granted, |draft| {
                draft.body["not_after"] = json!("2026-11-21T00:00:00.000Z");
            }),
        ]
    }

    fn keys(&self) -> Vec<Mutation> {
        let registrars = ("registrars.changed", 0);
        let issuing = ("key.introduced", 0);
        let (officer, credential) = (("key.introduced", 10), ("key.introduced", 6));
        vec![
            self.body("possession of another owner", Rule::Possession, officer, |body| {
                body["title"]["owner"] = json!(FIRES);
            }),
            self.body("no possession", Rule::Possession, officer, |body| {
                body["title"].as_object_mut().unwrap().remove("possession");
            }),
            self.body("a key introduced before", Rule::KeyReuse, officer, |body| {
                body["title"] = title("officer-1", SHOPS, "officer");
            }),
            self.body("a registrar by the back door", Rule::KeyPurpose, officer, |body| {
                body["title"] = title("registrar-5", "authority", "registrar");
            }),
            self.body("a department with a status key", Rule::KeyPurpose, officer, |body| {
                body["title"] = title("officer-2", SHOPS, "status");
            }),
            self.body("the certificate of another key", Rule::Certificate, credential, |body| {
                body["certificate"] = self.ledger.nth("key.introduced", 7).1.body["certificate"].clone();
            }),
            self.body("no certificate", Rule::Certificate, issuing, |body| {
                body.as_object_mut().unwrap().remove("certificate");
            }),
            self.body("four of three registrars", Rule::Registrars, registrars, |body| {
                body["quorum"] = json!(4);
            }),
            self.body("a registrar twice", Rule::Registrars, registrars, |body| {
                body["registrars"][1] = body["registrars"][0].clone();
            }),
            self.copy(
                "a checkpoint key without the old one",
                Rule::Approvals,
                ("key.introduced", 12),
                |draft| {
                    draft.approvers.retain(|name| *name != "checkpoint-1");
                },
            ),
            self.copy("two registrars found", Rule::Approvals, ("authority.founded", 0), |draft| {
                draft.approvers.truncate(2);
            }),
            self.copy("the vkey of another key", Rule::Vkey, ("authority.founded", 0), |draft| {
                let vkey = draft.body["checkpoint"]["vkey"].as_str().unwrap().replace("sample", "simple");
                draft.body["checkpoint"]["vkey"] = json!(vkey);
            }),
            self.body("the authority's only registry key", Rule::KeyPurpose, ("key.retired", 0), |body| {
                body["key"] = json!(id("registry"));
            }),
            self.body("a key retired twice", Rule::Identifier, ("key.retired", 1), |body| {
                body["key"] = json!(id("checkpoint-1"));
            }),
        ]
    }

    fn charter(&self) -> Vec<Mutation> {
        let moved = ("authority.moved", 0);
        let (granted, published) = (("power.granted", 0), ("type.published", 2));
        vec![
            self.body("no address", Rule::Name, moved, |body| body["base_url"] = json!("ftp://x.example")),
            self.body("the base URL it had", Rule::Name, moved, |body| {
                body["base_url"] = json!("https://licences.example");
            }),
            self.copy("founded under law 1", Rule::Law, ("authority.founded", 0), |draft| {
                draft.body["law"]["version"] = json!(1);
            }),
            self.copy("a predecessor whose checkpoint says otherwise", Rule::Founding, ("authority.founded", 0), |draft| {
                let checkpoint = draft.body["law"]["text"].clone();
                draft.body["succeeds"] = json!({
                    "checkpoint": checkpoint, "origin": "ledger.example/old", "root": digest("root"), "size": 3,
                });
            }),
            self.body("a blob that is not there", Rule::Blob, granted, |body| {
                body["basis"]["sha256"] = json!(digest("nothing"));
            }),
            self.body("a blob of another size", Rule::Blob, granted, |body| {
                body["basis"]["size"] = json!(1);
            }),
            self.body("a slug used before", Rule::Identifier, ("department.registered", 1), |body| {
                body["slug"] = json!("shops");
            }),
            self.body("a department registered again", Rule::Identifier, ("department.registered", 1), |body| {
                body["code"] = json!(SHOPS);
            }),
            self.body("version 3 after 1", Rule::Identifier, published, |body| body["version"] = json!(3)),
            self.body("a power granted again", Rule::Identifier, ("power.granted", 1), |body| {
                body["power"] = json!("shops-shop");
            }),
            self.body("a department nobody registered", Rule::Department, granted, |body| {
                body["department"] = json!("11330106MB1A351289");
            }),
            self.body("a type nobody published", Rule::Type, granted, |body| body["type"] = json!("boat")),
            self.body("a power that ends before it begins", Rule::Dates, granted, |body| {
                body["until"] = json!("2026-11-21");
            }),
            self.body("a power withdrawn that nobody granted", Rule::Power, ("power.withdrawn", 0), |body| {
                body["power"] = json!("nobody");
            }),
        ]
    }

    fn licences(&self) -> Vec<Mutation> {
        let issued = ("licence.issued", 0);
        vec![
            self.body("a handle used before", Rule::Identifier, ("licence.issued", 1), |body| {
                body["handle"] = json!(handle(1));
            }),
            self.body("a version that is not published", Rule::Type, issued, |body| {
                body["version"] = json!(2);
            }),
            self.body("a region outside the power's", Rule::Power, issued, |body| {
                body["region"] = json!("440100");
            }),
            self.body("another department's power", Rule::Power, issued, |body| {
                body["power"] = json!("fires-shop");
            }),
            self.body("another department's credential key", Rule::KeyPurpose, issued, |body| {
                body["credential_key"] = json!(id("credential-fires"));
            }),
            self.body("a handle of later", Rule::HandleTime, issued, |body| {
                let later = "2026-11-22T23:00:00.000Z".parse().unwrap();
                body["handle"] = json!(vidimus::values::identifiers::Handle::new(later, [1; 10]));
            }),
            self.body("a licence that ends before it begins", Rule::Dates, issued, |body| {
                body["valid_until"] = json!("2026-11-21");
            }),
            self.body("a status index used before", Rule::StatusPlace, ("licence.issued", 2), |body| {
                body["status"] = json!({"index": 7, "list": 1});
            }),
            self.body("a status index past the end", Rule::StatusPlace, issued, |body| {
                body["status"] = json!({"index": 1 << 20, "list": 1});
            }),
            self.body("an act on no licence", Rule::Licence, ("licence.suspended", 0), |body| {
                body["handle"] = json!(handle(99));
            }),
            self.copy(
                "rescinded twice, cancelled between",
                Rule::Transition,
                ("licence.ended", 3),
                |draft| {
                    draft.body["handle"] = json!(handle(3));
                    draft.body["act"] = json!("rescinded");
                    draft.signer = "registry-shops";
                    let (index, _) = self.ledger.nth(draft.kind, 3);
                    draft.prev = last(&self.ledger.state_at(index), draft.kind, &draft.body);
                },
            ),
            self.copy("another department's licence", Rule::NotYours, ("licence.suspended", 0), |draft| {
                draft.signer = "registry-fires";
            }),
            self.body("recalled after the penalty", Rule::Transition, ("licence.ended", 1), |body| {
                body["act"] = json!("recalled");
            }),
            self.body("an expired licence changed", Rule::Transition, ("licence.issued", 5), |body| {
                body["replaces"]["cause"] = json!("changed");
            }),
            self.body("the old licence's prev of before", Rule::Prev, ("licence.issued", 1), |body| {
                body["replaces"]["prev"] = json!(digest("before"));
            }),
            self.carried_while_suspended(),
            self.copy("a recorded licence that replaces", Rule::Schema, ("licence.recorded", 0), |draft| {
                draft.body["grant"]["replaces"] =
                    json!({"cause": "changed", "handle": handle(4), "prev": digest("before")});
            }),
        ]
    }

    fn carried_while_suspended(&self) -> Mutation {
        let (index, reinstated) = self.ledger.nth("licence.reinstated", 0);
        let (_, carried) = self.ledger.nth("licence.carried", 0);
        let mut draft = Draft { prev: reinstated.prev, time: reinstated.time, ..carried };
        draft.body["handle"] = json!(handle(2));
        draft.body["status"]["index"] = json!(9);
        let name = "a carrier of a suspended licence";
        Mutation { name, rule: Rule::Carrier, index, bytes: draft.seal() }
    }

    fn counts(&self) -> Vec<Mutation> {
        let counted = ("refusals.counted", 1);
        let anchored = ("ledger.anchored", 0);
        vec![
            self.body("a gap between counts", Rule::Counts, counted, |body| {
                body["from"] = json!("2026-11-22T16:00:00.001Z");
            }),
            self.body("counts in another order", Rule::Counts, counted, |body| {
                body["counts"].as_array_mut().unwrap().reverse();
            }),
            self.body("a count of nothing", Rule::Counts, counted, |body| {
                body["counts"][0]["count"] = json!(0);
            }),
            self.body("another root", Rule::Anchor, anchored, |body| body["root"] = json!(digest("root"))),
            self.body("the size before", Rule::Anchor, anchored, |body| {
                body["size"] = json!(body["size"].as_u64().unwrap() - 1);
            }),
        ]
    }
}
