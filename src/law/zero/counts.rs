//! Counts of refusals, and anchors.

use super::{Bench, Deed, demand};
use crate::law::violation::{Refused, Rule};
use crate::ledger::body::{LedgerAnchored, RefusalsCounted, StateAnchored};
use crate::ledger::state::{CharterChange, tree};

pub(super) fn refusals(bench: Bench<'_>, body: &RefusalsCounted) -> Result<Deed, Refused> {
    demand(body.from <= body.until && body.until <= bench.moment.time, Rule::Counts, || {
        "the span is not before the entry".into()
    })?;
    demand(body.from < body.until || body.counts.is_empty(), Rule::Counts, || {
        "refusals in no time at all".into()
    })?;
    let last = bench.view.charter().counted_until();
    demand(last.is_none_or(|last| last == body.from), Rule::Counts, || {
        format!("the span begins at {}, not where the last count ended", body.from)
    })?;
    demand(body.counts.iter().all(|count| count.count > 0), Rule::Counts, || "a count of nothing".into())?;
    let sorted = body
        .counts
        .is_sorted_by(|a, b| (&a.department, &a.r#type, &a.reason) < (&b.department, &b.r#type, &b.reason));
    demand(sorted, Rule::Counts, || {
        "counts are not ascending by department, type and reason, none twice".into()
    })?;
    Ok(Deed::charter(CharterChange::Counted(body.until)))
}

pub(super) fn anchored(bench: Bench<'_>, body: &LedgerAnchored) -> Result<Deed, Refused> {
    let root = bench.view.root()?;
    demand(body.size == bench.moment.index && body.root == root, Rule::Anchor, || {
        format!("anchors {} at {}; the tree is {root} at {}", body.root, body.size, bench.moment.index)
    })?;
    Ok(Deed::charter(CharterChange::Anchored))
}

/// Where it may stand. The root itself no single entry shows: who replays the ledger makes it again (law 0, section 24).
pub(super) fn state_anchored(bench: Bench<'_>, body: &StateAnchored) -> Result<Deed, Refused> {
    let (size, index) = (body.size, bench.moment.index);
    demand(size > 0 && size.is_multiple_of(tree::BLOCK), Rule::Anchor, || {
        format!("states are anchored at multiples of {}; this is {size}", tree::BLOCK)
    })?;
    demand(size <= index && index - size <= tree::WITHIN, Rule::Anchor, || {
        format!("anchors the states at {size}; it may be up to {} before entry {index}", tree::WITHIN)
    })?;
    let last = bench.view.charter().state_anchored();
    demand(last.is_none_or(|last| last < size), Rule::Anchor, || {
        format!("anchors the states at {size}, which is not behind the last anchor")
    })?;
    Ok(Deed::charter(CharterChange::StateAnchored(size)))
}
