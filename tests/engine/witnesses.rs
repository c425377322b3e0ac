//! Outside eyes: rounds, a quorum lost and regained, receipts with their lines, the limit after which nothing is entered,
//! and what an old copy of keys and data is told.

use std::sync::Arc;
use std::time::Duration;

use vidimus::authority::keyring::Keyring as _;
use vidimus::authority::store::{Row, Store as _};
use vidimus::authority::witnesses::{Eyes, WitnessFault};
use vidimus::authority::{Authority, Failure, OpenError, Refusal};
use vidimus::ledger::checkpoint::VerifiedCheckpoint;
use vidimus::ledger::receipt::Receipt;
use vidimus::ledger::witnessed::Witnessed;
use vidimus::merkle::{Hash, InclusionProof, leaf};
use vidimus::values::time::Clock;

use crate::at_hand::{AtHand, policy};
use crate::bench::{Bench, business, check_ledger, issue};

/// An authority under the eyes of three, two of whom are a quorum.
struct Watched {
    bench: Bench,
    witnesses: Arc<AtHand>,
    authority: Authority,
}

impl Watched {
    fn new(within: Option<Duration>) -> Self {
        let bench = Bench::new();
        let log = bench.start(None).unwrap().verifier_keys().remove(0);
        let clock: Arc<dyn Clock> = bench.clock.clone();
        let witnesses = AtHand::following(&log, &clock);
        let authority = bench.start_watched(witnesses.eyes(within)).unwrap();
        Self { bench, witnesses, authority }
    }

    async fn issue(&self, key: &str) -> Result<u64, Failure> {
        let market = self.bench.code("market-regulation");
        issue(&self.authority, &market, &business("甲"), key).await.map(|issued| issued.index)
    }

    fn size(&self) -> u64 {
        self.authority.published().range.size()
    }

    /// Rounds until nobody is passed over any more.
    fn rounds(&self) -> bool {
        (0..8).map(|_| self.authority.ask_witnesses().unwrap()).last().unwrap()
    }

    /// Entries under the newest quorum, and by how many.
    fn covered(&self) -> (u64, usize) {
        self.authority.witnessed().by().map_or((0, 0), |quorum| (quorum.size, quorum.by))
    }

    fn receipt(&self, index: u64) -> Receipt {
        self.authority.receipt(index).unwrap().1.parse().unwrap()
    }
}

