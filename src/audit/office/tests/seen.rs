//! How the ledger, its witnesses and its mirrors stand to what was seen.

use super::*;
use crate::audit::fixture::seeded;
use crate::ledger::checkpoint::Checkpoint;
use crate::ledger::split_view::SplitView;
use crate::merkle::{Range as Tree, leaf};
use crate::note::{NoteSignature, Scheme};

#[test]
fn what_continues_is_remembered_and_what_does_not_is_proved() {
    let place = Place::new(at(5));
    let office = place.open().unwrap();
    assert_eq!(follows(&office), None);
    assert_eq!(follows(&office), Some(Relation::Same));
    place.put("ledger", at(8));
    assert_eq!(follows(&office), Some(Relation::Behind(3)));
    place.put("ledger", at(6));
    assert_eq!(follows(&office), Some(Relation::Ahead(2)), "it went back");
    assert!(told(&office, Lang::En, "").contains("The ledger went back: 2 entries fewer"));
    shut(office);
    // A restart forgets nothing.
    let office = place.open().unwrap();
    for (files, hashes) in [(face(8), "one size"), (face(10), "a larger one")] {
        place.put("ledger", files);
        assert_eq!(follows(&office), Some(Relation::Split("ledger.split-view".into())), "{hashes}");
    }
    let (mut file, evidence) = office.evidence("kept", "ledger.split-view").unwrap();
    let mut proof = Vec::new();
    std::io::Read::read_to_end(&mut file, &mut proof).unwrap();
    assert_eq!(evidence.media_type, "text/plain; charset=utf-8");
    let shown = SplitView::parse(&proof).unwrap().verify(&[LEDGER.vkey()]).unwrap();
    assert_eq!(
        (shown.smaller.size(), shown.larger.size()),
        (8, 8),
        "the first proof is the one that is kept"
    );
    place.put("ledger", whole());
    assert!(matches!(follows(&office), Some(Relation::Behind(_))));
    for lang in Lang::ALL {
        let page = told(&office, lang, "");
        assert!(
            page.contains(lang.choose("警报：已证明账本分叉", "Alarm: a split view is proved")),
            "for good"
        );
        assert!(page.contains("vidimus ledger split-view audit/ledger.split-view"));
    }
}

#[test]
fn another_key_is_no_head() {
    let place = Place::new(whole());
    place.world.0.lock().unwrap().vkey = Some(LEDGER.vkey_of(&seeded(9)));
    let office = place.open().unwrap();
    assert!(office.look().unwrap().head.is_err());
    assert!(told(&office, Lang::En, "").contains("Look at --vkey"));
    place.world.0.lock().unwrap().ledgers.clear();
    assert!(told(&office, Lang::Zh, "").contains("来源无法询问，这不是对账本的结论"));
}

#[test]
fn each_mirror_stands_somewhere_to_the_head() {
    let mut place = Place::new(at(8));
    let mut strangers = at(8);
    let name = LEDGER.origin.as_str().parse().unwrap();
    let other = Checkpoint::new(name, 8, [7; 32]).sign(&seeded(9), &[]).unwrap();
    strangers.insert("checkpoint".into(), other.to_string().into_bytes());
    for (name, files) in
        [("same", at(8)), ("behind", at(3)), ("ahead", whole()), ("split", face(6)), ("strange", strangers)]
    {
        place.put(name, files);
        place.mirrors.push(name.into());
    }
    place.mirrors.push("away".into());
    let office = place.open().unwrap();
    let look = office.look().unwrap();
    let relations: Vec<_> = look.mirrors.iter().map(|mirror| mirror.relation.clone()).collect();
    let more = u64::try_from(LEDGER.entries.len()).unwrap() - 8;
    assert_eq!(
        relations[..4],
        [
            Relation::Same,
            Relation::Behind(5),
            Relation::Ahead(more),
            Relation::Split("mirror-4.split-view".into())
        ]
    );
    assert!(matches!(&relations[4..], [Relation::Wrong(_), Relation::Unasked(_)]), "{relations:?}");
    let page = told(&office, Lang::Zh, "");
    for words in
        ["相同", "落后 5 条", "领先", "矛盾", "不能核实", "无法询问", "/evidence/kept/mirror-4.split-view"]
    {
        assert!(page.contains(words), "{words}");
    }
}

const NAMES: [&str; 3] = ["a.example/w", "b.example/w", "c.example/w"];

