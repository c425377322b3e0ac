//! A kill after every write: whatever was acknowledged is there under the same hash, nothing is there twice, nothing is
//! sealed without an entry, and no size ever has two roots.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::task::JoinHandle;
use vidimus::authority::{Authority, Failure, Filter, Issued, Refusal};
use vidimus::values::identifiers::CreditCode;

use crate::bench::{Bench, business, check_ledger, issue};

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_after_every_write_of_founding() {
    for dies_at in 0.. {
        let bench = Bench::new();
        let first = bench.start(Some(dies_at));
        let lived = first.is_ok();
        drop(first);
        let authority =
            bench.start(None).unwrap_or_else(|error| panic!("killed at write {dies_at}: {error}"));
        check_ledger(&authority);
        assert_eq!(authority.published().range.size(), bench.founded_size());
        bench.check_no_fork();
        if lived {
            assert!(dies_at > 3, "founding writes more than that");
            break;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_after_every_write_of_issuing() {
    let mut lived = 0;
    for dies_at in 0.. {
        let bench = Bench::new();
        drop(bench.start(None).unwrap());
        let market = bench.code("market-regulation");
        let mut acknowledged = Vec::new();
        let mut refused = Vec::new();
        match bench.start(Some(dies_at)) {
            Err(_) => {}
            Ok(authority) => {
                for number in 0..3 {
                    match issue(&authority, &market, &business(&format!("公司{number}")), &number.to_string())
                        .await
                    {
                        Ok(issued) => acknowledged.push((number, issued)),
                        Err(Failure::Refused(_) | Failure::Fault(_)) => refused.push(number),
                        Err(other) => panic!("{other:?}"),
                    }
                }
            }
        }
        let authority =
            bench.start(None).unwrap_or_else(|error| panic!("killed at write {dies_at}: {error}"));
        for (_, issued) in &acknowledged {
            let (leaf, _) = authority.receipt(issued.index).unwrap();
            assert_eq!(leaf, issued.leaf, "killed at write {dies_at}");
            assert_eq!(authority.credential(&market, &issued.handle).unwrap(), issued.credential);
        }
        // The client asks again under the same keys: nothing is issued twice.
        for number in 0..3 {
            let body = business(&format!("公司{number}"));
            let issued = issue(&authority, &market, &body, &number.to_string()).await.unwrap();
            if let Some((_, before)) = acknowledged.iter().find(|(known, _)| *known == number) {
                assert_eq!(before.handle, issued.handle);
            }
            authority.credential(&market, &issued.handle).unwrap();
        }
        assert_eq!(check_ledger(&authority).licences().count(), 3, "killed at write {dies_at}");
        bench.check_no_fork();
        if refused.is_empty() && acknowledged.len() == 3 {
            lived += 1;
            if lived == 2 {
                assert!(dies_at > 8, "issuing three licences writes more than {dies_at} times");
                break;
            }
        }
    }
}

/// The commit is durable, but `last-signed` cannot be replaced: nothing of it is shown, nothing more is written, and the
/// next start brings it under a checkpoint.
#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_signed_is_not_shown() {
    let bench = Bench::new();
    let authority = bench.start(None).unwrap();
    let market = bench.code("market-regulation");
    let size = authority.published().range.size();
    bench.jammed.store(true, Ordering::SeqCst);
    issue(&authority, &market, &business("甲"), "1").await.unwrap_err();
    bench.jammed.store(false, Ordering::SeqCst);
    for (name, key) in [("乙", "2"), ("甲", "1")] {
        let again = issue(&authority, &market, &business(name), key).await.unwrap_err();
        assert!(matches!(again, Failure::Refused(Refusal::NotReady(_))), "{again:?}");
    }
    assert!(authority.readiness().writing.is_some());
    assert_eq!(authority.published().range.size(), size);
    assert!(authority.own_licences(&market, &Filter::default()).unwrap().items.is_empty());
    check_ledger(&authority);
    drop(authority);

    let authority = bench.start(None).unwrap();
    assert_eq!(authority.published().range.size(), size + 1);
    let issued = issue(&authority, &market, &business("甲"), "1").await.unwrap();
    assert_eq!(issued.index, size);
    assert_eq!(check_ledger(&authority).licences().count(), 1);
    bench.check_no_fork();
}

/// Two groups of one licence each: the first waits for `last-signed` behind the gate, the second is committed behind it.
async fn two_behind_the_gate(
    bench: &Bench,
    authority: &Arc<Authority>,
    market: &CreditCode,
) -> Vec<JoinHandle<Result<Issued, Failure>>> {
    let size = authority.published().range.size();
    let mut committed = bench.committed.subscribe();
    bench.gate.shut();
    let mut asked = Vec::new();
    for number in 0..2_u64 {
        let (authority, market) = (Arc::clone(authority), market.clone());
        let name = format!("公司{number}");
        asked.push(tokio::spawn(async move {
            issue(&authority, &market, &business(&name), &number.to_string()).await
        }));
        committed.wait_for(|found| *found == size + number + 1).await.unwrap();
    }
    asked
}

/// A group is committed while the one before it waits for `last-signed`: nobody sees either before both can be shown.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_committed_behind_a_slow_last_signed() {
    for jammed in [false, true] {
        let bench = Bench::new();
        let authority = Arc::new(bench.start(None).unwrap());
        let market = bench.code("market-regulation");
        let size = authority.published().range.size();
        let asked = two_behind_the_gate(&bench, &authority, &market).await;
        assert_eq!(authority.published().range.size(), size);
        assert!(authority.own_licences(&market, &Filter::default()).unwrap().items.is_empty());
        bench.jammed.store(jammed, Ordering::SeqCst);
        bench.gate.open();
        let mut answers = Vec::new();
        for one in asked {
            answers.push(one.await.unwrap());
        }
        bench.jammed.store(false, Ordering::SeqCst);
        if jammed {
            for answer in &answers {
                assert!(matches!(answer, Err(Failure::Refused(Refusal::NotReady(_)))), "{answer:?}");
            }
            assert_eq!(authority.published().range.size(), size);
            check_ledger(&authority);
        } else {
            let indexes: Vec<_> = answers.iter().map(|answer| answer.as_ref().unwrap().index).collect();
            assert_eq!(indexes, [size, size + 1]);
        }
        drop(authority);

        let authority = bench.start(None).unwrap();
        assert_eq!(authority.published().range.size(), size + 2);
        for number in 0..2_u64 {
            let body = business(&format!("公司{number}"));
            let again = issue(&authority, &market, &body, &number.to_string()).await.unwrap();
            assert_eq!(again.index, size + number);
            authority.credential(&market, &again.handle).unwrap();
        }
        assert_eq!(check_ledger(&authority).licences().count(), 2);
        bench.check_no_fork();
    }
}

/// The thread that signs heads breaks off while another group waits behind it: everybody is answered, nothing more is
/// entered, and the next start has what was committed.
#[tokio::test(flavor = "multi_thread")]
async fn a_thread_that_breaks_off_ends_writing() {
    let bench = Bench::new();
    let authority = Arc::new(bench.start(None).unwrap());
    let market = bench.code("market-regulation");
    let size = authority.published().range.size();
    let asked = two_behind_the_gate(&bench, &authority, &market).await;
    bench.breaks.store(true, Ordering::SeqCst);
    bench.gate.open();
    for one in asked {
        let failure = one.await.unwrap().unwrap_err();
        assert!(matches!(failure, Failure::Refused(Refusal::NotReady(_))), "{failure:?}");
    }
    let again = issue(&authority, &market, &business("乙"), "3").await.unwrap_err();
    assert!(matches!(again, Failure::Refused(Refusal::NotReady(_))), "{again:?}");
    assert!(authority.readiness().writing.is_some());
    assert_eq!(*bench.committed.borrow(), size + 2);
    drop(authority);

    bench.breaks.store(false, Ordering::SeqCst);
    let authority = bench.start(None).unwrap();
    assert_eq!(authority.published().range.size(), size + 2);
    assert_eq!(check_ledger(&authority).licences().count(), 2);
    bench.check_no_fork();
}
