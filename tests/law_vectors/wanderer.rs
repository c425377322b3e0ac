//! Somebody who does things to a ledger without asking whether they may: acts on few licences by two departments, and what
//! registrars decide, each well made, by whom it takes and with the right `prev`, and sensible more often than not.

use serde_json::{Value, json};
use vidimus::ledger::state::View as _;

use crate::chance::Chance;
use crate::draft::Draft;
use crate::keyring::{FIRES, NOT_AFTER, SHOPS, id, title};
use crate::ledger::Ledger;
use crate::story::{begun, digest, grant, handle, introduction, publication};

/// More handles than these are never used, so that acts meet.
const HANDLES: u8 = 8;
const ENDINGS: [&str; 5] = ["recalled", "rescinded", "penalty", "annulled", "cancelled"];
/// Why licences are replaced.
pub(crate) const CAUSES: [&str; 4] = ["renewed", "changed", "corrected", "reissued"];
const REGISTRARS: [&str; 5] = ["registrar-1", "registrar-2", "registrar-3", "registrar-4", "registrar-5"];
const OFFICERS: [&str; 4] = ["officer-1", "officer-2", "officer-3", "officer-4"];
/// Keys that come later: name, owner, purpose.
const NEW_KEYS: [(&str, &str, &str); 8] = [
    ("officer-4", SHOPS, "officer"),
    ("officer-5", FIRES, "officer"),
    ("registry-shops-2", SHOPS, "registry"),
    ("registry-fires-2", FIRES, "registry"),
    ("registry-2", "authority", "registry"),
    ("report-2", "authority", "report"),
    ("checkpoint-2", "authority", "checkpoint"),
    ("witness-2", "authority", "witness"),
];
const DAY: i64 = 86_400_000;

pub(crate) struct Wanderer {
    pub(crate) ledger: Ledger,
    pub(crate) chance: Chance,
    registrars: Vec<&'static str>,
    quorum: usize,
    done: usize,
}

impl Wanderer {
    pub(crate) fn new(seed: u64) -> Self {
        let registrars = REGISTRARS[..3].to_vec();
        Self { ledger: begun(), chance: Chance::new(seed), registrars, quorum: 2, done: 0 }
    }

    /// The next thing done, with the `prev` and time of the next entry.
    pub(crate) fn next(&mut self) -> Draft {
        self.done += 1;
        match self.chance.below(80) {
            0 => self.ledger.pass(DAY * 100),
            1..6 => self.ledger.pass(DAY),
            _ => {}
        }
        let nothing_yet = self.ledger.state.licences().next().is_none();
        let draft = match self.chance.below(20) {
            0..4 => self.issued(),
            5..14 if nothing_yet => self.issued(),
            4 => self.recorded(),
            5..7 => self.carried(),
            7..14 => self.acted(),
            14 => self.counted(),
            15 => self.anchored(),
            _ => self.decided(),
        };
        self.ledger.next(draft)
    }

    /// What follows when an entry was accepted.
    pub(crate) fn took(&mut self, draft: &Draft) {
        if draft.kind == "registrars.changed" {
            let names = |id: &Value| {
                REGISTRARS.into_iter().find(|name| title(name, "authority", "registrar")["spki"] == *id)
            };
            let titles = draft.body["registrars"].as_array().unwrap();
            self.registrars = titles.iter().filter_map(|title| names(&title["spki"])).collect();
            self.quorum = usize::try_from(draft.body["quorum"].as_u64().unwrap()).unwrap();
        }
    }

    /// A handle: mostly one that is in use, or mostly one that is not.
    fn number(&mut self, used: bool) -> u8 {
        let is_used = |number: &u8| self.ledger.state.licence(&handle(*number)).unwrap().is_some();
        let fitting: Vec<u8> = (0..HANDLES).filter(|number| is_used(number) == used).collect();
        if fitting.is_empty() || self.chance.once_in(10) {
            return self.chance.of(&Vec::from_iter(0..HANDLES));
        }
        self.chance.of(&fitting)
    }

