//! Lawful issue beside direct issue: a case of a type that two departments approve, by four officers whose keys are not the
//! service's, from application to delivery. Who asks signs for all of them, on the same cores.
//!
//! A licence of its own takes one request and one entry; a case takes thirteen requests, six entries, three statements of
//! officers and two approvals. How long each of its steps takes, by whoever waits for it, is told beside the ratio.

use std::sync::{Arc, Mutex};
use std::time::Instant;

use serde_json::{Value, json};
use tokio::task::JoinSet;
use vidimus::crypto::base64url::{decode, encode};
use vidimus::crypto::{KeyPurpose, PrivateKey};
use vidimus::ledger::body::{Owner, possession};

use super::client;
use super::house::{House, Scale};
use super::http::{Connection, reading, request};
use super::issue;
use super::records::Records;
use super::told;

/// Cases under way at once, and connections of direct issue.
const AT_ONCE: usize = 64;
const LEAD: &str = "market-regulation";
const OTHER: &str = "housing";
/// Steps as they are told: what is sent for each is in `Walk::whole`.
const STEPS: [&str; 7] = ["file", "accept", "examine", "decide", "approve", "issue", "deliver"];

/// Licences a second from cases, beside licences a second issued directly.
pub fn lawful(scale: Scale) {
    let count = if scale == Scale::Long { 4_000 } else { 600 };
    let (house, mut records) = (House::found(), Records::open());
    let staff = Arc::new(Staff::appointed(&house));
    issue::one_each(&house, &mut records, 256);
    walked(&house, &staff, &mut records, 64);
    let mut steps = Vec::new();
    told::ratio_of(house.process(), "issue.lawful", "licences/s", count, || {
        let (rate, taken) = walked(&house, &staff, &mut records, count);
        steps = taken;
        (rate, issue::one_each(&house, &mut records, count * 4))
    });
    let whole: f64 = steps.iter().sum();
    let shares: Vec<(&str, f64)> = STEPS.into_iter().zip(steps.iter().map(|one| one / whole)).collect();
    told::sample("issue.lawful.shares", &shares);
}

/// So many cases, some at once, each of another enterprise that has its business licence; licences a second, and the
/// seconds that were waited for each step in all.
fn walked(house: &House, staff: &Arc<Staff>, records: &mut Records, count: usize) -> (f64, Vec<f64>) {
    let enterprises = records.take(count);
    issue::answered(house, &enterprises);
    let applications: Vec<Value> = enterprises.iter().map(|licence| application(licence)).collect();
    let waiting = Arc::new(Mutex::new(applications));
    client::runtime().block_on(async {
        let mut talks = JoinSet::new();
        let begun = Instant::now();
        for _ in 0..AT_ONCE {
            let waiting = Arc::clone(&waiting);
            let mut walk = Walk {
                connection: Connection::to(&house.address).await.unwrap(),
                staff: Arc::clone(staff),
                steps: vec![0.0; STEPS.len()],
            };
            talks.spawn(async move {
                loop {
                    let next = waiting.lock().unwrap().pop();
                    let Some(application) = next else { return walk.steps };
                    walk.whole(&application).await;
                }
            });
        }
        let all = talks.join_all().await;
        let steps = (0..STEPS.len()).map(|step| all.iter().map(|one| one[step]).sum()).collect();
        (count as f64 / begun.elapsed().as_secs_f64(), steps)
    })
}

/// An application of an enterprise for a food licence: what its business licence says of it, as that says it.
fn application(licence: &str) -> Value {
    let licence: Value = serde_json::from_str(licence).unwrap();
    let said = |claim: &str, else_: &str| licence["claims"][claim].as_str().unwrap_or(else_).to_owned();
    let domicile = said("address", "样例市样例路1号");
    json!({
        "type": "food-operation-licence",
        "holders": licence["holders"],
        "claims": {"operator_kind": "餐饮服务经营者", "items": ["热食类食品制售"],
                   "responsible_person": said("legal_representative", "李样例"),
                   "premises": format!("{domicile}一楼"), "domicile": domicile},
    })
}

/// Officers with their keys, and the tokens of their departments.
struct Staff {
    lead: String,
    other: String,
    intake: PrivateKey,
    examiner: PrivateKey,
    signer: PrivateKey,
    elsewhere: PrivateKey,
}

