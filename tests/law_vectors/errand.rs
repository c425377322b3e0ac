//! Somebody who goes through cases without asking whether the step is the next, or whether whoever takes it may: few
//! cases, few officers, all roles; and what registrars change about officers meanwhile. Every step is well made, and the
//! fitting one more often than not.

use serde_json::{Value, json};
use vidimus::ledger::state::{Stage, View as _};

use crate::carded::{chanced, published};
use crate::chance::Chance;
use crate::draft::Draft;
use crate::joined::{acted, appointment, granted, issue_from, numbered, staffed};
use crate::keyring::{FIRES, SHOPS};
use crate::ledger::Ledger;
use crate::story::{decided, digest, grant, handle};
use crate::wanderer::CAUSES;

/// The first of few cases, after the one that is over when they begin.
const CASES: u8 = 52;
/// A licence that came from no case.
const OWNED: u8 = 250;
/// Handles up to this one are used before.
const BEGUN: u8 = 20;
const OFFICERS: [&str; 5] = ["officer-1", "officer-2", "officer-3", "officer-4", "officer-5"];
const ROLES: [&str; 4] = ["intake", "examiner", "signer", "supervisor"];
const DAY: i64 = 86_400_000;
/// Steps of departments and of officers.
const ALONE: [&str; 4] = ["case.supplied", "case.delivered", "case.rated", "case.withdrawn"];
const BY_OFFICERS: [&str; 7] = [
    "case.accepted",
    "case.declined",
    "case.asked",
    "case.examined",
    "case.decided",
    "case.checked",
    "case.rectified",
];

pub(crate) struct Errand {
    pub(crate) ledger: Ledger,
    pub(crate) chance: Chance,
    done: u8,
}

impl Errand {
    pub(crate) fn new(seed: u64) -> Self {
        let mut ledger = staffed();
        // Something to object to and to replace from the first step on: what cases come to is rare.
        granted(&mut ledger);
        ledger.append(Draft::new("licence.issued", "registry-shops", grant(OWNED, SHOPS, "shop", 39)));
        ledger.append(appointment(4, FIRES, "officer-4", &["signer", "supervisor"]));
        let rules = published(&mut ledger, b"Rules of chance.\n");
        ledger.append(rules);
        Self { ledger, chance: Chance::new(seed), done: BEGUN }
    }

    /// The next thing done, with the `prev` and time of the next entry.
    pub(crate) fn next(&mut self) -> Draft {
        self.done += 1;
        if self.chance.once_in(30) {
            self.ledger.pass(DAY * 20);
        }
        let case = CASES + u8::try_from(self.chance.below(3)).unwrap();
        let stage = self.ledger.state.case(&numbered(case)).unwrap().map(|case| case.stage());
        let draft = match (self.chance.below(18), stage) {
            (17.., _) => crate::content::chanced(&self.ledger, &mut self.chance),
            (14.., _) => chanced(&self.ledger, &mut self.chance),
            (0, _) => self.registrars(),
            (2 | 3, _) => self.act(),
            (1, _) => self.any(case),
            (_, None) => self.filed(case),
            (_, Some(stage)) => self.fitting(case, stage),
        };
        self.ledger.next(draft)
    }

    /// Mostly the step that follows.
    fn fitting(&mut self, case: u8, stage: Stage) -> Draft {
        let kind = match stage {
            Stage::Filed => {
                self.chance.of(&["case.accepted", "case.accepted", "case.asked", "case.declined"])
            }
            Stage::Asked => "case.supplied",
            Stage::Accepted => {
                self.chance.of(&["case.examined", "case.examined", "case.asked", "case.decided"])
            }
            Stage::Examined => self.chance.of(&["case.decided", "case.decided", "case.examined"]),
            Stage::Granted => self.chance.of(&["licence.issued", "licence.issued", "case.decided"]),
            Stage::Issued => self.chance.of(&["case.delivered", "case.checked"]),
            Stage::Refused | Stage::Declined | Stage::Corrected | Stage::Dismissed => "case.delivered",
            Stage::Delivered => self.chance.of(&["case.rated", "case.checked", "case.rectified"]),
            Stage::Withdrawn => "case.withdrawn",
        };
        self.step(kind, case)
    }

