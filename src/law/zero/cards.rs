//! Supervision: the rules by which cards are raised, the cards, and what follows them. Whether the rules raise just these is no
//! question for one entry: who replays the ledger says so.

use super::{Bench, Deed, demand};
use crate::law::applied::Owed;
use crate::law::violation::{Refused, Rule, Violation};
use crate::ledger::body::{
    About, CardAnswered, CardNumber, CardOrdered, CardRaised, Colour, OfficerId, Role, SupervisionPublished,
};
use crate::ledger::state::{CardEvent, CardState, CardStep, CharterChange};

/// Most working days in which an answer can be ordered.
const MOST_DAYS: u64 = 400;

pub(super) fn published(bench: Bench<'_>, body: &SupervisionPublished) -> Result<Deed, Refused> {
    bench.blob(&body.rules)?;
    let owed = bench.registrars_approve()?;
    Ok(Deed::charter(CharterChange::Supervision(body.clone())).owing(owed))
}

pub(super) fn raised(bench: Bench<'_>, body: &CardRaised) -> Result<Deed, Refused> {
    let first = bench.view.charter().supervision().first().map(|held| held.since.index);
    let begun = first.ok_or_else(|| Violation::new(Rule::Card, "no rules of supervision are published"))?;
    demand(bench.view.card(body.card)?.is_none(), Rule::Card, || {
        format!("card {} was raised before", body.card)
    })?;
    let before = match body.card.checked_sub(1) {
        None => return Err(Violation::new(Rule::Card, "cards are counted from 1").into()),
        Some(0) => None,
        Some(before) => Some(bench.card(before)?),
    };
    let earliest = before.map_or(begun + 1, |before| before.at);
    demand((earliest..bench.moment.index).contains(&body.at), Rule::Card, || {
        format!(
            "card {} is of entry {}; it must be of one from {earliest} on that stands before it",
            body.card, body.at
        )
    })?;
    let department = bench.view.charter().department(&body.department);
    demand(department.is_some(), Rule::Card, || format!("{} is no department", body.department))?;
    bench.exists(&body.about)?;
    let stopped = match (&body.about, body.stops) {
        (_, false) => None,
        (About::Officer(officer), true) if body.colour == Colour::Red => Some(*officer),
        _ => return Err(Violation::new(Rule::Card, "only a red card about an officer stops anybody").into()),
    };
    let event = CardEvent { index: bench.moment.index, time: bench.moment.time, step: CardStep::Raised };
    let card = CardState {
        card: body.card,
        at: body.at,
        rule: body.rule.clone(),
        colour: body.colour,
        about: body.about.clone(),
        department: body.department.clone(),
        facts: body.facts,
        stops: body.stops,
        events: vec![event],
        last: bench.entry.leaf_hash(),
    };
    let charter = stopped.map(|officer| CharterChange::Stopped(body.card, officer));
    Ok(Deed { charter, card: Some(card), ..Deed::default() })
}

pub(super) fn ordered(bench: Bench<'_>, body: &CardOrdered) -> Result<Deed, Refused> {
    let card = bench.open_card(body.card)?;
    demand(!matches!(card.step(), CardStep::Ordered(..)), Rule::Card, || {
        format!("an answer to card {} is ordered already", body.card)
    })?;
    demand((1..=MOST_DAYS).contains(&body.within), Rule::Card, || {
        format!("an answer is ordered within 1 to {MOST_DAYS} working days")
    })?;
    let (officer, owed) = bench.supervisor_acts(&card, Whose::Another)?;
    Ok(bench.followed(card, CardStep::Ordered(officer, body.within), owed))
}

pub(super) fn answered(bench: Bench<'_>, body: &CardAnswered) -> Result<Deed, Refused> {
    let card = bench.open_card(body.card)?;
    demand(!matches!(card.step(), CardStep::Answered(..)), Rule::Card, || {
        format!("card {} is answered", body.card)
    })?;
    let (officer, owed) = bench.supervisor_acts(&card, Whose::Its)?;
    Ok(bench.followed(card, CardStep::Answered(officer, body.outcome), owed))
}

pub(super) fn released(bench: Bench<'_>, card: CardNumber) -> Result<Deed, Refused> {
    let card = bench.open_card(card)?;
    let (officer, owed) = bench.supervisor_acts(&card, Whose::Another)?;
    let charter = card.stopped().map(|_| CharterChange::Released(card.card));
    let deed = bench.followed(card, CardStep::Released(officer), owed);
    Ok(Deed { charter, ..deed })
}

/// Of which department a supervisor has to be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Whose {
    /// That of the card.
    Its,
    /// Any but that.
    Another,
}

impl Bench<'_> {
    /// A card, or the rule that it must exist.
    fn card(&self, card: CardNumber) -> Result<CardState, Refused> {
        let found = self.view.card(card)?;
        Ok(found.ok_or_else(|| Violation::new(Rule::Card, format!("there is no card {card}")))?)
    }

    fn open_card(&self, number: CardNumber) -> Result<CardState, Refused> {
        let card = self.card(number)?;
        demand(!card.is_released(), Rule::Card, || format!("card {number} is released"))?;
        Ok(card)
    }

    fn exists(&self, about: &About) -> Result<(), Refused> {
        let charter = self.view.charter();
        let exists = match about {
            About::Case(case) => self.view.case(case)?.is_some(),
            About::Licence(handle) => self.view.licence(handle)?.is_some(),
            About::Officer(officer) => charter.officer(officer).is_some(),
            About::Department(code) => charter.department(code).is_some(),
        };
        demand(exists, Rule::Card, || "what the card is about does not exist".into())
    }

    /// Exactly one supervisor, of the card's department or of another.
    fn supervisor_acts(&self, card: &CardState, whose: Whose) -> Result<(OfficerId, Vec<Owed>), Refused> {
        let charter = self.view.charter();
        let approvals = self.entry.body().approvals().map(|(approvals, _)| approvals).unwrap_or_default();
        let of = approvals.first().and_then(|approval| charter.officer_of_key(&approval.key));
        let department = match whose {
            Whose::Its => card.department.clone(),
            Whose::Another => {
                let other = of.map(|held| &held.value.department).filter(|code| **code != card.department);
                let missing = || {
                    let text =
                        format!("it takes a supervisor of another department than {}", card.department);
                    Violation::new(Rule::Approvals, text)
                };
                other.cloned().ok_or_else(missing)?
            }
        };
        self.officer_acts(Role::Supervisor, &department)
    }

    /// The card with one step more.
    fn followed(&self, mut card: CardState, step: CardStep, owed: Vec<Owed>) -> Deed {
        card.events.push(CardEvent { index: self.moment.index, time: self.moment.time, step });
        card.last = self.entry.leaf_hash();
        Deed { card: Some(card), owed, ..Deed::default() }
    }
}
