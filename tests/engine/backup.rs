//! A backup laid beside the entries, by the law, is the same store again; what was signed later is rolled forward, and a
//! row that does not belong is refused.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};
use vidimus::authority::backup::{RowPieces, RowReader, page};
use vidimus::authority::caller::Caller;
use vidimus::authority::entries::{PACK, entries};
use vidimus::authority::keyring::Keyring as _;
use vidimus::authority::rebuild::{Rebuild, RebuildError, Rebuilt, Said};
use vidimus::authority::store::{KeyValue, Row, SEALED, Store};
use vidimus::authority::{ActWish, Authority, CaseWish, OpenError, ShownLetter, Vault, Verb};
use vidimus::crypto::at_rest::RestKey;
use vidimus::crypto::{base64url, hex};
use vidimus::note::Note;
use vidimus::store::MemoryStore;
use vidimus::values::identifiers::Handle;

use crate::bench::{Bench, Counter, business, check_ledger, issue};

/// Every row of a store but those of some families.
fn rows(store: &dyn Store, but: &[u8]) -> Vec<KeyValue> {
    let families = (b'a'..=b'z').filter(|family| !but.contains(family));
    families.flat_map(|family| store.scan(&[family], None, usize::MAX).unwrap()).collect()
}

/// The rows beside `size` entries, through their written form.
pub fn beside(store: &dyn Store, size: u64) -> Vec<KeyValue> {
    let (mut pieces, mut bytes) = (RowPieces::beside(size), Vec::new());
    while let Some(piece) = pieces.next(|size, after| page(store, size, after)).unwrap() {
        bytes.extend(piece);
    }
    RowReader::new(bytes.as_slice()).collect::<Result<_, _>>().unwrap()
}

/// A store rebuilt from the entries and blobs of another, with these rows beside them.
pub fn rebuilt(
    from: &dyn Store,
    checkpoint: &Note,
    size: u64,
    beside: &[KeyValue],
) -> Result<(Arc<MemoryStore>, Rebuilt), RebuildError> {
    rebuilt_with(from, checkpoint, size, beside, None)
}

/// The same, with the keys at hand.
fn rebuilt_with(
    from: &dyn Store,
    checkpoint: &Note,
    size: u64,
    beside: &[KeyValue],
    keys: Option<&Bench>,
) -> Result<(Arc<MemoryStore>, Rebuilt), RebuildError> {
    let store = Arc::new(MemoryStore::new());
    let vault = keys.map(|bench| {
        let epoch = bench.keyring.secrets().epoch.clone();
        let (store, entropy) = (Arc::<MemoryStore>::clone(&store), Arc::<Counter>::clone(&bench.entropy));
        Vault::new(store, entropy, epoch)
    });
    let mut rebuild = Rebuild::begin(store.as_ref())?;
    for (_, blob) in from.scan(b"b", None, usize::MAX).unwrap() {
        rebuild.blob(blob)?;
    }
    let entries = entries(from, 0, size).unwrap();
    let entries: Vec<&[u8]> = entries.iter().map(Vec::as_slice).collect();
    // In two pieces of odd sizes: where a group begins must not matter.
    let (one, other) = entries.split_at(entries.len() / 3);
    rebuild.append(one)?;
    rebuild.append(other)?;
    for (key, value) in beside {
        rebuild.beside(key, value.clone())?;
    }
    let rebuilt = rebuild.finish(checkpoint, vault.as_ref())?;
    Ok((store, rebuilt))
}

