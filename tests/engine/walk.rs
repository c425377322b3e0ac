//! One licence from founding to its end.

use serde_json::json;
use vidimus::authority::{ActWish, Asked, Failure, Refusal, Verb};
use vidimus::values::lang::Lang;
use vidimus::verification::{Ask, Evidence};

use crate::bench::{Bench, business, check_ledger, issue};

#[tokio::test(flavor = "multi_thread")]
async fn issue_verify_suspend_reinstate_replace_end() {
    let bench = Bench::new();
    let authority = bench.start(None).unwrap();
    let market = bench.code("market-regulation");
    assert_eq!(authority.published().range.size(), bench.founded_size());

    let issued = issue(&authority, &market, &business("甲公司"), "1").await.unwrap();
    let again = issue(&authority, &market, &business("甲公司"), "1").await.unwrap();
    assert_eq!(issued.handle, again.handle);
    assert_eq!(issued.credential, again.credential);
    let other = issue(&authority, &market, &business("乙公司"), "1").await.unwrap_err();
    assert_eq!(other, Failure::Refused(Refusal::IdempotencyConflict));

    let verdict = |at| {
        let evidence = Evidence::Credential(issued.credential.clone());
        let ask = Ask { at, ..Ask::default() };
        let asked = Asked { evidence, ask, lang: Lang::En, keep: false, sign: false };
        let verified = authority.verify(&asked, None).unwrap();
        serde_json::to_value(&verified.report).unwrap()
    };
    let report = verdict(None);
    assert_eq!(report["verdict"], "valid", "{report:#}");

    bench.tick(1000);
    let act = async |verb, body| {
        let wish = ActWish {
            department: &market,
            handle: &issued.handle,
            verb,
            body: &body,
            key: None,
            dry_run: false,
        };
        authority.act(wish).await
    };
    act(Verb::Suspend, json!({"reason": "检查"})).await.unwrap();
    assert_eq!(verdict(None)["verdict"], "not_valid");
    let again = act(Verb::Suspend, json!({"reason": "检查"})).await.unwrap_err();
    assert!(matches!(again, Failure::Refused(Refusal::IllegalTransition { .. })), "{again:?}");
    act(Verb::Reinstate, json!({"reason": "合格"})).await.unwrap();
    assert_eq!(verdict(None)["verdict"], "valid");
    let replaced =
        act(Verb::Replace, json!({"reason": "变更", "cause": "changed", "licence": business("甲公司2")}))
            .await
            .unwrap();
    assert_eq!(verdict(None)["verdict"], "not_valid");
    let new = replaced.issued.unwrap();
    assert_ne!(new.handle, issued.handle);
    assert!(new.identifier.contains(".002."), "{}", new.identifier);
    let before = bench.clock_now().plus(-500);
    assert_eq!(verdict(Some(before))["verdict"], "valid");

    assert_eq!(authority.publish().unwrap(), 1);
    assert_eq!(authority.publish().unwrap(), 0);
    let state = check_ledger(&authority);
    assert_eq!(state.licences().count(), 2);
}

impl Bench {
    fn clock_now(&self) -> vidimus::values::time::Time {
        use vidimus::values::time::Clock;
        self.clock.now()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn three_hundred_at_once_and_every_one_is_there_once() {
    let bench = Bench::new();
    let authority = std::sync::Arc::new(bench.start(None).unwrap());
    let market = bench.code("market-regulation");
    let mut tasks = Vec::new();
    for number in 0..300 {
        let (authority, market) = (authority.clone(), market.clone());
        tasks.push(tokio::spawn(async move {
            issue(&authority, &market, &business(&format!("公司{number}")), &number.to_string())
                .await
                .unwrap()
        }));
    }
    let mut leaves = std::collections::BTreeSet::new();
    for task in tasks {
        let issued = task.await.unwrap();
        assert!(leaves.insert(issued.index));
        let receipt: vidimus::ledger::receipt::Receipt = issued.receipt.parse().unwrap();
        assert_eq!(receipt.index(), issued.index);
    }
    assert_eq!(check_ledger(&authority).licences().count(), 300);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_answers_its_own_act_after_later_ones_of_the_same_kind() {
    let bench = Bench::new();
    let authority = bench.start(None).unwrap();
    let market = bench.code("market-regulation");
    let issued = issue(&authority, &market, &business("甲公司"), "1").await.unwrap();
    let act = async |verb, body, key| {
        let (department, handle) = (&market, &issued.handle);
        let wish = ActWish { department, handle, verb, body: &body, key: Some(key), dry_run: false };
        let acted = authority.act(wish).await.unwrap();
        (acted.entry.unwrap(), acted.standing)
    };
    let suspended = act(Verb::Suspend, json!({"reason": "检查"}), "a").await;
    act(Verb::Reinstate, json!({"reason": "合格"}), "b").await;
    let later = act(Verb::Suspend, json!({"reason": "检查"}), "c").await;
    assert_ne!(suspended, later);
    assert_eq!(act(Verb::Suspend, json!({"reason": "检查"}), "a").await, suspended);
    let recalled = act(Verb::End, json!({"reason": "撤", "act": "recalled"}), "d").await;
    act(Verb::End, json!({"reason": "销", "act": "cancelled"}), "e").await;
    assert_eq!(act(Verb::End, json!({"reason": "撤", "act": "recalled"}), "d").await, recalled);
}