impl Staff {
    fn appointed(house: &House) -> Self {
        let operator = house.token("operator");
        let read = |path| client::whole(&house.address, &reading(path, None));
        let vkey = String::from_utf8(read("/ledger/vkey")).unwrap();
        let origin = vkey.split('+').next().unwrap().parse().unwrap();
        let departments: Value = serde_json::from_slice(&read("/v1/departments")).unwrap();
        let appointed = |seed: u8, department: &str, role: &str| {
            let key = PrivateKey::from_seed(&[seed; 32]).unwrap();
            let all = departments["items"].as_array().unwrap();
            let of = all.iter().find(|one| one["department"] == department).unwrap();
            let owner = Owner::Department(of["code"].as_str().unwrap().parse().unwrap());
            let not_after = "2036-01-01T00:00:00.000Z".parse().unwrap();
            let proof = possession(&origin, &owner, KeyPurpose::Officer, key.public(), not_after).unwrap();
            let wish = json!({"officer": {"department": department, "roles": [role], "key": {
                "spki": encode(&key.public().spki()), "not_after": not_after,
                "possession": encode(&key.sign(&proof).unwrap()),
            }}});
            let path = "/v1/operator/ceremonies";
            let body = request(path, Some(&operator), "application/json", &wish.to_string());
            client::whole(&house.address, &body);
            key
        };
        Self {
            lead: house.token(LEAD),
            other: house.token(OTHER),
            intake: appointed(1, LEAD, "intake"),
            examiner: appointed(2, LEAD, "examiner"),
            signer: appointed(3, LEAD, "signer"),
            elsewhere: appointed(4, OTHER, "signer"),
        }
    }
}

fn signed(key: &PrivateKey, sign: &Value) -> String {
    encode(&key.sign(&decode(sign["statement"].as_str().unwrap()).unwrap()).unwrap())
}

/// One who brings cases from application to delivery, one after the other.
struct Walk {
    connection: Connection,
    staff: Arc<Staff>,
    steps: Vec<f64>,
}

impl Walk {
    async fn post(&mut self, token: &str, path: &str, body: &Value) -> Value {
        let request = request(path, Some(token), "application/json", &body.to_string());
        self.ask(&request).await
    }

    /// Kept off the stack: a connection reads into a large array, and steps stand within steps.
    async fn ask(&mut self, request: &[u8]) -> Value {
        serde_json::from_slice(&Box::pin(self.connection.demand(request, "")).await).unwrap()
    }

    async fn whole(&mut self, application: &Value) {
        let staff = Arc::clone(&self.staff);
        let lead = staff.lead.as_str();
        let mut clock = Clock::begin();
        let filed = self.post(lead, "/v1/cases", application).await;
        self.steps[0] += clock.lap();
        let case = format!("/v1/cases/{}", filed["case"].as_str().unwrap());
        for (place, step, key, words) in [
            (1, "accept", &staff.intake, json!({})),
            (2, "examine", &staff.examiner, json!({"opinion": "grant", "reason": "材料齐全"})),
            (3, "decide", &staff.signer, json!({"outcome": "granted", "reason": "准予许可"})),
        ] {
            self.officer(&format!("{case}/{step}"), key, words).await;
            self.steps[place] += clock.lap();
        }
        for (token, key) in [(lead, &staff.signer), (staff.other.as_str(), &staff.elsewhere)] {
            let shown = self.ask(&reading(&case, Some(token))).await;
            let approvals = &shown["approvals"];
            let approval = json!({
                "officer": key.id(), "decision": approvals["decision"], "signature": signed(key, &approvals["sign"]),
            });
            self.post(token, &format!("{case}/approvals"), &approval).await;
        }
        self.steps[4] += clock.lap();
        let issued = self.post(lead, &format!("{case}/issue"), &json!({})).await;
        assert!(issued["issued"]["credential"].is_string(), "{issued}");
        self.steps[5] += clock.lap();
        self.post(lead, &format!("{case}/deliver"), &json!({})).await;
        self.steps[6] += clock.lap();
    }

    /// What an officer does: prepared, signed, entered.
    async fn officer(&mut self, path: &str, key: &PrivateKey, mut words: Value) {
        let token = self.staff.lead.clone();
        words["officer"] = json!(key.id());
        let prepared = self.post(&token, path, &words).await;
        let sign = &prepared["sign"];
        let body = json!({"prepared": sign["prepared"], "signature": signed(key, sign)});
        self.post(&token, path, &body).await;
    }
}

/// Time from one step to the next.
struct Clock(Instant);

impl Clock {
    fn begin() -> Self {
        Self(Instant::now())
    }

    fn lap(&mut self) -> f64 {
        let taken = self.0.elapsed().as_secs_f64();
        self.0 = Instant::now();
        taken
    }
}