async fn act(authority: &Authority, bench: &Bench, handle: &Handle, verb: Verb) {
    let market = bench.code("market-regulation");
    let body = json!({"reason": "查处"});
    let wish = ActWish { department: &market, handle, verb, body: &body, key: None, dry_run: false };
    authority.act(wish).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_store_again() {
    let mut bench = Bench::new();
    let authority = bench.start(None).unwrap();
    let market = bench.code("market-regulation");
    let mut handles = Vec::new();
    for n in 0..5 {
        bench.tick(10);
        handles.push(
            issue(&authority, &market, &business(&format!("企业{n}")), &n.to_string()).await.unwrap().handle,
        );
    }
    act(&authority, &bench, &handles[1], Verb::Suspend).await;
    act(&authority, &bench, &handles[2], Verb::Suspend).await;
    act(&authority, &bench, &handles[2], Verb::Reinstate).await;
    let demand = json!({"department": "education", "matter": "入学登记", "proof": "居住证明"});
    let need = authority.demand_proof(&Caller::Operator, &demand, Some("need"), false).unwrap();
    authority.publish().unwrap();
    let published = authority.published();
    let (size, checkpoint) = (published.range.size(), published.checkpoint.clone());
    let backup = beside(bench.store.as_ref(), size);

    let (store, told) = rebuilt(bench.store.as_ref(), &checkpoint, size, &backup).unwrap();
    assert_eq!((told.size, told.licences, told.unsealed), (size, 5, 0));
    assert_eq!((told.missing.len(), told.reasons_missing.len(), told.is_whole()), (0, 0, true));
    // How far everything is known to be sealed is noted with the last seal, and after a rebuild at the end.
    let sealed = Row::Single(SEALED).key();
    let but_that = |store| rows(store, b"").into_iter().filter(|(key, _)| *key != sealed).collect::<Vec<_>>();
    assert_eq!(but_that(store.as_ref()), but_that(bench.store.as_ref()), "row for row");
    assert_eq!(store.head(), bench.store.head());

    // More is signed, and the backup is of before.
    bench.tick(10);
    let late = issue(&authority, &market, &business("后来的企业"), "late").await.unwrap().handle;
    act(&authority, &bench, &handles[3], Verb::Suspend).await;
    let now = authority.published();
    assert_eq!(beside(bench.store.as_ref(), size), backup, "nothing of after the size is in it");
    let newer = beside(bench.store.as_ref(), now.range.size());
    let stray = rebuilt(bench.store.as_ref(), &checkpoint, size, &newer).err().unwrap();
    assert!(matches!(stray, RebuildError::Row(_)), "{stray}");
    let wrong = rebuilt(bench.store.as_ref(), &now.checkpoint, size, &backup).err().unwrap();
    assert!(matches!(wrong, RebuildError::Checkpoint(_)), "{wrong}");
    drop(authority);

    // Alone it is refused; rolled forward it starts, and what is gone is told.
    let whole = Arc::clone(&bench.store);
    bench.store = store;
    let refused = bench.start(None).err().unwrap();
    assert!(matches!(refused, OpenError::Older { .. }), "{refused}");
    let (forward, told) = rebuilt(whole.as_ref(), &now.checkpoint, now.range.size(), &backup).unwrap();
    assert_eq!(told.missing, [late]);
    assert_eq!(told.reasons_missing, [Said { handle: handles[3], entry: now.range.size() - 1 }]);
    assert!(!told.is_whole());
    bench.store = forward;
    let authority = bench.start(None).unwrap();
    check_ledger(&authority);
    let shown = authority.licence(Some(&market), &late).unwrap();
    assert_eq!((shown.licence_number, shown.events.len()), (None, 1));
    let again = authority.demand_proof(&Caller::Operator, &demand, Some("need"), false).unwrap();
    assert_eq!((again.id, again.need), (need.id, need.need), "what was needed is needed still");
    assert_eq!(authority.needs(None).unwrap().items.len(), 1);
    assert!(authority.credential(&market, &late).is_err());
    let first = authority.licence(Some(&market), &handles[0]).unwrap();
    assert!(first.licence_number.is_some());
    let suspended = authority.licence(Some(&market), &handles[3]).unwrap();
    assert_eq!(suspended.events[1].reason, None, "the ground of an act after the backup is gone");
    // Places of entries that came back are passed over: issuing goes on.
    for n in 0..3 {
        issue(&authority, &market, &business(&format!("新企业{n}")), &format!("new{n}")).await.unwrap();
    }
    check_ledger(&authority);
}

/// A row of the vault as the keys' owner would write it, over another content.
fn sealed_anew(bench: &Bench, handle: &Handle, number: u32, plain: &Value) -> Vec<u8> {
    let entropy = bench.entropy.as_ref();
    let associated = [handle.as_bytes(), b"ground".as_slice(), &number.to_be_bytes()].concat();
    let key = RestKey::generate(entropy);
    let wrapped = bench.keyring.secrets().epoch.seal(key.as_bytes(), &associated, entropy).unwrap();
    [wrapped, key.seal(plain.to_string().as_bytes(), &associated, entropy).unwrap()].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn seals_and_reasons_are_not_believed() {
    let mut bench = Bench::new();
    let authority = bench.start(None).unwrap();
    let market = bench.code("market-regulation");
    let mut handles = Vec::new();
    for n in 0..4 {
        let issued = issue(&authority, &market, &business(&format!("企业{n}")), &n.to_string()).await;
        handles.push(issued.unwrap().handle);
        act(&authority, &bench, &handles[n], Verb::Suspend).await;
    }
    let published = authority.published();
    let (size, checkpoint) = (published.range.size(), published.checkpoint.clone());
    let entry = |n: usize| authority.licence(Some(&market), &handles[n]).unwrap().events[1].index;
    let reason = |n: usize| Said { handle: handles[n], entry: entry(n) };
    let good = beside(bench.store.as_ref(), size);
    let with = |bench: &Bench, beside: &[KeyValue]| {
        rebuilt_with(bench.store.as_ref(), &checkpoint, size, beside, Some(bench)).unwrap()
    };
    let (_, told) = with(&bench, &good);
    assert_eq!((told.licences, told.unsealed, told.is_whole()), (4, 0, true));

    let mut bad: BTreeMap<Vec<u8>, Vec<u8>> = good.into_iter().collect();
    // The seal of another licence; a reason that does not open; one that opens and was never entered.
    let other = bad[&Row::Seal(handles[1]).key()].clone();
    bad.insert(Row::Seal(handles[0]).key(), other);
    bad.get_mut(&Row::Vault(handles[2], 1).key()).unwrap()[80] ^= 1;
    let plain =
        json!({"reason": "别的", "basis": null, "reference": null, "salt": base64url::encode(&[7; 32])});
    bad.insert(Row::Vault(handles[3], 1).key(), sealed_anew(&bench, &handles[3], 1, &plain));
    let bad: Vec<KeyValue> = bad.into_iter().collect();
    let (store, told) = with(&bench, &bad);
    assert_eq!((told.seals_refused.as_slice(), told.unsealed), ([handles[0]].as_slice(), 1));
    let mut damaged = [reason(2), reason(3)];
    damaged.sort_by_key(|reason| *reason.handle.as_bytes());
    assert_eq!(told.reasons_damaged, damaged);
    assert!(told.reasons_missing.is_empty() && !told.is_whole());
    drop(authority);

    // The next start seals again, over the same bytes; the reasons that were no good are not shown.
    assert!(store.get(&Row::Seal(handles[0])).unwrap().is_none());
    bench.store = store;
    let authority = bench.start(None).unwrap();
    assert!(bench.store.get(&Row::Unsealed(handles[0])).unwrap().is_none());
    assert!(authority.credential(&market, &handles[0]).is_ok());
    let reasons = |n: usize| authority.licence(Some(&market), &handles[n]).unwrap().events[1].reason.clone();
    assert_eq!(
        (0..4).map(reasons).collect::<Vec<_>>(),
        [Some("查处".into()), Some("查处".into()), None, None]
    );
    check_ledger(&authority);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_that_was_changed_is_named() {
    let bench = Bench::new();
    let authority = bench.start(None).unwrap();
    let market = bench.code("market-regulation");
    issue(&authority, &market, &business("甲"), "1").await.unwrap();
    let published = authority.published();
    let size = published.range.size();
    let changed = bench.store.copy();
    let last = Row::Entries((size - 1) / PACK);
    let mut pack = changed.get(&last).unwrap().unwrap();
    // In the signature of the last.
    let place = pack.len() - 40;
    pack[place] ^= 1;
    changed.put(vec![vidimus::authority::store::Write::set(last, pack)]).unwrap();
    let refused = rebuilt(&changed, &published.checkpoint, size, &[]).err().unwrap();
    assert!(matches!(refused, RebuildError::Entry { index, .. } if index == size - 1), "{refused}");
    let mut unknown = beside(bench.store.as_ref(), size);
    unknown.push((b"zebra".to_vec(), Vec::new()));
    let refused = rebuilt(bench.store.as_ref(), &published.checkpoint, size, &unknown).err().unwrap();
    assert!(refused.to_string().contains("upgrade"), "{refused}");
}

/// The ledger of the vectors holds every kind of entry: its root at every size, and that what was erased does not come
/// back out of a backup of before.
#[test]
fn every_kind_is_rebuilt_and_what_was_erased_stays_erased() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/vectors/ledger");
    let read = |name: &str| std::fs::read(folder.join(name)).unwrap();
    let blobs: BTreeMap<String, String> = serde_json::from_slice(&read("blobs.json")).unwrap();
    let states: Value = serde_json::from_slice(&read("states.json")).unwrap();
    let entries = read("entries.jsonl");
    let store = MemoryStore::new();
    let mut rebuild = Rebuild::begin(&store).unwrap();
    for blob in blobs.values() {
        rebuild.blob(base64url::decode(blob).unwrap()).unwrap();
    }
    let lines = entries.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let sizes = states["sizes"].as_array().unwrap();
    let mut told = 0;
    for (line, state) in lines.zip(sizes) {
        rebuild.append(&[line]).unwrap();
        let (size, root) = rebuild.root();
        assert_eq!(Some(size), state["size"].as_u64());
        assert_eq!(Some(hex::encode(&root.0).as_str()), state["root"].as_str(), "at {size}");
        told += 1;
    }
    assert_eq!(told, sizes.len());
    let licences = states["last"]["licences"].as_object().unwrap();
    let (mut erased, mut finders, mut left) = (0, Vec::new(), Vec::new());
    for (handle, state) in licences {
        let handle: Handle = handle.parse().unwrap();
        let row = Row::Vault(handle, 0);
        rebuild.beside(&row.key(), b"a payload of before".to_vec()).unwrap();
        let found = [handle.as_bytes().as_slice(), &[0, 1], &[7; 8]].concat();
        finders.extend_from_slice(&found);
        if state["erased"] == true {
            erased += 1;
        } else {
            left.extend(found);
        }
    }
    let elsewhere = rebuild.beside(&Row::Finders(1).key(), finders.clone()).err().unwrap();
    assert!(matches!(elsewhere, RebuildError::Row(_)), "they began in another block: {elsewhere}");
    let cut = finders[..finders.len() - 1].to_vec();
    assert!(rebuild.beside(&Row::Finders(0).key(), cut).is_err());
    rebuild.beside(&Row::Finders(0).key(), finders).unwrap();
    assert!(erased > 0 && erased < licences.len());
    // Another authority's checkpoint is no checkpoint of this ledger.
    let foreign = Bench::new().start(None).unwrap().published().checkpoint.clone();
    let refused = rebuild.finish(&foreign, None).err().unwrap();
    assert!(matches!(refused, RebuildError::Checkpoint(_)), "{refused}");
    for (handle, state) in licences {
        let kept = store.get(&Row::Vault(handle.parse().unwrap(), 0)).unwrap().is_some();
        assert_eq!(kept, state["erased"] != true, "{handle}");
    }
    assert_eq!(store.get(&Row::Finders(0)), Ok(Some(left)));
}

/// What is applied for in the cases here.
fn application() -> Value {
    json!({
        "type": "food-operation-licence",
        "holders": [{"name": "样例市小满餐饮店", "code": "91430700MA4PBKBQ48", "code_type": "001"}],
        "claims": {
            "operator_kind": "餐饮服务经营者", "items": ["热食类食品制售"], "responsible_person": "李样例",
            "domicile": "样例市样例路1号", "premises": "样例市样例路1号一楼",
        },
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_said_in_cases_is_not_believed() {
    let mut bench = Bench::new();
    let authority = bench.start(None).unwrap();
    let market = bench.code("market-regulation");
    let body = application();
    let mut cases = Vec::new();
    for _ in 0..4 {
        let wish = CaseWish { department: &market, case: None, body: &body, key: None, dry_run: false };
        cases.push(authority.file_case(wish).await.unwrap().case);
    }
    let published = authority.published();
    let (size, checkpoint) = (published.range.size(), published.checkpoint.clone());
    let good = beside(bench.store.as_ref(), size);
    let with = |bench: &Bench, beside: &[KeyValue]| {
        rebuilt_with(bench.store.as_ref(), &checkpoint, size, beside, Some(bench)).unwrap()
    };
    assert!(with(&bench, &good).1.is_whole());

    // An application that does not open, one that opens and was never filed, and none.
    let mut bad: BTreeMap<Vec<u8>, Vec<u8>> = good.into_iter().collect();
    let row = |n: usize| Row::Vault(cases[n].case, 1).key();
    bad.get_mut(&row(1)).unwrap()[80] ^= 1;
    let plain = json!({"said": body, "salt": base64url::encode(&[7; 32])});
    bad.insert(row(2), sealed_anew(&bench, &cases[2].case, 1, &plain));
    bad.remove(&row(3)).unwrap();
    let bad: Vec<KeyValue> = bad.into_iter().collect();
    let said = |n: usize| Said { handle: cases[n].case, entry: cases[n].events[0].index };
    let (store, told) = with(&bench, &bad);
    let sorted = |mut all: Vec<Said>| {
        all.sort_by_key(|said| said.entry);
        all
    };
    assert_eq!(sorted(told.words_damaged.clone()), [said(1), said(2)]);
    assert_eq!(told.words_missing, [said(3)]);
    assert!(!told.is_whole());
    drop(authority);

    // Without the vault only what is not there is seen; what was no good is not shown afterwards.
    let (_, blind) = rebuilt(bench.store.as_ref(), &checkpoint, size, &bad).unwrap();
    assert_eq!((blind.words_damaged.len(), blind.words_missing), (0, vec![said(3)]));
    bench.store = store;
    let authority = bench.start(None).unwrap();
    let is_shown = |n: usize| authority.shown_case(Some(&market), &cases[n].case).is_ok();
    assert_eq!((0..4).map(is_shown).collect::<Vec<_>>(), [true, false, false, false]);
    check_ledger(&authority);
}

/// What an applicant wrote lies beside his case, and belongs to it.
#[tokio::test(flavor = "multi_thread")]
async fn letters_come_back_with_their_case() {
    let mut bench = Bench::new();
    let authority = bench.start(None).unwrap();
    let market = bench.code("market-regulation");
    let body = application();
    let wish = CaseWish { department: &market, case: None, body: &body, key: None, dry_run: false };
    let case = authority.file_case(wish).await.unwrap().case.case;
    authority.write_letter(&case, &json!({"kind": "complaint", "text": "等了太久"})).await.unwrap();
    authority.publish().unwrap();
    let published = authority.published();
    let (size, checkpoint) = (published.range.size(), published.checkpoint.clone());
    let backup = beside(bench.store.as_ref(), size);
    let (store, _) = rebuilt(bench.store.as_ref(), &checkpoint, size, &backup).unwrap();
    let (key, letter) = backup.iter().find(|(key, _)| key[0] == b'L').unwrap();
    assert!(matches!(Row::of_key(key), Some(Row::Letter(of, 1)) if of == case));
    let stray =
        [(Row::Letter(Handle::new(published.charter.time().unwrap(), [9; 10]), 1).key(), letter.clone())];
    let refused = rebuilt(bench.store.as_ref(), &checkpoint, size, &stray).err().unwrap();
    assert!(matches!(refused, RebuildError::Row(_)), "{refused}");
    drop(authority);
    bench.store = store;
    let authority = bench.start(None).unwrap();
    let shown = authority.shown_case(Some(&market), &case).unwrap();
    let letters: Vec<ShownLetter> = shown.letters.unwrap();
    assert_eq!((letters.len(), letters[0].letter.text.as_str()), (1, "等了太久"));
    check_ledger(&authority);
}
