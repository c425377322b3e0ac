//! Which row means which licence: by licence number; a row without one by its reference; without that by the codes of its
//! holders and its days. Several rows, or several licences, may be called alike: those that agree go together first, what
//! is left of them when every licence was seen. Kept of a row are two digests and where it stands; of the licences, those
//! that share what they are called, or have nothing surer than holder and days and agree with no row yet.

use std::collections::HashMap;

use serde_json::Value;

use super::difference::{Difference, Differences, Kind};
use super::rows::{Rows, text};
use crate::crypto::Digest;
use crate::values::lang::Lang;

/// Where a row stands.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// In the file.
    pub(super) position: csv::Position,
    /// As people count, the header being line 1.
    pub(super) line: u64,
    /// Whether a licence of the ledger met it.
    met: bool,
    /// What it says, as a digest.
    said: Short,
}

impl Place {
    /// Of a row that nothing is known of yet.
    pub(super) fn new(position: csv::Position, line: u64) -> Self {
        Self { position, line, met: false, said: Short::default() }
    }
}

type Short = [u8; 16];

/// What a row is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Name {
    digest: Short,
    /// Whether it can only mean one licence: a number or a reference.
    sure: bool,
}

/// A licence that waits until every other was seen.
struct Waiting {
    name: Name,
    item: Value,
    /// Whether a row agrees with it.
    agreed: bool,
}

/// The rows by what they are called.
pub(super) struct Index {
    places: HashMap<Name, Vec<Place>>,
    /// The word for how a licence was replaced that a row is called like.
    replaced: HashMap<Name, String>,
    waiting: Vec<Waiting>,
}

impl Index {
    /// Reads every row; what cannot be read and what stands twice is told.
    pub(super) fn of(rows: &mut Rows<'_>, differences: &mut Differences<'_>) -> anyhow::Result<Self> {
        let mut places: HashMap<Name, Vec<Place>> = HashMap::new();
        while let Some((mut place, row)) = rows.next()? {
            let line = place.line;
            let row = match row {
                Ok(row) => row,
                Err(why) => {
                    differences.add(Difference::of(Kind::Unreadable).at(line).because(&why))?;
                    continue;
                }
            };
            let Some(name) = names(&row).into_iter().flatten().next() else {
                let why = differences.lang().choose(
                    "没有证照编号、业务编号，也没有持证主体代码",
                    "neither licence number nor reference nor holder code",
                );
                differences.add(Difference::of(Kind::Unreadable).in_table(line, &row).because(why))?;
                continue;
            };
            place.said = short(&row.to_string());
            let alike = places.entry(name).or_default();
            match alike.iter().find(|first| first.said == place.said) {
                None => alike.push(place),
                Some(first) => differences.add(double(first.line, line, &row, differences.lang()))?,
            }
        }
        Ok(Self { places, replaced: HashMap::new(), waiting: Vec::new() })
    }

    /// One licence of the ledger against the row that means it. A licence that another replaced is history: the other one
    /// stands for it.
    pub(super) fn meet(
        &mut self,
        item: &Value,
        rows: &mut Rows<'_>,
        differences: &mut Differences<'_>,
    ) -> anyhow::Result<()> {
        if item.get("replaced_by").is_some_and(|by| !by.is_null()) {
            self.replaced(item);
            return Ok(());
        }
        let name = names(item).into_iter().flatten().find(|name| self.places.contains_key(name));
        let Some(name) = name else {
            return differences.add(Difference::of(Kind::OnlyInLedger).in_ledger(item));
        };
        let places = self.places.get_mut(&name).map(Vec::as_mut_slice).unwrap_or_default();
        let alone = name.sure && places.len() == 1;
        let agreed = match nearest(places, item, rows)? {
            None if alone => return differences.add(Difference::of(Kind::OnlyInLedger).in_ledger(item)),
            Some((place, found)) if alone || found.is_empty() => {
                place.met = true;
                differences.add_about_one(found)?;
                true
            }
            _ => false,
        };
        if !alone && (name.sure || !agreed) {
            self.waiting.push(Waiting { name, item: item.clone(), agreed });
        }
        Ok(())
    }

