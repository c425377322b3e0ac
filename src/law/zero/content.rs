//! What rules that need content found about a licence. Whether they find just this is no question for the law: it has no content. Who
//! has the vault says so.

use super::{Bench, Deed, demand};
use crate::law::violation::{Refused, Rule, Violation};
use crate::ledger::body::ContentFound;
use crate::ledger::state::ContentState;

pub(super) fn found(bench: Bench<'_>, body: &ContentFound) -> Result<Deed, Refused> {
    let first = bench.view.charter().supervision().first().map(|held| held.since.index);
    let begun =
        first.ok_or_else(|| Violation::new(Rule::Content, "no rules of supervision are published"))?;
    let wrong = |text: &str| Violation::new(Rule::Content, text);
    let before = body.content.checked_sub(1).ok_or_else(|| wrong("findings are counted from 1"))?;
    demand(bench.view.content(body.content)?.is_none(), Rule::Content, || {
        format!("finding {} was entered before", body.content)
    })?;
    let last = match before {
        0 => begun,
        before => bench.view.content(before)?.ok_or_else(|| wrong("a number is left out"))?.at,
    };
    demand((last + 1..bench.moment.index).contains(&body.at), Rule::Content, || {
        format!("it is of entry {}; it must be of one behind {last} that stands before it", body.at)
    })?;
    let licence = bench.view.licence(&body.licence)?;
    let licence = licence.ok_or_else(|| wrong("there is no such licence"))?;
    demand(licence.first().is_some_and(|first| first.index == body.at), Rule::Content, || {
        format!("entry {} did not bring licence {} in", body.at, body.licence)
    })?;
    let first = licence.first().map(|first| first.time);
    let then = licence.before(body.at + 1, licence.last).zip(first).zip(bench.view.charter().offset());
    demand(then.is_some_and(|((then, time), offset)| !then.is_past(time, offset)), Rule::Content, || {
        format!("licence {} was past just after entry {}", body.licence, body.at)
    })?;
    demand(licence.department == body.department, Rule::Content, || {
        format!("licence {} is not of {}", body.licence, body.department)
    })?;
    let ascend = body.rules.iter().zip(body.rules.iter().skip(1)).all(|(one, next)| one < next);
    demand(ascend && !body.rules.is_empty(), Rule::Content, || {
        "the rules that found something ascend, none twice, and there is one".into()
    })?;
    let (content, at, index) = (body.content, body.at, bench.moment.index);
    let found = ContentState { content, at, index, last: bench.entry.leaf_hash() };
    Ok(Deed { content: Some(found), ..Deed::default() })
}