    fn any(&mut self, case: u8) -> Draft {
        let kinds: Vec<&'static str> =
            ALONE.into_iter().chain(BY_OFFICERS).chain(["licence.issued"]).collect();
        let kind = self.chance.of(&kinds);
        self.step(kind, case)
    }

    fn step(&mut self, kind: &'static str, case: u8) -> Draft {
        let commitment = digest(&format!("words {}", self.done));
        let mut more = json!({"commitment": commitment});
        match kind {
            "licence.issued" => return self.issued(case),
            "case.accepted" | "case.delivered" => more = json!({}),
            "case.rated" => more["level"] = json!(1 + self.chance.below(5)),
            "case.examined" => more["opinion"] = json!(self.chance.of(&["grant", "refuse"])),
            "case.checked" => more["truth"] = json!(self.chance.of(&["kept", "false"])),
            "case.decided" if self.corrects(case) != self.chance.once_in(12) => {
                let upheld = self.chance.once_in(2).then(|| ("upheld".to_owned(), json!(true)));
                more.as_object_mut().unwrap().extend(upheld);
            }
            "case.decided" if !self.chance.once_in(4) => {
                let licence = self.chance.of(&[self.done, self.done, self.done, 1]);
                let credential = digest(&format!("credential {licence}"));
                more["licence"] = json!({"credential_digest": credential, "handle": handle(licence)});
            }
            _ => {}
        }
        if ALONE.contains(&kind) {
            more["case"] = json!(numbered(case));
            return Draft::new(kind, self.chance.of(&["registry-shops"; 9]), more);
        }
        let officer = self.officer(kind, case);
        acted(kind, case, officer, more)
    }

