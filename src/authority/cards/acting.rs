//! What supervisors do about a card: 督办, the answer to it, 解除. Each is two requests: the first says what would be signed, the second
//! says the same again with the time until which it counts and the signature. Nothing is kept in between, as nothing in a card is
//! chance. Not here: who may do what (`law`).

use serde_json::Value;

use crate::authority::cases::{UNSIGNED, refused, signature};
use crate::authority::refusal::{Failure, Fault, Refusal, Thing};
use crate::authority::store::Row;
use crate::authority::writer::Proposal;
use crate::authority::{Authority, CaseRefusal};
use crate::catalogue::{ClaimRule, Members, RequestError};
use crate::crypto::KeyId;
use crate::ledger::body::{Body, CardAnswered, CardNumber, CardOrdered, CardReleased, Kind, Outcome, Owner};
use crate::ledger::entry::{Entry, statement};
use crate::ledger::signature::Approval;
use crate::ledger::state::CardState;
use crate::values::identifiers::CreditCode;
use crate::values::time::Time;

/// How long a statement waits for its signature: a week, as those of cases do.
const PATIENCE: i64 = 7 * 24 * 3_600_000;
/// Cards that are looked at for a page, which then goes on with fewer.
const LOOKED_AT: usize = 10 * PAGE;
/// Cards of a page.
const PAGE: usize = 100;

/// Which step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CardVerb {
    /// 督办.
    Order,
    /// The department's answer.
    Answer,
    /// 解除.
    Release,
}

impl CardVerb {
    /// The members of a request.
    fn members(self) -> &'static [&'static str] {
        match self {
            Self::Order => &["officer", "within", "not_after", "signature"],
            Self::Answer => &["officer", "outcome", "not_after", "signature"],
            Self::Release => &["officer", "not_after", "signature"],
        }
    }
}

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub struct CardWish<'a> {
    /// Whose token came with it.
    pub department: &'a CreditCode,
    /// Which card.
    pub card: CardNumber,
    /// The request.
    pub body: &'a Value,
    /// Only whether it can be done.
    pub dry_run: bool,
}

/// What a supervisor is asked to sign.
#[derive(Debug, Clone)]
pub struct CardToSign {
    /// The kind of the entry.
    pub kind: Kind,
    /// The bytes to be signed (law 0, section 2).
    pub statement: Vec<u8>,
    /// The signature does not count later; said again with it.
    pub not_after: Time,
}

/// A card after a request.
#[derive(Debug, Clone)]
pub struct CardStepped {
    /// As it is, or would be.
    pub card: CardState,
    /// What is to be signed, where a signature is missing.
    pub sign: Option<CardToSign>,
    /// Index of the entry, where there is one.
    pub entry: Option<u64>,
}

/// Some cards, in their order.
#[derive(Debug, Clone)]
pub struct CardPage {
    /// The cards.
    pub items: Vec<CardState>,
    /// The last card that was looked at; `None` at the end.
    pub next: Option<CardNumber>,
}

impl Authority {
    /// A card, with what is published of it.
    pub fn card(&self, card: CardNumber) -> Result<CardState, Failure> {
        let size = self.window.published().range.size();
        let found = super::card(self.store.as_ref(), card)?.and_then(|found| shown(found, size));
        Ok(found.ok_or(Refusal::NotFound(Thing::Card))?)
    }

    /// The cards behind one, of one department if it is named, and those that are not released if only these are asked for.
    pub fn cards(
        &self,
        after: Option<CardNumber>,
        of: Option<&CreditCode>,
        open: bool,
    ) -> Result<CardPage, Failure> {
        let size = self.window.published().range.size();
        let mut after = after.map(|card| Row::Card(card).key());
        let (mut items, mut looked_at) = (Vec::new(), 0);
        loop {
            let rows = self.store.scan(b"K", after.as_deref(), PAGE)?;
            let Some((last, _)) = rows.last() else { return Ok(CardPage { items, next: None }) };
            after = Some(last.clone());
            for (_, value) in rows {
                let read = super::read(&value)?;
                let number = read.card;
                let Some(card) = shown(read, size) else { return Ok(CardPage { items, next: None }) };
                if of.is_none_or(|of| *of == card.department) && !(open && card.is_released()) {
                    items.push(card);
                }
                looked_at += 1;
                if items.len() == PAGE || looked_at == LOOKED_AT {
                    return Ok(CardPage { items, next: Some(number) });
                }
            }
        }
    }

