//! Ten years under a clock moved by hand: every key is rotated before its certificate ends and its predecessor retired;
//! old licences still verify, lists never lapse, the ends of certificates are named in time.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use vidimus::audit::replay::{Pins, replay};
use vidimus::audit::source::{Source, SourceError};
use vidimus::authority::{Asked, Authority, Failure, KeyState, Refusal, ShownKey};
use vidimus::status_list::StatusToken;
use vidimus::values::lang::Lang;
use vidimus::values::time::{Clock as _, Time};
use vidimus::verification::{Ask, Evidence};

use crate::bench::{Bench, business, check_ledger, issue};

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;
const YEAR: i64 = 365 * DAY;

fn verdict(authority: &Authority, credential: &str, at: Option<Time>) -> Value {
    let evidence = Evidence::Credential(credential.to_owned());
    let ask = Ask { at, ..Ask::default() };
    let asked = Asked { evidence, ask, lang: Lang::En, keep: false, sign: false };
    let verified = authority.verify(&asked, None).unwrap();
    serde_json::to_value(&verified.report).unwrap()
}

/// The token served now, which must not have lapsed.
fn live(authority: &Authority, now: Time) -> String {
    let token = authority.status_token(1, None).unwrap();
    let parsed = StatusToken::parse(&token).unwrap();
    assert!(parsed.exp().unwrap() > now.seconds(), "the list lapsed by {now}");
    token.to_string()
}

async fn rotate(authority: &Authority, key: &ShownKey) {
    let wish = json!({"rotate": {"purpose": key.purpose, "department": key.department}});
    assert!(authority.begin_ceremony(&wish, None, false).await.unwrap().is_done());
}

/// What the service serves, as an auditor reads it.
struct Served<'a> {
    authority: &'a Authority,
    tokens: BTreeMap<String, String>,
}

