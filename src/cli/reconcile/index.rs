//! Which row means which licence: by licence number; a row without one by its reference; without that by the codes of its
//! holders and its days. Kept of a row are only sixteen bytes of a digest and where it stands.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use serde_json::Value;

use super::difference::{Difference, Differences, Kind};
use super::rows::{Rows, text};
use crate::crypto::Digest;

/// Where a row stands.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// In the file.
    pub(super) position: csv::Position,
    /// As people count, the header being line 1.
    pub(super) line: u64,
    /// Whether a licence of the ledger met it.
    pub(super) met: bool,
}

type Name = [u8; 16];

/// The rows by what they are called.
pub(super) struct Index {
    places: HashMap<Name, Place>,
    /// The word for how a licence was replaced that a row is called like.
    replaced: HashMap<Name, String>,
}

impl Index {
    /// Reads every row; what cannot be read and what stands twice is told.
    pub(super) fn of(rows: &mut Rows<'_>, differences: &mut Differences<'_>) -> anyhow::Result<Self> {
        let mut places: HashMap<Name, Place> = HashMap::new();
        while let Some((place, row)) = rows.next()? {
            let line = place.line;
            let row = match row {
                Ok(row) => row,
                Err(why) => {
                    differences.add(Difference::of(Kind::Unreadable).at(line).because(&why))?;
                    continue;
                }
            };
            match names(&row).into_iter().flatten().next().map(|name| places.entry(name)) {
                None => {
                    let why = differences.lang().choose(
                        "没有证照编号、业务编号，也没有持证主体代码",
                        "neither licence number nor reference nor holder code",
                    );
                    differences.add(Difference::of(Kind::Unreadable).in_table(line, &row).because(why))?;
                }
                Some(Entry::Vacant(free)) => drop(free.insert(place)),
                Some(Entry::Occupied(first)) => {
                    let first = first.get().line;
                    let why = differences
                        .lang()
                        .choose(format!("与第 {first} 行相同"), format!("the same as line {first}"));
                    differences.add(Difference::of(Kind::Double).in_table(line, &row).because(&why))?;
                }
            }
        }
        Ok(Self { places, replaced: HashMap::new() })
    }

    /// The row that means this licence, if no other licence has met it.
    pub(super) fn meet(&mut self, item: &Value) -> Option<Place> {
        let name = names(item).into_iter().flatten().find(|name| self.places.contains_key(name))?;
        let place = self.places.get_mut(&name)?;
        (!std::mem::replace(&mut place.met, true)).then(|| place.clone())
    }

    /// Remembers that a licence was replaced, should no other answer to its row.
    pub(super) fn replaced(&mut self, item: &Value) {
        let named = names(item).into_iter().flatten().filter(|name| self.places.contains_key(name));
        self.replaced.extend(named.map(|name| (name, text(item, "/standing"))));
    }

    /// Tells of the rows that no licence met, in their order.
    pub(super) fn leftover(
        self,
        rows: &mut Rows<'_>,
        differences: &mut Differences<'_>,
    ) -> anyhow::Result<()> {
        let mut left: Vec<(Name, Place)> = self.places.into_iter().filter(|(_, place)| !place.met).collect();
        left.sort_unstable_by_key(|(_, place)| place.line);
        for (name, place) in left {
            let row = rows.again(&place)?;
            let standing = text(&row, "/recorded/standing");
            differences.add(match self.replaced.get(&name) {
                None => Difference::of(Kind::OnlyInTable).in_table(place.line, &row),
                Some(word) => Difference::of(Kind::Differs).in_table(place.line, &row).field(
                    "/recorded/standing",
                    standing,
                    word.clone(),
                ),
            })?;
        }
        Ok(())
    }
}

/// What a row or a licence is called, the surest name first. A licence answers to each of them, a row to its first.
fn names(value: &Value) -> [Option<Name>; 3] {
    let named = |what: &str, text: String| {
        let mut name = Name::default();
        let digest = Digest::of(format!("{what}\n{text}").as_bytes());
        name.iter_mut().zip(digest.0).for_each(|(to, from)| *to = from);
        name
    };
    let given = |what: &str, field: &str| {
        let text = text(value, field);
        (!text.is_empty()).then(|| named(what, text))
    };
    let holders = value.get("holders").and_then(Value::as_array).into_iter().flatten();
    let codes: Vec<String> =
        holders.map(|holder| text(holder, "/code")).filter(|code| !code.is_empty()).collect();
    let days = [text(value, "/valid_from"), text(value, "/valid_until")];
    let held = (!codes.is_empty()).then(|| named("held", [codes, days.to_vec()].concat().join("\n")));
    [given("number", "/licence_number"), given("reference", "/reference"), held]
}