    /// Says what a supervisor would sign, or enters what one has signed.
    pub async fn card_step(&self, verb: CardVerb, wish: CardWish<'_>) -> Result<CardStepped, Failure> {
        let members = Members::open(wish.body, String::new(), verb.members())?;
        let officer: KeyId = members.required("officer", Members::parsed)?;
        let signature = signature(&members, "signature")?;
        let now = self.now()?;
        let not_after = match (members.parsed("not_after")?, signature) {
            (Some(said), _) => said,
            (None, None) => now.plus(PATIENCE),
            (None, Some(_)) => {
                let rule = ClaimRule::described(
                    "随签名一并给出待签内容的 not_after",
                    "say the `not_after` of what is signed too",
                );
                return Err(RequestError::rule("/not_after".to_owned(), rule).into());
            }
        };
        let before = self.card(wish.card)?;
        self.is_own(&officer, wish.department)?;
        let sig = signature.unwrap_or(UNSIGNED);
        let body = body(verb, wish.card, &members, Approval { key: officer, sig }, not_after)?;
        if signature.is_some()
            && let Some(entry) = self.is_entered(&before, &body)?
        {
            return Ok(CardStepped { card: before, sign: None, entry: Some(entry) });
        }
        let effects = self.foresee_of(&body, &Owner::Authority, Some(before.last), now)?;
        let card = effects.card.ok_or_else(|| Fault::Law("a step without a card".into()))?;
        let published = self.window.published();
        let origin = published.charter.origin().ok_or_else(|| Fault::Law("there is no origin".into()))?;
        let statement = statement(&body, Some(before.last), origin);
        let statement = statement.map_err(|error| Fault::Law(error.to_string()))?;
        let Some(signature) = signature else {
            let sign = CardToSign { kind: body.kind(), statement, not_after };
            return Ok(CardStepped {
                card: if wish.dry_run { card } else { before },
                sign: Some(sign),
                entry: None,
            });
        };
        let key = published.charter.key(&officer).map(|held| &held.value.public);
        if !key.is_some_and(|key| key.verifies(&statement, &signature.0)) {
            return Err(CaseRefusal::BadApproval { pointer: "/signature".into() }.into());
        }
        if wish.dry_run {
            return Ok(CardStepped { card, sign: None, entry: None });
        }
        let committed = self.propose(Proposal::of(body)).await.map_err(|failure| match failure {
            Failure::Judged(violation) => refused(violation),
            other => other,
        })?;
        Ok(CardStepped { card: self.card(wish.card)?, sign: None, entry: Some(committed.index()) })
    }

    /// Refuses a step of another department's officer.
    fn is_own(&self, officer: &KeyId, department: &CreditCode) -> Result<(), Failure> {
        let published = self.window.published();
        let held = published.charter.officer_of_key(officer);
        if held.is_some_and(|held| held.value.department == *department) {
            return Ok(());
        }
        Err(CaseRefusal::NotOfficer(format!("key {officer} is of no officer of {department}")).into())
    }

    /// The entry of just this step, if it is the last about the card: somebody asks again.
    fn is_entered(&self, card: &CardState, body: &Body) -> Result<Option<u64>, Failure> {
        let Some(event) = card.events.last() else { return Ok(None) };
        let bytes = self.entry(event.index)?;
        let entry = Entry::parse(&bytes).map_err(|error| Fault::Damaged(error.to_string()))?;
        Ok((entry.body() == body).then_some(event.index))
    }
}

/// What is published of a card; `None` where nothing is.
fn shown(card: CardState, size: u64) -> Option<CardState> {
    let last = card.last;
    if card.events.iter().all(|event| event.index < size) { Some(card) } else { card.before(size, last) }
}

fn body(
    verb: CardVerb,
    card: CardNumber,
    members: &Members<'_>,
    approval: Approval,
    not_after: Time,
) -> Result<Body, RequestError> {
    let approvals = vec![approval];
    Ok(match verb {
        CardVerb::Order => {
            let within = members.required("within", days)?;
            Body::CardOrdered(CardOrdered { approvals, card, not_after, within })
        }
        CardVerb::Answer => {
            let words = Outcome::ALL.map(Outcome::as_str);
            let word =
                members.required("outcome", |members, name| members.word(name, &words, |word| word))?;
            let outcome = Outcome::ALL.into_iter().find(|outcome| outcome.as_str() == word);
            let outcome = outcome.unwrap_or(Outcome::Corrected);
            Body::CardAnswered(CardAnswered { approvals, card, not_after, outcome })
        }
        CardVerb::Release => Body::CardReleased(CardReleased { approvals, card, not_after }),
    })
}

/// Working days.
fn days(members: &Members<'_>, name: &str) -> Result<Option<u64>, RequestError> {
    let Some(value) = members.get(name) else { return Ok(None) };
    value.as_u64().filter(|days| (1..=400).contains(days)).map(Some).ok_or_else(|| {
        let rule =
            ClaimRule::described("1 至 400 的整数（工作日）", "a whole number of working days, 1 to 400");
        RequestError::rule(members.pointer(name), rule)
    })
}