impl Source for Served<'_> {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, SourceError> {
        if path == "checkpoint" {
            return Ok(Some(self.authority.published().checkpoint.to_string().into_bytes()));
        }
        if let Some(name) = path.strip_prefix("blob/sha256/") {
            return Ok(self.authority.blob(&name.parse().unwrap()).ok());
        }
        if let Some(token) = self.tokens.get(path) {
            return Ok(Some(token.clone().into_bytes()));
        }
        Ok(path.parse().ok().and_then(|path| self.authority.tile(&path).ok()))
    }

    fn tokens(&self) -> Result<Vec<String>, SourceError> {
        Ok(self.tokens.keys().cloned().collect())
    }

    fn files(&self) -> Result<Option<Vec<String>>, SourceError> {
        Ok(None)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_years() {
    let bench = Bench::new();
    let authority = bench.start(None).unwrap();
    let first_key = authority.verifier_keys().pop().unwrap();
    let market = bench.code("market-regulation");
    let now = || bench.clock.now();
    let founded = now();
    let mut tokens = BTreeMap::new();
    let mut licences = Vec::new();
    let mut named_in_time = 0;
    for month in 0..=120 {
        if month % 15 == 0 {
            let (body, key) = (business(&format!("公司{month}")), month.to_string());
            licences.push((now(), issue(&authority, &market, &body, &key).await.unwrap()));
        }
        authority.publish().unwrap();
        // At a tick, just before the next that is due, and at it; nothing else changes.
        for wait in [0, 12 * HOUR - 1000, 1000] {
            bench.tick(wait);
            if wait != 12 * HOUR - 1000 {
                authority.publish().unwrap();
            }
            let token = live(&authority, now());
            let iat = StatusToken::parse(&token).unwrap().iat();
            tokens.insert(format!("status/1/{iat}"), token);
        }
        // What is named as ending is named before it ends, and has its successor before that.
        let ending: Vec<_> =
            authority.readiness().ending(now()).map(|ending| (ending.key, ending.ends)).collect();
        for key in authority.keys().unwrap() {
            let ends_soon = ending.iter().find(|(id, _)| *id == key.id);
            if let (KeyState::InForce, Some((_, ends))) = (key.state, ends_soon) {
                assert!(*ends > now(), "{} {} ended unnamed on {ends}", key.purpose, key.owner);
                named_in_time += 1;
                rotate(&authority, &key).await;
            }
            // Keys without certificates every third year.
            let bare = ["registry", "checkpoint", "report"].contains(&key.purpose.as_str());
            if bare && key.state == KeyState::InForce && now().since(key.since.time) > 3 * YEAR {
                rotate(&authority, &key).await;
            }
            if month == 50 && key.purpose.as_str() == "issuing" {
                rotate(&authority, &key).await;
            }
            if key.state == KeyState::Overlap && now().since(key.since.time) > 60 * DAY {
                let wish = json!({"retire": {"key": key.id}});
                let retired = authority.begin_ceremony(&wish, None, false).await;
                // An issuing key goes last: when nothing in force hangs on it any more.
                assert!(retired.is_ok_and(|shown| shown.is_done()) || key.purpose.as_str() == "issuing");
            }
        }
        bench.tick(30 * DAY - 12 * HOUR);
    }
    authority.publish().unwrap();
    assert!(now().since(founded) > 9 * YEAR + 300 * DAY);
    assert!(named_in_time >= 17, "status and every department's two, at least once: {named_in_time}");
    let retired = authority.keys().unwrap().iter().filter(|key| key.state == KeyState::Retired).count();
    assert!(retired >= 30, "{retired} retired");

    for (issued_at, issued) in &licences {
        let report = verdict(&authority, &issued.credential, None);
        assert_eq!(report["verdict"], "valid", "{report:#}");
        let then = verdict(&authority, &issued.credential, Some(issued_at.plus(DAY)));
        assert_eq!(then["verdict"], "valid", "{then:#}");
    }
    // Tokens of every month are still told as of then.
    for text in tokens.values() {
        let iat = StatusToken::parse(text).unwrap().iat();
        let then = Time::from_millis(iat * 1000).unwrap().plus(HOUR);
        assert!(authority.status_token(1, Some(then)).is_ok());
    }
    let served = Served { authority: &authority, tokens };
    let pins = Pins { keys: vec![first_key], ..Pins::default() };
    let audit = replay(&served, &pins, &mut |_| ()).unwrap();
    assert!(audit.summary.holds, "{:?}", audit.summary.violations);
    assert_eq!(audit.summary.key, "pinned");
    check_ledger(&authority);
    drop(served);
    drop(authority);
    check_ledger(&bench.start(None).unwrap());
}

/// A department whose certificate ended issues nothing, is told so, and goes on once its key is rotated.
#[tokio::test(flavor = "multi_thread")]
async fn an_ended_certificate_issues_nothing_until_its_key_is_rotated() {
    let bench = Bench::new();
    let authority = bench.start(None).unwrap();
    let market = bench.code("market-regulation");
    let before = issue(&authority, &market, &business("甲公司"), "1").await.unwrap();
    bench.tick(5 * YEAR + 2 * DAY);
    let refused = issue(&authority, &market, &business("乙公司"), "2").await.unwrap_err();
    let ended = |failure: &Failure| match failure {
        Failure::Refused(Refusal::CertificateEnded { department, ended }) => {
            *department == market && *ended < bench.clock.now()
        }
        _ => false,
    };
    assert!(ended(&refused), "{refused:?}");
    for purpose in ["status", "credential"] {
        let department = (purpose == "credential").then_some("market-regulation");
        let wish = json!({"rotate": {"purpose": purpose, "department": department}});
        assert!(authority.begin_ceremony(&wish, None, false).await.unwrap().is_done());
    }
    authority.publish().unwrap();
    let after = issue(&authority, &market, &business("乙公司"), "2").await.unwrap();
    for issued in [before, after] {
        let report = verdict(&authority, &issued.credential, None);
        assert_eq!(report["verdict"], "valid", "{report:#}");
    }
    check_ledger(&authority);
}

/// Keys are rotated and retired while others issue: nobody is refused, and every credential verifies.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn rotation_under_issuing() {
    let bench = Bench::new();
    let authority = std::sync::Arc::new(bench.start(None).unwrap());
    let market = bench.code("market-regulation");
    let mut tasks = Vec::new();
    for number in 0..40 {
        let (authority, market) = (authority.clone(), market.clone());
        tasks.push(tokio::spawn(async move {
            let name = format!("公司{number}");
            issue(&authority, &market, &business(&name), &number.to_string()).await.unwrap()
        }));
    }
    for purpose in ["credential", "registry"] {
        for wish in ["rotate", "retire"] {
            let wish = json!({wish: {"purpose": purpose, "department": "market-regulation"}});
            assert!(authority.begin_ceremony(&wish, None, false).await.unwrap().is_done());
        }
    }
    for task in tasks {
        let issued = task.await.unwrap();
        assert_eq!(verdict(&authority, &issued.credential, None)["verdict"], "valid");
    }
    check_ledger(&authority);
}
