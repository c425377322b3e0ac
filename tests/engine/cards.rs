//! Supervision over a ledger whose cards are not those that its rules raise: it stops there, and enters nothing over it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::json;
use vidimus::authority::archive::Archive;
use vidimus::authority::store::{Head, KeyValue, Row, Store, StoreError, Write};
use vidimus::authority::{Authority, Opening};
use vidimus::catalogue::Catalogue;
use vidimus::crypto::{Digest, Entropy};
use vidimus::store::MemoryStore;
use vidimus::supervision::Rules;

use crate::bench::{Bench, business, issue};

/// Rules by which one licence more than so many an hour is a card, and nothing else here is.
fn rules(licences_an_hour: u64) -> String {
    let limit = format!("licences_an_hour = {licences_an_hour}");
    let text = Rules::BUILT_IN.replacen("licences_an_hour = 100000", &limit, 1);
    assert_ne!(text, Rules::BUILT_IN);
    text
}

/// What a program reads that understands other rules in the same text: the law is shown the text first, supervision the other next.
struct Misread {
    inner: Arc<MemoryStore>,
    text: Row,
    other: String,
    /// Readings of the text until the other one is read.
    until: AtomicUsize,
}

impl Store for Misread {
    fn head(&self) -> Result<Head, StoreError> {
        self.inner.head()
    }
    fn get(&self, row: &Row) -> Result<Option<Vec<u8>>, StoreError> {
        let less = |left: usize| left.checked_sub(1);
        if *row == self.text
            && self.until.fetch_update(Ordering::SeqCst, Ordering::SeqCst, less).is_ok_and(|left| left == 1)
        {
            return Ok(Some(self.other.clone().into_bytes()));
        }
        self.inner.get(row)
    }
    fn scan(&self, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Result<Vec<KeyValue>, StoreError> {
        self.inner.scan(prefix, after, limit)
    }
    fn last(&self, prefix: &[u8], until: &[u8]) -> Result<Option<KeyValue>, StoreError> {
        self.inner.last(prefix, until)
    }
    fn commit(&self, expected: Head, next: Head, writes: Vec<Write>) -> Result<(), StoreError> {
        self.inner.commit(expected, next, writes)
    }
    fn put(&self, writes: Vec<Write>) -> Result<(), StoreError> {
        self.inner.put(writes)
    }
    fn sync(&self) -> Result<(), StoreError> {
        self.inner.sync()
    }
    fn ended(&self) -> Option<String> {
        self.inner.ended()
    }
    fn archive(&self) -> Option<&Archive> {
        self.inner.archive()
    }
}

/// The process over such a store.
fn start(bench: &Bench, store: &Arc<Misread>) -> Authority {
    let entropy: Arc<dyn Entropy> = bench.entropy.clone();
    let opening = Opening {
        store: Arc::<Misread>::clone(store),
        keyring: bench.keyring.clone(),
        entropy,
        clock: bench.clock.clone(),
        clock_gap: Duration::from_hours(24),
        catalogue: Arc::new(Catalogue::built_in().unwrap()),
        founding: None,
        public_url: None,
        eyes: None,
    };
    opening.open().unwrap()
}

/// The card that is wrong stands in the middle of what is read at once, and the one that is owed is raised behind it.
#[tokio::test(flavor = "multi_thread")]
async fn it_stops_at_a_card_that_the_rules_do_not_raise() {
    let bench = Bench::new();
    let authority = bench.start(None).unwrap();
    let ours = rules(3);
    let wish = json!({"supervision": {"rules": ours}});
    assert!(authority.begin_ceremony(&wish, None, false).await.unwrap().is_done());
    let market = bench.code("market-regulation");
    issue(&authority, &market, &business("first"), "first").await.unwrap();
    issue(&authority, &market, &business("second"), "second").await.unwrap();
    drop(authority);

    // By what it reads the second licence of an hour is a card.
    let text = Row::Blob(Digest::of(ours.as_bytes()));
    let (inner, other) = (Arc::clone(&bench.store), rules(1));
    let misread = Arc::new(Misread { inner, text, other, until: AtomicUsize::new(0) });
    let authority = start(&bench, &misread);
    misread.until.store(2, Ordering::SeqCst);
    authority.follow_cards().unwrap();
    assert_eq!(authority.enter_cards().await.unwrap(), 1);
    let after = authority.published().range.size();
    drop(authority);

    // By the ledger's rules the first card is one over the fourth.
    let authority = bench.start(None).unwrap();
    issue(&authority, &market, &business("third"), "third").await.unwrap();
    issue(&authority, &market, &business("fourth"), "fourth").await.unwrap();
    for _ in 0..2 {
        let followed = authority.follow_cards().unwrap().unwrap();
        assert_eq!(followed.stopped.as_deref(), Some("card 1 is not the one that the rules raise"));
        assert_eq!((followed.until, followed.behind, followed.waiting), (after, 2, 0));
        assert_eq!(authority.enter_cards().await.unwrap(), 0);
    }
    assert_eq!(authority.published().range.size(), after + 2, "no card was entered");
}
