//! The office over small ledgers in memory: what it sees, what it keeps, and replays that end well, are stopped, fail or are
//! interrupted.

mod seen;
mod world;

use std::collections::BTreeMap;
use std::fs;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{LazyLock, mpsc};

use serde_json::Value;
use tempfile::TempDir;

use super::*;
use crate::audit::SourceError;
use crate::audit::fixture::{Files, Ledger, tree_files};
use crate::audit::replay::{Progress, replay_before};
use crate::audit::report::{Gathering, Range, findings};
use crate::ledger::policy::Policy;
use crate::note::VerifierKey;
use crate::supervision::Rules;
use crate::supervision::scorecard::Scorecard;
use crate::values::canonical::canonical;
use crate::values::time::Time;

use world::{Going, Place};

static LEDGER: LazyLock<Ledger> = LazyLock::new(Ledger::small);

/// The ledger as it was at a size; with its tokens once it is whole.
fn at(size: usize) -> Files {
    let mut files = LEDGER.files();
    if size < LEDGER.entries.len() {
        files.retain(|path, _| path.starts_with("blob/"));
        files.extend(tree_files(&LEDGER.origin, &LEDGER.entries[..size], &[&LEDGER.checkpoint_key]));
    }
    files
}

fn whole() -> Files {
    at(LEDGER.entries.len())
}

/// Another face, of so many entries, two of which stand in each other's places.
fn face(size: usize) -> Files {
    let mut entries = LEDGER.entries[..size].to_vec();
    entries.swap(3, 4);
    let mut files = at(size);
    files.retain(|path, _| path.starts_with("blob/"));
    files.extend(tree_files(&LEDGER.origin, &entries, &[&LEDGER.checkpoint_key]));
    files
}

/// Waits until no replay runs.
fn settled(office: &Office) {
    while held(&office.runs).running.is_some() {
        thread::yield_now();
    }
}

fn replayed(office: &Arc<Office>) {
    office.start();
    settled(office);
}

/// A page, which is well formed.
fn told(office: &Arc<Office>, lang: Lang, path: &str) -> String {
    let shown = office.page(lang, path, true).unwrap();
    assert!(shown.found, "{path}");
    well_formed(&shown.html);
    assert!(
        shown.html.contains(&format!("<html lang=\"{}\">", lang.tag())) && !shown.html.contains("<script")
    );
    shown.html
}

/// Every element that is opened is closed, in its order.
fn well_formed(html: &str) {
    let mut open: Vec<&str> = Vec::new();
    for tag in html.split('<').skip(1) {
        let tag = tag.split_once('>').unwrap().0;
        let name = tag.trim_start_matches('/').split([' ', '/']).next().unwrap();
        match tag.strip_prefix('/') {
            Some(closed) => {
                assert_eq!(open.pop(), Some(closed), "{html}");
            }
            None if tag.ends_with('/') || ["!doctype", "meta", "link", "br"].contains(&name) => {}
            None => open.push(name),
        }
    }
    assert!(open.is_empty(), "{open:?}");
}

/// Lets an office go once no thread of its own has it any more: one that has answered may still be on its way out.
fn shut(office: Arc<Office>) {
    while Arc::strong_count(&office) > 1 {
        thread::yield_now();
    }
    drop(office);
}

fn follows(office: &Arc<Office>) -> Option<Relation> {
    office.look().unwrap().head.as_ref().unwrap().follows.clone()
}