    fn department(&mut self) -> &'static str {
        self.chance.of(&[SHOPS, SHOPS, FIRES])
    }

    /// The department's registry key, sometimes the newer one, sometimes the other's.
    fn signer(&mut self, department: &str) -> &'static str {
        let own = if department == SHOPS {
            ["registry-shops", "registry-shops-2"]
        } else {
            ["registry-fires", "registry-fires-2"]
        };
        match self.chance.below(20) {
            0 => own[1],
            1 => "registry-fires",
            2 => "registry",
            _ => own[0],
        }
    }

    /// A grant, and who approves it where its type asks for officers.
    fn granted(&mut self) -> (Value, Vec<&'static str>) {
        let department = self.department();
        let number = self.number(false);
        let slug = if self.chance.once_in(4) { "food" } else { "shop" };
        let place = if self.chance.once_in(8) { self.chance.below(3) } else { self.done + 10 };
        let mut body = grant(number, department, slug, u32::try_from(place).unwrap());
        body["valid_until"] =
            json!(self.chance.of(&["2026-11-22", "2026-12-24", "2027-11-22", "2028-02-29"]));
        match self.chance.below(12) {
            0 => drop(body.as_object_mut().unwrap().remove("valid_until")),
            1 => body["valid_from"] = json!("2027-01-01"),
            2 => body["version"] = json!(2),
            3 => body["region"] = json!(self.chance.of(&["330102", "330200", "440106"])),
            4 => body["status"]["list"] = json!(self.chance.below(3)),
            _ => {}
        }
        let versions = self.ledger.state.charter().published(&slug.parse().unwrap());
        let version = usize::try_from(body["version"].as_u64().unwrap()).unwrap();
        let officers = versions
            .and_then(|published| published.versions.get(version - 1))
            .map_or(0, |held| held.value.officers);
        let mut approvers = Vec::new();
        if officers > 0 {
            body["not_after"] = json!(NOT_AFTER);
            approvers = self.chance.some(&OFFICERS[..3], usize::try_from(officers).unwrap());
        }
        (body, approvers)
    }

    fn issued(&mut self) -> Draft {
        let (mut body, approvers) = self.granted();
        if self.chance.once_in(3) {
            let old = self.number(true);
            let last = self.ledger.state.licence(&handle(old)).unwrap().map(|licence| licence.last);
            let prev = last.unwrap_or_else(|| digest("nothing"));
            body["replaces"] = json!({"cause": self.chance.of(&CAUSES), "handle": handle(old), "prev": prev});
        }
        let signer = self.signer(body["department"].as_str().unwrap());
        Draft { approvers, ..Draft::new("licence.issued", signer, body) }
    }

    fn recorded(&mut self) -> Draft {
        let (mut grant, approvers) = self.granted();
        grant["valid_from"] = json!("2019-02-28");
        let signer = self.signer(grant["department"].as_str().unwrap());
        let standing = self.chance.of(&["valid", "valid", "suspended", "recalled", "rescinded", "cancelled"]);
        let body =
            json!({"grant": grant, "standing": standing, "trust": self.chance.of(&["A", "B", "C", "D"])});
        Draft { approvers, ..Draft::new("licence.recorded", signer, body) }
    }

    fn carried(&mut self) -> Draft {
        let number = self.number(true);
        let key =
            self.chance.of(&["credential-shops", "credential-shops", "credential-fires", "registry-shops"]);
        let body = json!({
            "carrier": self.chance.of(&["wallet", "pdf", "qr"]), "digest": digest(&format!("carrier {}", self.done)),
            "handle": handle(number), "signing_key": id(key), "status": {"index": self.done, "list": 2},
        });
        Draft::new("licence.carried", self.signer_of(number), body)
    }

    /// The registry key of whoever issued the licence.
    fn signer_of(&mut self, number: u8) -> &'static str {
        let licence = self.ledger.state.licence(&handle(number)).unwrap();
        let department = licence.map_or_else(|| SHOPS.to_owned(), |licence| licence.department.to_string());
        self.signer(&department)
    }

    fn acted(&mut self) -> Draft {
        let number = self.number(true);
        let kinds =
            ["licence.suspended", "licence.reinstated", "licence.ended", "licence.ended", "licence.erased"];
        let kind = self.chance.of(&kinds);
        let mut body =
            json!({"commitment": digest(&format!("{kind} {}", self.done)), "handle": handle(number)});
        if kind == "licence.ended" {
            body["act"] = json!(self.chance.of(&ENDINGS));
        }
        Draft::new(kind, self.signer_of(number), body)
    }

    fn counted(&mut self) -> Draft {
        let now = self.ledger.clock();
        let from = self.ledger.state.charter().counted_until().unwrap_or_else(|| now.plus(-DAY));
        let from = if self.chance.once_in(8) { from.plus(1) } else { from };
        let mut counts = vec![
            json!({"count": 3, "reason": "not-recognised"}),
            json!({"count": 1, "department": SHOPS, "reason": "no-power", "type": "food"}),
            json!({"count": 2, "department": SHOPS, "reason": "no-power", "type": "shop"}),
        ];
        if self.chance.once_in(6) {
            counts.swap(0, 1);
        }
        counts.truncate(self.chance.below(4));
        let until = now.plus(self.chance.of(&[0, 0, -1_000, 1_000]));
        Draft::new("refusals.counted", "registry", json!({"counts": counts, "from": from, "until": until}))
    }

    fn anchored(&mut self) -> Draft {
        let size = self.ledger.entries.len() - usize::from(self.chance.once_in(6));
        let body = json!({"root": self.ledger.state.root().unwrap(), "size": size});
        Draft::new("ledger.anchored", self.chance.of(&["registry", "registry", "registry-2"]), body)
    }

    /// What registrars decide, approved by as many of them as it takes.
    fn decided(&mut self) -> Draft {
        let approvers = self.chance.some(&self.registrars.clone(), self.quorum);
        let of = |kind, mut body: Value| {
            body["not_after"] = json!(NOT_AFTER);
            Draft { approvers: approvers.clone(), ..Draft::new(kind, "registry", body) }
        };
        match self.chance.below(16) {
            0 => of(
                "authority.moved",
                json!({"base_url": format!("https://{}.example", self.chance.below(6))}),
            ),
            1 => self.registrars_changed(approvers),
            2..5 => {
                let (name, owner, purpose) = self.chance.of(&NEW_KEYS);
                let mut draft =
                    of("key.introduced", introduction(&mut self.ledger, name, owner, purpose).body);
                if purpose == "checkpoint" {
                    draft.approvers.push("checkpoint-1");
                }
                draft
            }
            5 => {
                let names = [
                    "officer-1",
                    "officer-2",
                    "registry-fires",
                    "credential-fires",
                    "report",
                    "registry",
                    "registrar-1",
                ];
                of("key.retired", json!({"key": id(self.chance.of(&names))}))
            }
            6..8 => {
                let (version, officers) = (self.chance.of(&[1, 2, 3]), self.chance.of(&[0, 1, 2]));
                let slug = self.chance.of(&["shop", "food"]);
                of("type.published", publication(&mut self.ledger, slug, version, officers).body)
            }
            8 => of("type.withdrawn", json!({"type": self.chance.of(&["food", "food", "boat", "shop"])})),
            9..12 => self.power(&of),
            12 => of(
                "power.withdrawn",
                json!({"power": self.chance.of(&["fires-shop", "shops-food", "new-1", "new-2"])}),
            ),
            13 => of("department.withdrawn", json!({"code": FIRES})),
            14 => {
                let name = json!({"en": "again", "zh": "再"});
                let code = self.chance.of(&["11100000000013338W", FIRES]);
                of(
                    "department.registered",
                    json!({"code": code, "name": name, "region": "330106", "slug": self.chance.of(&["third", "fires"])}),
                )
            }
            _ if self.chance.once_in(6) => of("ledger.frozen", json!({})),
            _ => of(
                "authority.moved",
                json!({"base_url": self.chance.of(&["ftp://a.example", "https://a.example/", "http://b.example"])}),
            ),
        }
    }

    fn power(&mut self, of: &dyn Fn(&'static str, Value) -> Draft) -> Draft {
        let basis = self.ledger.blob("{\"en\":\"basis\",\"zh\":\"依据\"}".as_bytes());
        let body = json!({
            "basis": basis, "department": self.department(), "from": self.chance.of(&["2026-11-22", "2027-01-01"]),
            "power": self.chance.of(&["new-1", "new-2", "fires-shop"]), "region": self.chance.of(&["330000", "330100", "330106"]),
            "type": self.chance.of(&["shop", "food"]), "until": self.chance.of(&["2026-11-21", "2026-12-31", "2029-12-31"]),
        });
        of("power.granted", body)
    }

    fn registrars_changed(&mut self, mut approvers: Vec<&'static str>) -> Draft {
        let count = self.chance.below(3) + 2;
        let chosen = self.chance.some(&REGISTRARS, count);
        let mut new: Vec<&'static str> =
            chosen.iter().copied().filter(|name| !self.registrars.contains(name)).collect();
        approvers.append(&mut new);
        let titles: Vec<Value> = chosen.iter().map(|name| title(name, "authority", "registrar")).collect();
        let body =
            json!({"not_after": NOT_AFTER, "quorum": self.chance.below(count) + 1, "registrars": titles});
        Draft { approvers, ..Draft::new("registrars.changed", "registry", body) }
    }
}