    /// Remembers that a licence was replaced, should no other answer to its row.
    fn replaced(&mut self, item: &Value) {
        let named = names(item).into_iter().flatten().filter(|name| self.places.contains_key(name));
        self.replaced.extend(named.map(|name| (name, text(item, "/standing"))));
    }

    /// What is left when every licence was seen: licences that agreed with no row, then rows that no licence met, in
    /// their order.
    pub(super) fn leftover(
        mut self,
        rows: &mut Rows<'_>,
        differences: &mut Differences<'_>,
    ) -> anyhow::Result<()> {
        let waiting = std::mem::take(&mut self.waiting);
        for one in waiting.iter().filter(|one| !one.agreed) {
            let places = self.places.get_mut(&one.name).map(Vec::as_mut_slice).unwrap_or_default();
            match nearest(places, &one.item, rows)? {
                None => differences.add(Difference::of(Kind::OnlyInLedger).in_ledger(&one.item))?,
                Some((place, found)) => {
                    place.met = true;
                    differences.add_about_one(found)?;
                }
            }
        }
        for one in waiting.iter().filter(|one| one.name.sure) {
            let places = self.places.get_mut(&one.name).map(Vec::as_mut_slice).unwrap_or_default();
            second(places, &one.item, rows, differences)?;
        }
        self.unmet(rows, differences)
    }

    fn unmet(self, rows: &mut Rows<'_>, differences: &mut Differences<'_>) -> anyhow::Result<()> {
        let places = self.places.into_iter();
        let places = places.flat_map(|(name, places)| places.into_iter().map(move |place| (name, place)));
        let mut left: Vec<(Name, Place)> = places.filter(|(_, place)| !place.met).collect();
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

/// Of the rows that no licence met, the one that differs least from this licence, and in what.
fn nearest<'p>(
    places: &'p mut [Place],
    item: &Value,
    rows: &mut Rows<'_>,
) -> anyhow::Result<Option<(&'p mut Place, Vec<Difference>)>> {
    let mut nearest: Option<(&mut Place, Vec<Difference>)> = None;
    for place in places.iter_mut().filter(|place| !place.met) {
        let found = rows.differing(place, item)?;
        if nearest.as_ref().is_none_or(|(_, least)| found.len() < least.len()) {
            nearest = Some((place, found));
        }
    }
    Ok(nearest)
}

/// Further rows of a number or reference whose licence met one already: a double where they say nothing else.
fn second(
    places: &mut [Place],
    item: &Value,
    rows: &mut Rows<'_>,
    differences: &mut Differences<'_>,
) -> anyhow::Result<()> {
    let Some(first) = places.iter().find(|place| place.met).map(|place| place.line) else { return Ok(()) };
    for place in places.iter_mut().filter(|place| !place.met) {
        place.met = true;
        let found = rows.differing(place, item)?;
        if found.is_empty() {
            let row = rows.again(place)?;
            differences.add(double(first, place.line, &row, differences.lang()))?;
        } else {
            differences.add_about_one(found)?;
        }
    }
    Ok(())
}

fn double(first: u64, line: u64, row: &Value, lang: Lang) -> Difference {
    let why = lang.choose(format!("与第 {first} 行相同"), format!("the same as line {first}"));
    Difference::of(Kind::Double).in_table(line, row).because(&why)
}

/// What a row or a licence is called, the surest name first. A licence answers to each of them, a row to its first.
fn names(value: &Value) -> [Option<Name>; 3] {
    let given = |what: &str, field: &str| {
        let text = text(value, field);
        (!text.is_empty()).then(|| Name { digest: short(&format!("{what}\n{text}")), sure: true })
    };
    let holders = value.get("holders").and_then(Value::as_array).into_iter().flatten();
    let codes: Vec<String> =
        holders.map(|holder| text(holder, "/code")).filter(|code| !code.is_empty()).collect();
    let days = [text(value, "/valid_from"), text(value, "/valid_until")];
    let held = (!codes.is_empty()).then(|| {
        let text = [codes, days.to_vec()].concat().join("\n");
        Name { digest: short(&format!("held\n{text}")), sure: false }
    });
    [given("number", "/licence_number"), given("reference", "/reference"), held]
}

fn short(text: &str) -> Short {
    let mut short = Short::default();
    short.iter_mut().zip(Digest::of(text.as_bytes()).0).for_each(|(to, from)| *to = from);
    short
}