#[test]
fn what_a_replay_finds_is_what_the_command_writes() {
    let place = Place::new(whole());
    let office = place.open().unwrap();
    assert!(told(&office, Lang::En, "/result").contains("No replay has come to its end yet"));
    replayed(&office);
    let folder = place.folder.path().join("run-1");
    let range = Range { from: 0, until: LEDGER.size() };
    let (rules, scorecard) = (Rules::built_in().unwrap(), Scorecard::built_in().unwrap());
    let mut eye = Gathering::new(range, rules.clone(), scorecard.clone());
    let pins = place.world.pins().unwrap();
    let audit = replay_before(&mut eye, &whole(), &pins, &mut |_| ()).unwrap();
    let found = findings(&audit, eye, &whole()).unwrap();
    let mut document = canonical(&serde_json::json!({ "findings": &found })).unwrap();
    document.push(b'\n');
    assert_eq!(fs::read(folder.join("findings.json")).unwrap(), document);
    let page = crate::audit::report::page(&found, (&rules, &scorecard), "pinned", false).unwrap();
    assert_eq!(fs::read_to_string(folder.join("findings.html")).unwrap(), page);
    assert_eq!(fs::read(folder.join("checkpoint")).unwrap(), whole()["checkpoint"]);
    assert!(folder.join("statistics.json").exists() && folder.join("licences-by-day.csv").exists());
    for name in ["run.json", "begun.json", "section.zh.html", "../last-seen", "."] {
        assert!(office.evidence("run-1", name).is_none(), "{name}");
    }
    assert!(office.evidence("run-01", "findings.json").is_none());
    shut(office);
    // The next process shows it.
    let office = place.open().unwrap();
    for lang in Lang::ALL {
        assert!(told(&office, lang, "/result").contains(lang.choose("账本成立", "The ledger holds")));
        assert!(told(&office, lang, "/replay").contains(lang.choose("开始重放", "Start a replay")));
        assert!(told(&office, lang, "").contains("/result"));
        let absent = office.page(lang, "/nowhere", true).unwrap();
        well_formed(&absent.html);
        assert!(!absent.found);
    }
    replayed(&office);
    assert!(place.folder.path().join("run-2").exists() && folder.exists(), "earlier runs stay");
}

#[test]
fn a_ledger_that_does_not_hold_is_told_with_index_and_rule() {
    let place = Place::new(face(8));
    let office = place.open().unwrap();
    replayed(&office);
    let page = told(&office, Lang::En, "/result");
    assert!(page.contains("The ledger does not hold") && page.contains("no card raised"), "{page}");
    let first: Value =
        serde_json::from_slice(&fs::read(place.folder.path().join("run-1/findings.json")).unwrap()).unwrap();
    let first = &first["findings"]["violations"][0];
    let row = format!("#{}</td>", first["index"]);
    assert!(page.contains(&row) && page.contains(first["rule"].as_str().unwrap()), "{row}: {page}");
    assert!(!place.folder.path().join("run-1/statistics.json").exists());
    assert!(!place.folder.path().join("last-seen.vkey").exists(), "nothing is learned of it");
}

/// The ledger of the vectors has cases, and so cards.
#[test]
fn every_card_is_told_with_its_colour_in_words() {
    let place = Place::new(crate::audit::report::tests::files(usize::MAX));
    place.world.0.lock().unwrap().vkey = None;
    let office = place.open().unwrap();
    replayed(&office);
    for lang in Lang::ALL {
        let page = told(&office, lang, "/result");
        let cards =
            page.matches("class=\"card-yellow\"").count() + page.matches("class=\"card-red\"").count();
        assert_eq!(cards, 11);
        assert!(page.contains(lang.choose(">黄牌</span>", ">yellow</span>")), "{page}");
        assert!(page.contains(lang.choose("无数据可绘：", "Nothing to plot: ")));
        assert!(page.contains("href=\"#scorecard\""));
    }
}

#[test]
fn without_a_key_a_replay_that_holds_gives_one() {
    let place = Place::new(at(8));
    place.world.0.lock().unwrap().vkey = None;
    let office = place.open().unwrap();
    assert_eq!(follows(&office), Some(Relation::NoKey));
    assert!(!place.folder.path().join("last-seen").exists());
    replayed(&office);
    let look = office.look().unwrap();
    let head = look.head.as_ref().unwrap();
    assert_eq!((head.pinned, &head.follows), (false, &None));
    assert_eq!(follows(&office), Some(Relation::Same));
    place.put("ledger", face(8));
    assert!(matches!(follows(&office), Some(Relation::Split(_))), "from then on it is held to it");
}