    /// Mostly one who has the role; whether he may is another question.
    fn officer(&mut self, kind: &str, case: u8) -> &'static str {
        let stage = self.ledger.state.case(&numbered(case)).unwrap().map(|case| case.stage());
        let fitting: &[&'static str] = match kind {
            "case.accepted" | "case.declined" => &["officer-1", "officer-5"],
            "case.asked" if stage == Some(Stage::Filed) => &["officer-1", "officer-5"],
            "case.asked" | "case.examined" => &["officer-1", "officer-2", "officer-3"],
            "case.decided" => &["officer-2", "officer-3"],
            _ => &["officer-5"],
        };
        if self.chance.once_in(8) { self.chance.of(&OFFICERS) } else { self.chance.of(fitting) }
    }

    fn issued(&mut self, case: u8) -> Draft {
        let granted = self.ledger.state.case(&numbered(case)).unwrap().and_then(|case| case.granted());
        let number =
            granted.and_then(|granted| (0..=u8::MAX).find(|number| handle(*number) == granted.handle));
        let mut draft =
            issue_from(&self.ledger, case, number.unwrap_or(self.done), u32::from(self.done) + 40);
        if draft.body["case"]["prev"].is_null() {
            draft.body["case"]["prev"] = json!(digest("no case"));
        }
        if self.chance.once_in(3) {
            draft.body["replaces"] = self.replaced();
        }
        let lead = self.chance.of(&["officer-2", "officer-3"]);
        draft.approvers = match self.chance.below(8) {
            0 => vec![lead],
            1 => vec!["officer-4"],
            2 => self.chance.some(&OFFICERS, 2),
            3 => self.chance.some(&OFFICERS, 3),
            _ => vec![lead, "officer-4"],
        };
        match self.chance.below(16) {
            0 => draft.body["credential_digest"] = json!(digest("another")),
            1 => drop(draft.body.as_object_mut().unwrap().remove("case")),
            2 => draft.body["case"]["handle"] = json!(numbered(CASES + 1)),
            _ => {}
        }
        draft
    }

    fn corrects(&self, case: u8) -> bool {
        self.ledger.state.case(&numbered(case)).unwrap().is_some_and(|case| case.corrects().is_some())
    }

    /// The number of one that was issued; of nobody where there is none, and now and then.
    fn some_licence(&mut self) -> u8 {
        let state = &self.ledger.state;
        let issued: Vec<u8> =
            (0..=u8::MAX).filter(|number| state.licence(&handle(*number)).unwrap().is_some()).collect();
        if issued.is_empty() || self.chance.once_in(16) { u8::MAX } else { self.chance.of(&issued) }
    }

    /// The licence that another is to replace, most often one of its type.
    fn replaced(&mut self) -> Value {
        let state = &self.ledger.state;
        let food = |number: &u8| {
            let licence = state.licence(&handle(*number)).unwrap();
            licence.is_some_and(|licence| licence.licence_type.as_str() == "food")
        };
        let of_type: Vec<u8> = (0..=u8::MAX).filter(food).collect();
        let other = of_type.is_empty() || self.chance.once_in(6);
        let old = if other { self.some_licence() } else { self.chance.of(&of_type) };
        let last = self.ledger.state.licence(&handle(old)).unwrap().map(|licence| licence.last);
        let prev = last.filter(|_| !self.chance.once_in(12)).unwrap_or_else(|| digest("nothing"));
        json!({"cause": self.chance.of(&CAUSES), "handle": handle(old), "prev": prev})
    }

    /// Something done about a licence, or an erasure, which is nothing done about what it says.
    fn act(&mut self) -> Draft {
        let licence = self.some_licence();
        let kind = self.chance.of(&[
            "licence.suspended",
            "licence.suspended",
            "licence.reinstated",
            "licence.erased",
            "licence.ended",
        ]);
        let mut body =
            json!({"commitment": digest(&format!("act {}", self.done)), "handle": handle(licence)});
        if kind == "licence.ended" {
            body["act"] = json!(self.chance.of(&["rescinded", "cancelled", "recalled"]));
        }
        Draft::new(kind, "registry-shops", body)
    }

    fn filed(&mut self, case: u8) -> Draft {
        let mut body = json!({
            "case": numbered(case), "commitment": digest("application"), "department": SHOPS,
            "promise": self.chance.once_in(2), "region": "330106", "type": "food", "version": 1,
        });
        if self.chance.once_in(3) {
            let licence = handle(self.some_licence());
            let found = self.ledger.state.licence(&licence).unwrap();
            body["corrects"] = json!(licence);
            body["type"] = json!(found.map_or("food".parse().unwrap(), |found| found.licence_type));
            body["promise"] = json!(self.chance.once_in(8));
        }
        match self.chance.below(16) {
            0 => body["type"] = json!("shop"),
            1 => body["version"] = json!(2),
            2 => body["region"] = json!("440106"),
            3 => body["department"] = json!(FIRES),
            _ => {}
        }
        Draft::new(
            "case.filed",
            self.chance.of(&["registry-shops", "registry-shops", "registry-fires"]),
            body,
        )
    }

    /// What registrars change: roles and time of officers, their leaving, processes and calendars.
    fn registrars(&mut self) -> Draft {
        let officer = 1 + u8::try_from(self.chance.below(5)).unwrap();
        match self.chance.below(6) {
            0..=2 => {
                let department = if officer == 4 { FIRES } else { SHOPS };
                let key = if self.chance.once_in(6) {
                    self.chance.of(&OFFICERS)
                } else {
                    OFFICERS[usize::from(officer) - 1]
                };
                let roles = self.chance.some(&ROLES, 3);
                let mut draft = appointment(officer, department, key, &roles);
                if self.chance.once_in(3) {
                    draft.body["until"] = json!(self.chance.of(&["2026-11-21", "2026-11-22", "2026-12-24"]));
                }
                draft
            }
            3 => decided("officer.left", json!({"officer": numbered(100 + officer)})),
            4 => {
                let date = self.chance.of(&["2026-11-22", "2026-11-23", "2027-01-01"]);
                let exceptions = json!([{"date": date, "working": self.chance.once_in(2)}]);
                decided("calendar.published", json!({"exceptions": exceptions, "year": 2026}))
            }
            _ => self.process(),
        }
    }

    fn process(&mut self) -> Draft {
        let mut approvers = vec![json!({"officers": 1})];
        if self.chance.once_in(2) {
            approvers.push(json!({"department": FIRES, "officers": 1}));
        }
        let slug = self.chance.of(&["food", "shop"]);
        let days: Value =
            json!({"accept": 5, "decide": 3, "deliver": 10, "examine": 10, "issue": 2, "total": 20});
        let body = json!({"approvers": approvers, "promised": days, "type": slug, "version": 1});
        decided("process.published", body)
    }
}
