//! 签发账本: its head, the keys it is checked under, how to replay it, and how many entries came when. Counts only:
//! entries are pseudonymous, and no page follows one licence. Not here: checking, which is the auditor's own to do.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::frame::{Frame, Section, Visit};
use super::wording::{When, number, short_day};
use super::{names, page};
use crate::authority::ShownEntry;
use crate::http::HttpState;
use crate::http::problem::Problem;
use crate::http::request::Params;
use crate::values::lang::Lang;
use crate::values::time::{Date, Time, UtcOffset};

/// Days that are counted, today included.
const DAYS: usize = 14;
/// Newest entries that are shown, each by kind and time.
const NEWEST: u64 = 12;
const DAY: i64 = 24 * 3600 * 1000;

#[derive(Template)]
#[template(path = "ledger.html")]
struct Page {
    lang: Lang,
    frame: Frame,
    origin: String,
    size: String,
    root: String,
    last: Option<When>,
    law: Option<u64>,
    checkpoint: String,
    /// What outsiders vouch for.
    quorum: Option<Reached>,
    /// The checkpoint with their lines.
    cosigned: Option<String>,
    verifier_keys: Vec<String>,
    days: Vec<Day>,
    entries: Vec<Shown>,
    /// Demands for proofs: refused as already proved, and recorded as needs.
    demands: (String, String),
}

/// The newest quorum of witnesses.
struct Reached {
    name: String,
    by: usize,
    of: usize,
    size: String,
    /// Entries after those that it cosigned.
    beyond: String,
    when: When,
}

/// The entries of one day.
struct Day {
    when: When,
    short: String,
    count: u64,
    /// Parts in a hundred of the greatest day.
    height: u64,
}

/// One entry.
struct Shown {
    index: u64,
    when: When,
    kind: &'static str,
    code: &'static str,
}

/// `GET /{lang}/ledger`.
pub async fn show(
    State(state): State<Arc<HttpState>>,
    visit: Visit,
    params: Params,
) -> Result<Response, Problem> {
    params.finish()?;
    let lang = visit.lang;
    let published = state.authority.published();
    let charter = &published.charter;
    let offset = charter.offset().unwrap_or(UtcOffset::UTC);
    let entries = state.authority.last_entries(NEWEST)?;
    let demands = state.authority.demand_statistics()?;
    page(&Page {
        lang,
        demands: (number(demands.refused.values().sum()), number(demands.needs)),
        frame: Frame::new(&state, &visit, Some(Section::Ledger)),
        origin: charter.origin().map(ToString::to_string).unwrap_or_default(),
        size: number(published.range.size()),
        root: published.range.root().to_string(),
        last: entries.first().map(|entry| When::time(lang, entry.time, Some(offset))),
        law: charter.law_version(),
        checkpoint: published.checkpoint.to_string(),
        quorum: reached(&state, lang, offset),
        cosigned: state.authority.cosigned().map(|cosigned| cosigned.note().to_string()),
        verifier_keys: state.authority.verifier_keys().iter().map(ToString::to_string).collect(),
        days: days(&state, lang, offset)?,
        entries: entries.iter().map(|entry| shown(lang, offset, entry)).collect(),
    })
}

fn reached(state: &HttpState, lang: Lang, offset: UtcOffset) -> Option<Reached> {
    let witnessed = state.authority.witnessed();
    let quorum = witnessed.by()?;
    let size = state.authority.published().range.size();
    Some(Reached {
        name: quorum.quorum.clone(),
        by: quorum.by,
        of: quorum.of,
        size: number(quorum.size),
        beyond: number(size.saturating_sub(quorum.size)),
        when: When::time(lang, quorum.time, Some(offset)),
    })
}

fn shown(lang: Lang, offset: UtcOffset, entry: &ShownEntry) -> Shown {
    Shown {
        index: entry.index,
        when: When::time(lang, entry.time, Some(offset)),
        kind: names::entry_kind(lang, entry.kind),
        code: entry.kind.as_str(),
    }
}

/// The last days, the oldest first.
fn days(state: &HttpState, lang: Lang, offset: UtcOffset) -> Result<Vec<Day>, Problem> {
    let mut dates: Vec<Date> = Vec::with_capacity(DAYS + 1);
    let mut at = state.clock.now();
    for _ in 0..DAYS {
        dates.push(at.date(offset));
        at = at.plus(-DAY);
    }
    dates.reverse();
    let mut bounds: Vec<Time> = dates.iter().map(|date| date.first_instant(offset)).collect();
    bounds.extend(dates.last().map(|today| today.end(offset)));
    let counts = state.authority.entries_between(&bounds)?;
    let most = counts.iter().copied().max().unwrap_or(0).max(1);
    let day = |(date, count): (&Date, &u64)| Day {
        when: When::day(lang, *date),
        short: short_day(lang, *date),
        count: *count,
        // A day with any entry at all is seen.
        height: (count * 100 / most).max(u64::from(*count > 0)),
    };
    Ok(dates.iter().zip(&counts).map(day).collect())
}
