//! Holds the floors of the house (`ARCHITECTURE.md`): who may use whom, which words a floor does not say, which crate
//! lives in which room, and how long a file may be. Reads the sources as text; knows nothing of what they do.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]

mod structure {
    pub mod house;
    pub mod source;
}

use structure::house::{ALONE, LONGER, LONGEST, LONGEST_OF_TESTS, MEDIAN, UNSAID, floor_of};
use structure::source::{Source, all_sources};

/// Fails with every offence at once, one a line.
#[track_caller]
fn none(what: &str, offences: &[String]) {
    assert!(offences.is_empty(), "{what}:\n  {}", offences.join("\n  "));
}

fn offences(judge: impl Fn(&Source) -> Vec<String>) -> Vec<String> {
    let sources = all_sources();
    assert!(sources.len() > 50, "the sources were not found");
    sources
        .iter()
        .flat_map(|source| judge(source).into_iter().map(|why| format!("{}: {why}", source.path)))
        .collect()
}

/// What is wrong with `room` using `other`, if anything.
fn trespass(room: &str, other: &str) -> Option<String> {
    let (Some(own), Some(below)) = (floor_of(room), floor_of(other)) else {
        return Some(format!(
            "`{other}` has no floor: give it one in tests/structure/house.rs and ARCHITECTURE.md"
        ));
    };
    // The top floor wires everything, its own rooms too.
    let allowed = room == other || below < own || own == 7;
    (!allowed).then(|| format!("{room} (floor {own}) uses {other} (floor {below})"))
}

#[test]
fn a_room_uses_only_floors_below() {
    let found = offences(|source| {
        source.rooms_used().iter().filter_map(|other| trespass(&source.room, other)).collect()
    });
    none("a room may use only rooms of lower floors", &found);
}

#[test]
fn a_floor_does_not_say_what_is_above_it() {
    let found = offences(|source| {
        let floor = floor_of(&source.room);
        let said =
            |word: &&str| source.says(word).then(|| format!("`{word}` on floor {}", floor.unwrap_or(99)));
        UNSAID
            .iter()
            .filter(|(up_to, _)| floor.is_some_and(|floor| floor <= *up_to))
            .flat_map(|(_, words)| words.iter().filter_map(said))
            .collect()
    });
    none("I/O, async, clock, chance and environment belong higher", &found);
}

#[test]
fn a_crate_lives_in_its_rooms() {
    let found = offences(|source| {
        let foreign =
            |(name, rooms): &(&str, &[&str])| !rooms.contains(&source.room.as_str()) && source.says(name);
        let told = |(name, rooms): &(&str, &[&str])| format!("`{name}` lives in {}", rooms.join(", "));
        ALONE.iter().filter(|row| foreign(row)).map(told).collect()
    });
    none("a crate has one room, so that replacing it is one room's work", &found);
}

#[test]
fn files_are_short() {
    let found = offences(|source| {
        let guide = if source.only_tests { LONGEST_OF_TESTS } else { LONGEST };
        let limit =
            LONGER.iter().find(|(path, ..)| *path == source.path).map_or(guide, |(_, lines, _)| *lines);
        if source.lines > limit { vec![format!("{} lines, at most {limit}", source.lines)] } else { vec![] }
    });
    none("a file reads in one sitting; split it by concept", &found);
    let idle = LONGER.iter().filter(|(path, ..)| {
        !all_sources().iter().any(|source| source.path == *path && source.lines > LONGEST)
    });
    none("an exception that is not needed", &idle.map(|(path, ..)| (*path).to_owned()).collect::<Vec<_>>());
    assert!(LONGER.len() <= 3, "exceptions are exceptions");
    let mut lines: Vec<usize> = all_sources().iter().map(|source| source.lines).collect();
    lines.sort_unstable();
    assert!(lines[lines.len() / 2] <= MEDIAN, "the median file has {} lines", lines[lines.len() / 2]);
}

#[test]
fn no_bare_allow() {
    let found = offences(|source| {
        ["#[allow", "#![allow"]
            .iter()
            .filter(|form| source.says(form))
            .map(|form| (*form).to_owned())
            .collect()
    });
    none("`#[expect(lint, reason = …)]` instead", &found);
    let found = offences(|source| {
        let silent =
            |(at, _): &(usize, &str)| !source.bare[*at..].split(']').next().unwrap().contains("reason");
        source
            .bare
            .match_indices("[expect(")
            .filter(silent)
            .map(|_| "an expect without a reason".into())
            .collect()
    });
    none("say why", &found);
}

#[test]
fn the_map_names_every_room() {
    let Ok(map) = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/ARCHITECTURE.md")) else {
        panic!("ARCHITECTURE.md is missing");
    };
    let rooms: std::collections::BTreeSet<String> =
        all_sources().into_iter().map(|source| source.room).collect();
    // The doors are no rooms.
    let unnamed = rooms
        .into_iter()
        .filter(|room| !["lib", "main"].contains(&room.as_str()))
        .filter(|room| !map.contains(&format!("`{room}")) && !map.contains(&format!("src/{room}")));
    none("ARCHITECTURE.md does not name these rooms", &unnamed.collect::<Vec<_>>());
}

#[test]
fn the_door_lists_the_floors_from_the_ground_up() {
    let sources = all_sources();
    let door = sources.iter().find(|source| source.path == "src/lib.rs").unwrap();
    let rooms = door.text.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
    let floors: Vec<_> = rooms.map(|room| (floor_of(room), room)).collect();
    assert!(floors.iter().all(|(floor, _)| floor.is_some()), "a room without a floor: {floors:?}");
    assert!(floors.is_sorted_by_key(|(floor, _)| *floor), "{floors:?}");
}

/// The reader of sources is itself held: what it must see, and what it must not.
mod the_reader {
    use super::*;

    fn source(path: &str, text: &str) -> Source {
        Source::new(path, text, false)
    }

    #[test]
    fn sees_every_way_to_another_room() {
        for text in [
            "use crate::http::route;",
            "use crate::{\n    values::time,\n    http::{route, problem},\n};",
            "fn f() { crate::http::route() }",
            "use super::super::http;",
            "pub use crate::http;",
        ] {
            assert!(source("src/law/applied.rs", text).rooms_used().contains("http"), "{text}");
        }
        assert!(source("src/law/mod.rs", "use super::http;").rooms_used().contains("http"));
        assert!(source("src/main.rs", "fn main() { vidimus::cli::run() }").rooms_used().contains("cli"));
    }

    #[test]
    fn overlooks_words_that_are_not_code() {
        let text = "// crate::http\n/* use crate::http; */ const A: &str = \"crate::http\"; const B: &str = r#\"crate::http \"#;\n\
                    const C: char = '\"'; use super::http;\n#[cfg(test)]\nmod tests { use crate::http; }";
        assert_eq!(source("src/law/applied.rs", text).rooms_used().len(), 0);
    }

    #[test]
    fn finds_whole_words() {
        let said = source("src/law/mod.rs", "fn f() { let sledge = Instantly; tokio::spawn(x.await) }");
        assert!(said.says("tokio") && said.says(".await") && !said.says("sled") && !said.says("Instant"));
    }

    #[test]
    fn knows_who_may_use_whom() {
        assert_eq!(trespass("ledger", "merkle"), None);
        assert_eq!(trespass("ledger", "ledger"), None);
        assert_eq!(trespass("cli", "wiring"), None);
        assert!(trespass("ledger", "law").is_some(), "above");
        assert!(trespass("law", "verification").is_some(), "beside");
        assert!(trespass("http", "store").is_some(), "beside");
        assert!(trespass("http", "attic").is_some(), "unknown");
    }
}