#[test]
fn one_at_a_time_and_stopped() {
    let place = Place::new(whole());
    let (arrived, pass) = place.gate();
    let office = place.open().unwrap();
    office.start();
    arrived.recv().unwrap();
    office.start();
    for lang in Lang::ALL {
        // Another tab, and the same one again.
        for _ in 0..2 {
            let page = told(&office, lang, "/replay");
            assert!(
                page.contains("<progress id=\"done\" max=") && page.contains("http-equiv=\"refresh\""),
                "{page}"
            );
            assert!(!page.contains("<button>") && page.contains(lang.choose(">停止<", ">Stop<")));
        }
        let still = office.page(lang, "/replay", false).unwrap().html;
        assert!(still.contains("<progress") && !still.contains("http-equiv"));
    }
    office.stop();
    drop(pass);
    settled(&office);
    let page = told(&office, Lang::En, "/replay");
    assert!(page.contains("The replay was stopped: there is no verdict.") && !page.contains("http-equiv"));
    assert_eq!(office.folder.finished().unwrap(), None);
    shut(office);
    let office = place.open().unwrap();
    assert!(told(&office, Lang::Zh, "/replay").contains("重放已被停止"));
    place.world.0.lock().unwrap().gate = None;
    replayed(&office);
    assert!(told(&office, Lang::Zh, "/replay").contains("账本成立"));
}

#[test]
fn a_source_that_fails_is_no_verdict() {
    let place = Place::new(whole());
    let office = place.open().unwrap();
    replayed(&office);
    place.world.0.lock().unwrap().ledgers.clear();
    replayed(&office);
    for lang in Lang::ALL {
        let page = told(&office, lang, "/replay");
        assert!(page.contains(lang.choose("来源无法询问", "The source could not be asked")), "{page}");
        assert!(
            page.contains(lang.choose("账本成立", "The ledger holds")),
            "what was found before is still told"
        );
    }
    place.put("ledger", Files::new());
    replayed(&office);
    assert!(told(&office, Lang::En, "/replay").contains("checkpoint is missing or damaged"));
}

#[test]
fn a_killed_process_leaves_an_interrupted_run() {
    let place = Place::new(whole());
    let office = place.open().unwrap();
    replayed(&office);
    let number = office.folder.begin(office.clock.now()).unwrap();
    assert!(matches!(place.open(), Err(FolderError::Busy(_))), "one process at a time");
    shut(office);
    let office = place.open().unwrap();
    let page = told(&office, Lang::En, "/replay");
    assert!(page.contains("ended while the replay ran") && page.contains("The ledger holds"), "{page}");
    replayed(&office);
    assert!(!place.folder.path().join(format!("run-{number}.unfinished")).exists());
    assert!(place.folder.path().join(format!("run-{}", number + 1)).exists());
    assert!(!told(&office, Lang::En, "/replay").contains("ended while"));
}

#[test]
fn anothers_folder_is_left_alone() {
    let place = Place::new(whole());
    fs::write(place.folder.path().join("checkpoint"), "a mirror's").unwrap();
    let refused = place.open().err().unwrap();
    assert!(matches!(&refused, FolderError::Foreign { name, .. } if name == "checkpoint"), "{refused}");
}

#[test]
fn how_far_it_is_says_how_long_the_rest_takes() {
    let running = Running::new(1, Going::default().now());
    let nothing = running.course(500);
    assert_eq!((nothing.total, nothing.rate, nothing.rest), (0, None, None));
    running.tell(Progress { done: 0, total: 1000 }, 1000);
    assert_eq!(running.course(1000).rest, None, "nobody knows yet");
    running.tell(Progress { done: 250, total: 1000 }, 2000);
    let course = running.course(2000);
    assert_eq!((course.percent(), course.rate, course.rest), (25, Some(250), Some(3000)));
    running.stop();
    assert!(running.course(2000).stopping);
}
