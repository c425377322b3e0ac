//! One source file, as its structure is judged: comments, literals and tests taken out.

use std::collections::BTreeSet;
use std::path::Path;

/// A file below `src/`.
pub struct Source {
    /// From the project's directory, with slashes.
    pub path: String,
    /// The first name below `src/`.
    pub room: String,
    /// As written.
    pub text: String,
    /// Without comments and literals, and without the module of tests at the bottom.
    pub bare: String,
    /// Of the whole file.
    pub lines: usize,
    /// Compiled only for tests.
    pub only_tests: bool,
}

/// Every Rust file below `src/`, in the order of their paths.
pub fn all_sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    read_into(&mut found, root, &root.join("src"), false);
    found.sort_by(|one, other| one.path.cmp(&other.path));
    found
}

fn read_into(found: &mut Vec<Source>, root: &Path, directory: &Path, only_tests: bool) {
    let mut names: Vec<_> =
        std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    // The file of this very module says which of its parts are compiled for tests only.
    let parent = [directory.join("mod.rs"), directory.join("lib.rs"), directory.with_extension("rs")]
        .into_iter()
        .find_map(|path| std::fs::read_to_string(path).ok())
        .unwrap_or_default();
    for path in names {
        let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
        let only_tests = only_tests || declares_for_tests(&parent, &stem);
        if path.is_dir() {
            read_into(found, root, &path, only_tests);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            let path = path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
            found.push(Source::new(&path, &text, only_tests));
        }
    }
}

fn declares_for_tests(parent: &str, module: &str) -> bool {
    let mut guarded = false;
    parent.lines().map(str::trim).any(|line| {
        let declares =
            line.trim_start_matches("pub ").trim_start_matches("pub(crate) ") == format!("mod {module};");
        let hit = guarded && declares;
        guarded = line == "#[cfg(test)]" || (guarded && line.starts_with("#["));
        hit
    })
}

impl Source {
    /// Of `path` (`src/…`) with `text` in it.
    pub fn new(path: &str, text: &str, only_tests: bool) -> Self {
        let room =
            path.trim_start_matches("src/").split('/').next().unwrap().trim_end_matches(".rs").to_owned();
        let bare = without_tests(&without_prose(text));
        let bare = if only_tests { String::new() } else { bare };
        Self {
            path: path.to_owned(),
            room,
            text: text.to_owned(),
            bare,
            lines: text.lines().count(),
            only_tests,
        }
    }

    /// Whether the code says `word`, as a whole word where it begins or ends in one.
    pub fn says(&self, word: &str) -> bool {
        let named = |character: Option<char>| character.is_some_and(|c| c.is_alphanumeric() || c == '_');
        self.bare.match_indices(word).any(|(at, _)| {
            let (before, after) =
                (self.bare[..at].chars().last(), self.bare[at + word.len()..].chars().next());
            let open = named(word.chars().next()) && named(before);
            let shut = named(word.chars().last()) && named(after);
            !open && !shut
        })
    }

    /// The rooms named by `crate::…`, by `vidimus::…`, and by `super::` out of the room.
    pub fn rooms_used(&self) -> BTreeSet<String> {
        if self.path == "src/lib.rs" {
            return BTreeSet::new();
        }
        let packed: String = self
            .bare
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .replace(":: ", "::")
            .replace("{ ", "{");
        let climb = "super::".repeat(self.depth());
        ["crate::", "vidimus::", &climb]
            .into_iter()
            .filter(|start| !start.is_empty())
            .flat_map(|start| packed.match_indices(start).map(move |(at, _)| (at, start)))
            .filter(|(at, start)| {
                let before = packed[..*at].chars().last();
                !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || (c == ':' && *start != climb))
            })
            .flat_map(|(at, start)| first_names(&packed[at + start.len()..]))
            .collect()
    }

    /// How many `super::` lead from this file to the crate.
    fn depth(&self) -> usize {
        let parts = self.path.trim_start_matches("src/").split('/').count();
        if self.path.ends_with("/mod.rs") { parts - 1 } else { parts }
    }
}

/// The first name, or those of a group in braces.
fn first_names(path: &str) -> Vec<String> {
    let name =
        |text: &str| -> String { text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect() };
    let Some(group) = path.strip_prefix('{') else {
        return Some(name(path)).filter(|name| !name.is_empty()).into_iter().collect();
    };
    let mut deep = 0_usize;
    let mut items = vec![String::new()];
    for character in group.chars() {
        match character {
            '}' if deep == 0 => break,
            ',' if deep == 0 => items.push(String::new()),
            _ => {
                if character == '{' {
                    deep += 1;
                } else if character == '}' {
                    deep -= 1;
                }
                items.last_mut().unwrap().push(character);
            }
        }
    }
    items.iter().map(|item| name(item.trim())).filter(|name| !name.is_empty()).collect()
}

/// Up to the module of tests, which stands at the bottom of a file.
fn without_tests(bare: &str) -> String {
    let bottom = bare.match_indices("#[cfg(test)]").find(|(at, _)| {
        let rest = bare[at + "#[cfg(test)]".len()..].trim_start();
        rest.starts_with("mod ") && rest.find('{').is_some_and(|brace| !rest[..brace].contains(';'))
    });
    bottom.map_or(bare, |(at, _)| &bare[..at]).to_owned()
}

/// Comments become nothing, literals become empty ones.
fn without_prose(text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    let mut bare = String::with_capacity(text.len());
    let mut at = 0;
    while at < characters.len() {
        let rest = &characters[at..];
        at += match rest {
            ['/', '/', ..] => rest.iter().position(|c| *c == '\n').unwrap_or(rest.len()),
            ['/', '*', ..] => {
                rest.windows(2).skip(2).position(|pair| pair == ['*', '/']).map_or(rest.len(), |end| end + 4)
            }
            ['r', '"', ..] | ['r', '#', '"' | '#', ..] if !named(bare.chars().last()) => raw_literal(rest),
            ['"', ..] => {
                bare.push_str("\"\"");
                literal(rest)
            }
            ['\'', '\\', ..] => 2 + rest[2..].iter().skip(1).position(|c| *c == '\'').unwrap() + 2,
            ['\'', _, '\'', ..] => 3,
            _ => {
                bare.push(rest[0]);
                1
            }
        };
    }
    bare
}

fn named(character: Option<char>) -> bool {
    character.is_some_and(|c| c.is_alphanumeric() || c == '_')
}

fn literal(rest: &[char]) -> usize {
    let mut at = 1;
    while at < rest.len() && rest[at] != '"' {
        at += if rest[at] == '\\' { 2 } else { 1 };
    }
    at + 1
}

fn raw_literal(rest: &[char]) -> usize {
    let hashes = rest[1..].iter().take_while(|c| **c == '#').count();
    let end: Vec<char> = std::iter::once('"').chain(std::iter::repeat_n('#', hashes)).collect();
    let from = hashes + 2;
    rest[from..]
        .windows(end.len())
        .position(|window| window == end)
        .map_or(rest.len(), |found| from + found + end.len())
}
