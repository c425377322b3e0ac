//! A kill after every write: whatever was acknowledged is there under the same hash, nothing is there twice, nothing is
//! sealed without an entry, and no size ever has two roots.

use vidimus::authority::Failure;

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