fn policy() -> String {
    let witness = |(name, seed): (&&str, u8)| {
        let key = VerifierKey::of(name.parse().unwrap(), Scheme::Cosignature, seeded(seed).public()).unwrap();
        format!("witness {name} {key} http://{name}\n")
    };
    let lines: String = NAMES.iter().zip(200..).map(witness).collect();
    format!("{lines}group two 2 {}\nquorum two\n", NAMES.join(" "))
}

/// The first entries, cosigned by these.
fn cosigned(size: usize, by: &[usize]) -> Vec<u8> {
    let mut tree = Tree::new();
    LEDGER.entries.iter().take(size).for_each(|entry| tree.push(leaf(entry)));
    let name = LEDGER.origin.as_str().parse().unwrap();
    let mut note =
        Checkpoint::new(name, tree.size(), tree.root().0).sign(&LEDGER.checkpoint_key, &[]).unwrap();
    let line = |place: &usize| {
        let key = seeded(200 + u8::try_from(*place).unwrap());
        NoteSignature::cosign(note.text(), &NAMES[*place].parse().unwrap(), &key, 1_795_327_200).unwrap()
    };
    let lines: Vec<_> = by.iter().map(line).collect();
    note.append(lines).unwrap();
    note.to_string().into_bytes()
}

#[test]
fn a_quorum_is_one_whoever_shows_its_lines() {
    let mut files = at(8);
    files.insert("witnessed-checkpoint".into(), cosigned(5, &[0, 1]));
    let place = Place::new(files);
    place.world.0.lock().unwrap().policy = Some(policy());
    let url = |place: usize| commands::latest_of(&format!("http://{}", NAMES[place]), LEDGER.origin.as_str());
    let witnesses = |all: &[(usize, Vec<u8>)]| {
        let all = all.iter().map(|(place, note)| (url(*place), note.clone())).collect();
        place.world.0.lock().unwrap().witnesses = all;
    };
    let office = place.open().unwrap();
    let look = office.look().unwrap();
    assert_eq!(look.witnessed.by().map(|quorum| (quorum.size, quorum.by)), Some((5, 2)));
    let relations: Vec<_> = look.witnesses.iter().map(|one| one.relation.clone()).collect();
    assert!(
        matches!(&relations[..], [Relation::Behind(3), Relation::Behind(3), Relation::Unasked(_)]),
        "{relations:?}"
    );
    // Two that say more themselves are a quorum further on; one alone is none.
    witnesses(&[(0, cosigned(7, &[0])), (2, Vec::new())]);
    let look = office.look().unwrap();
    assert_eq!(look.witnessed.by().map(|quorum| quorum.size), Some(5));
    assert_eq!(look.witnesses[0].relation, Relation::Behind(1));
    assert_eq!(look.witnesses[2].relation, Relation::Nothing);
    witnesses(&[(0, cosigned(7, &[0])), (2, cosigned(7, &[2]))]);
    let look = office.look().unwrap();
    assert_eq!(look.witnessed.by().map(|quorum| (quorum.size, quorum.by)), Some((7, 2)));
    let page = told(&office, Lang::En, "");
    assert!(page.contains("reached; after those 1 un-witnessed"), "{page}");
    assert!(page.contains(&format!("curl -sf {}", url(0))));
    // A witness that was shown another face has a proof of it.
    place.put("ledger", face(8));
    witnesses(&[(0, cosigned(8, &[0]))]);
    let look = office.look().unwrap();
    assert_eq!(look.witnesses[0].relation, Relation::Split("witness-1.split-view".into()));
    assert_eq!(look.witnessed.by(), None);
}

#[test]
fn nothing_is_concluded_under_keys_that_a_ledger_does_not_know() {
    let place = Place::new(whole());
    place.world.0.lock().unwrap().vkey = None;
    let office = place.open().unwrap();
    replayed(&office);
    assert!(told(&office, Lang::En, "/result").contains("The ledger holds"));
    let mut stranger = Ledger::under(LEDGER.origin.as_str(), seeded(77));
    stranger.issue();
    place.put("ledger", stranger.files());
    replayed(&office);
    for lang in Lang::ALL {
        let page = told(&office, lang, "/replay");
        assert!(page.contains(lang.choose("不作结论", "Nothing is concluded")), "{page}");
    }
    assert!(!place.folder.path().join("run-2").exists());
    assert_eq!(office.folder.keys(), [LEDGER.vkey()], "the stranger's key is not learned");
}