/// The witnesses whose lines are under a receipt that proves its entry.
fn lines_under(watched: &Watched, receipt: &Receipt) -> usize {
    let (log, known) = (watched.authority.verifier_keys(), policy(None).witness_keys());
    let checkpoint = VerifiedCheckpoint::verify(receipt.note().clone(), &log[0], &known).unwrap();
    let path = receipt.path().iter().copied().map(Hash).collect();
    let proof = InclusionProof { index: receipt.index(), size: checkpoint.size(), path };
    proof.verify(&leaf(receipt.extra().unwrap()), &Hash(*checkpoint.root())).unwrap();
    checkpoint.cosignatures().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_head_is_carried_once_to_each() {
    let watched = Watched::new(None);
    assert_eq!(watched.authority.witnessed(), Witnessed::Awaited { quorum: "two".into() });
    assert!(watched.authority.cosigned().is_none());
    assert!(watched.authority.ask_witnesses().unwrap());
    assert_eq!(watched.witnesses.asked(), ["a", "b", "c"]);
    assert_eq!(watched.covered(), (watched.size(), 3));
    assert!(watched.authority.ask_witnesses().unwrap());
    assert!(watched.witnesses.asked().is_empty(), "there is nothing new to carry");
    // From a size that they remember, over entries that came meanwhile.
    for number in 0..300 {
        watched.issue(&number.to_string()).await.unwrap();
    }
    assert!(watched.authority.ask_witnesses().unwrap());
    assert_eq!(watched.covered(), (watched.size(), 3));
    check_ledger(&watched.authority);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quorum_is_lost_and_regained() {
    let watched = Watched::new(None);
    assert!(watched.rounds());
    let before = watched.size();
    watched.witnesses.take_down(&["b", "c"]);
    watched.issue("1").await.unwrap();
    assert!(!watched.rounds());
    assert_eq!(watched.covered(), (before, 3), "the last quorum stays the newest");
    let eyes = watched.authority.readiness().witnesses.unwrap();
    let told: Vec<_> = eyes.each.iter().map(|one| (one.name.as_str(), one.size, one.failures > 0)).collect();
    assert_eq!(told, [("a", Some(before + 1), false), ("b", Some(before), true), ("c", Some(before), true)]);
    assert_eq!(eyes.each[1].problem.as_deref(), Some("down"));
    assert_eq!(watched.authority.readiness().writing, None, "labelled, not stopped");
    watched.witnesses.take_down(&["c"]);
    watched.witnesses.asked();
    assert!(watched.rounds());
    assert_eq!(watched.covered(), (before + 1, 2));
    assert!(!watched.witnesses.asked().contains(&"a".to_owned()), "its line is under this head already");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_fails_holds_up_nobody_and_is_asked_less() {
    let watched = Watched::new(None);
    watched.witnesses.take_down(&["c"]);
    let mut tried = Vec::new();
    for round in 0..10 {
        watched.issue(&round.to_string()).await.unwrap();
        assert!(watched.authority.ask_witnesses().unwrap(), "two are a quorum");
        tried.push(watched.witnesses.asked().contains(&"c".to_owned()));
    }
    let expected = [true, true, false, true, false, false, false, true, false, false];
    assert_eq!(tried, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_bears_the_lines_once_its_entry_is_covered() {
    let watched = Watched::new(None);
    let index = watched.issue("1").await.unwrap();
    let fresh = watched.receipt(index);
    assert_eq!((lines_under(&watched, &fresh), fresh.checkpoint().size), (0, index + 1));
    assert!(watched.rounds());
    watched.issue("2").await.unwrap();
    for index in [0, index / 2, index] {
        let refreshed = watched.receipt(index);
        assert_eq!((lines_under(&watched, &refreshed), refreshed.checkpoint().size), (3, watched.size() - 1));
    }
    let beyond = watched.receipt(index + 1);
    assert_eq!((lines_under(&watched, &beyond), beyond.checkpoint().size), (0, watched.size()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_cosigned_outlives_the_process() {
    let mut watched = Watched::new(None);
    assert!(watched.rounds());
    let covered = watched.covered();
    watched.issue("1").await.unwrap();
    let eyes = watched.witnesses.eyes(None);
    drop(watched.authority);
    watched.authority = watched.bench.start_watched(eyes).unwrap();
    assert_eq!(watched.covered(), covered);
    let waiting = watched.authority.readiness().witnesses.unwrap().waiting;
    assert_eq!(waiting, watched.authority.published().charter.time(), "since the first entry beyond it");
    // Another policy, by which it is no quorum.
    drop(watched.authority);
    let known = policy(None).witnesses()[0].key.to_string();
    let alone =
        format!("witness a {known} http://a.example\nwitness d {}\ngroup both all a d\nquorum both\n", d());
    let alone = vidimus::ledger::policy::Policy::parse(alone.as_bytes()).unwrap();
    let eyes = Eyes { policy: Arc::new(alone), ..watched.witnesses.eyes(None) };
    watched.authority = watched.bench.start_watched(eyes).unwrap();
    assert_eq!(watched.authority.witnessed(), Witnessed::Awaited { quorum: "both".into() });
    let kept = watched.bench.store.get(&Row::Cosigned).unwrap();
    assert!(kept.is_some(), "kept until there is a newer one");
}

/// A witness that nobody runs.
fn d() -> vidimus::note::VerifierKey {
    let key = vidimus::crypto::PrivateKey::from_seed(&[0xd1; 32]).unwrap();
    let name = "d.example/w".parse().unwrap();
    vidimus::note::VerifierKey::of(name, vidimus::note::Scheme::Cosignature, key.public()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn writing_stops_where_entries_wait_too_long_if_that_was_chosen() {
    let watched = Watched::new(Some(Duration::from_secs(600)));
    assert!(watched.rounds());
    // A long rest under a quorum is no waiting.
    watched.bench.tick(86_400_000);
    watched.issue("1").await.unwrap();
    watched.witnesses.take_down(&["a", "b"]);
    assert!(!watched.rounds());
    watched.bench.tick(600_000);
    watched.issue("2").await.unwrap();
    assert!(!watched.rounds(), "c alone is none");
    watched.bench.tick(1);
    let refused = watched.issue("3").await.unwrap_err();
    let Failure::Refused(Refusal::NotReady(why)) = refused else { panic!("{refused}") };
    assert!(why.contains("--witness-within") && why.contains("600 s"), "{why}");
    assert_eq!(watched.authority.readiness().writing, Some(why));
    watched.witnesses.take_down(&["b"]);
    assert!(watched.rounds());
    assert_eq!(watched.authority.readiness().writing, None);
    watched.issue("3").await.unwrap();
    check_ledger(&watched.authority);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_copy_of_keys_and_data_is_caught() {
    let mut watched = Watched::new(None);
    watched.issue("1").await.unwrap();
    let old = Arc::new(watched.bench.store.copy());
    let old_signed = watched.bench.keyring.last_signed().unwrap().unwrap();
    watched.issue("2").await.unwrap();
    assert!(watched.rounds());
    let newest = watched.bench.keyring.last_signed().unwrap();
    drop(watched.authority);
    watched.bench.store = old;
    watched.bench.keyring.replace_last_signed(newest.as_deref(), &old_signed).unwrap();
    watched.authority = watched.bench.start_watched(watched.witnesses.eyes(None)).unwrap();
    let size = watched.size();
    let fault = watched.authority.ask_witnesses().unwrap_err();
    assert!(matches!(&fault, WitnessFault::Ahead { cosigned, .. } if *cosigned == size + 1), "{fault}");
    assert!(fault.to_string().contains("old copy") && fault.to_string().contains("--roll-forward"));
    let refused = watched.issue("3").await.unwrap_err();
    assert!(
        matches!(&refused, Failure::Refused(Refusal::NotReady(why)) if *why == fault.to_string()),
        "{refused}"
    );
    assert_eq!(watched.size(), size);
    assert!(watched.authority.receipt(0).is_ok(), "reads go on");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_copy_that_went_on_is_caught_too() {
    let mut watched = Watched::new(None);
    let old = Arc::new(watched.bench.store.copy());
    let old_signed = watched.bench.keyring.last_signed().unwrap().unwrap();
    watched.issue("1").await.unwrap();
    assert!(watched.rounds());
    let newest = watched.bench.keyring.last_signed().unwrap();
    drop(watched.authority);
    watched.bench.store = old;
    watched.bench.keyring.replace_last_signed(newest.as_deref(), &old_signed).unwrap();
    watched.authority = watched.bench.start_watched(watched.witnesses.eyes(None)).unwrap();
    // Nobody was asked, and it went on: at the size that was cosigned, and beyond it.
    watched.issue("2").await.unwrap();
    let cosigned = watched.size();
    watched.issue("3").await.unwrap();
    let fault = watched.authority.ask_witnesses().unwrap_err();
    assert!(matches!(&fault, WitnessFault::OtherTree { cosigned: old, .. } if *old == cosigned), "{fault}");
    assert!(watched.issue("4").await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_others_carried_is_no_fault() {
    let watched = Watched::new(None);
    assert!(watched.rounds());
    watched.issue("1").await.unwrap();
    let other = watched.bench.start_watched(watched.witnesses.eyes(None)).unwrap();
    assert!(other.ask_witnesses().unwrap());
    // The witnesses name the size of this very head, and put their lines under it all the same.
    assert!(watched.authority.ask_witnesses().unwrap());
    assert_eq!(watched.covered().0, watched.size());
}

#[test]
fn a_policy_of_another_ledger_is_refused() {
    let bench = Bench::new();
    let ours = bench.start(None).unwrap().verifier_keys().remove(0);
    let clock: Arc<dyn Clock> = bench.clock.clone();
    let witnesses = AtHand::following(&ours, &clock);
    let under = |log| Eyes { policy: Arc::new(policy(Some(log))), ..witnesses.eyes(None) };
    let stranger = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k".parse().unwrap();
    let error = bench.start_watched(under(&stranger)).err().unwrap();
    assert!(matches!(error, OpenError::OtherPolicy { .. }), "{error}");
    assert!(bench.start_watched(under(&ours)).is_ok());
}
