//! Acts on a licence: suspend, reinstate, end, replace (law 0, section 9). The reason stays in the vault; its
//! commitment enters the ledger.

use serde_json::{Map, Value};

use super::Authority;
use super::issuance::{Issued, Patience, Succession};
use super::once::{Answered, Ask, Once};
use super::refusal::{Failure, Fault, Refusal};
use super::store::Write;
use super::vault::{Ground, commit};
use super::writer::Proposal;
use crate::catalogue::{ClaimRule, IssueRequest, JsonKind, RequestError, RequestErrorKind};
use crate::crypto::Digest;
use crate::ledger::body::{Body, LicenceActed, LicenceEnded, Replaces};
use crate::ledger::state::LicenceState;
use crate::values::identifiers::{CreditCode, Handle};
use crate::values::standing::{Act, Cause, Ending, Standing};
use crate::values::time::Time;

/// Longest reason, basis or reference, in characters.
const LONGEST: usize = 2000;

/// The four acts, as their routes name them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// 暂扣.
    Suspend,
    /// 恢复.
    Reinstate,
    /// Any of the five endings.
    End,
    /// By a new licence.
    Replace,
}

impl Verb {
    /// As in the path.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Suspend => "suspend",
            Self::Reinstate => "reinstate",
            Self::End => "end",
            Self::Replace => "replace",
        }
    }

    fn members(self) -> &'static [&'static str] {
        match self {
            Self::Suspend | Self::Reinstate => &["reason", "basis", "reference"],
            Self::End => &["reason", "basis", "reference", "act"],
            Self::Replace => &["reason", "basis", "reference", "cause", "licence"],
        }
    }
}

/// A wish to act, as it came in.
#[derive(Clone, Copy)]
pub struct ActWish<'a> {
    /// Who asks.
    pub department: &'a CreditCode,
    /// On which licence.
    pub handle: &'a Handle,
    /// What to do.
    pub verb: Verb,
    /// The body.
    pub body: &'a Value,
    /// The `Idempotency-Key`.
    pub key: Option<&'a str>,
    /// Whether only the checks are wanted.
    pub dry_run: bool,
}

/// What is answered.
#[derive(Debug, Clone)]
pub struct Acted {
    /// The licence acted on.
    pub handle: Handle,
    /// Its standing after the act.
    pub standing: Standing,
    /// Index and leaf hash of the entry; none for a dry run.
    pub entry: Option<(u64, Digest)>,
    /// `.tlog-proof`; none for a dry run.
    pub receipt: Option<String>,
    /// For a replacement: the new licence.
    pub issued: Option<Box<Issued>>,
}

/// A body that was understood.
struct Understood {
    act: Act,
    ground: Words,
    licence: Option<IssueRequest>,
}

/// The department's own words.
struct Words {
    reason: String,
    basis: Option<String>,
    reference: Option<String>,
}

impl Authority {
    /// Acts, or answers again what was answered under the same key.
    pub async fn act(&self, wish: ActWish<'_>) -> Result<Acted, Failure> {
        let understood = understand(wish.verb, wish.body)?;
        let route = format!("{}/{}", wish.handle, wish.verb.as_str());
        let ask =
            wish.key.map(|key| self.once.ask(wish.department, &route, key, wish.body.to_string().as_bytes()));
        let _asked = match &ask {
            Some(ask) if !wish.dry_run => Some(self.once.take(ask.slot())?),
            _ => None,
        };
        if let Some(ask) = &ask
            && let Some(answered) = Once::answered(self.store.as_ref(), ask)?
            && !wish.dry_run
        {
            return self.acted_before(&answered);
        }
        // One act at a time on a licence: the next is judged by what this one leaves.
        let _held = self.once.wait(self.once.hide("licence", &wish.handle.to_string())).await;
        let now = self.now()?;
        let licence = self.licence_state(wish.handle)?;
        if licence.department != *wish.department {
            return Err(Refusal::NotYours.into());
        }
        let standing = self.transition(&licence, understood.act, now)?;
        match understood.licence {
            Some(request) => {
                self.replace(wish, &licence, understood.act, understood.ground, request, ask.as_ref(), now)
                    .await
            }
            None if wish.dry_run => {
                Ok(Acted { handle: licence.handle, standing, entry: None, receipt: None, issued: None })
            }
            None => self.act_alone(&licence, understood.act, understood.ground, standing, ask.as_ref()).await,
        }
    }

    fn transition(&self, licence: &LicenceState, act: Act, now: Time) -> Result<Standing, Failure> {
        let offset = self.window.published().charter.offset();
        let expired = offset.is_some_and(|offset| licence.expired(now, offset));
        let standing = licence.standing();
        let illegal = Refusal::IllegalTransition { standing, act, expired };
        if act == Act::End(Ending::Rescinded) && licence.is_void() {
            return Err(illegal.into());
        }
        Ok(standing.after(act, expired).map_err(|_| illegal)?)
    }

    async fn act_alone(
        &self,
        licence: &LicenceState,
        act: Act,
        words: Words,
        standing: Standing,
        ask: Option<&Ask>,
    ) -> Result<Acted, Failure> {
        let handle = licence.handle;
        let (commitment, ground) = self.ground(licence, words)?;
        let body = match act {
            Act::Suspend => Body::LicenceSuspended(LicenceActed { commitment, handle }),
            Act::Reinstate => Body::LicenceReinstated(LicenceActed { commitment, handle }),
            Act::End(act) => Body::LicenceEnded(LicenceEnded { act, commitment, handle }),
            Act::Replace(_) => return Err(Fault::Law("a replacement needs a licence".into()).into()),
        };
        let mut rows = vec![ground];
        if let Some(ask) = ask {
            // The licence is held, so its next entry is this act's.
            rows.push(Once::remember_act(ask, handle, event_number(licence))?);
        }
        let committed = self.propose(Proposal { rows, ..Proposal::of(body) }).await?;
        Ok(Acted {
            handle,
            standing,
            entry: Some((committed.index(), committed.leaf())),
            receipt: Some(committed.receipt().to_owned()),
            issued: None,
        })
    }

    /// Ends the old licence and issues the new one, in one entry.
    #[expect(clippy::too_many_arguments, reason = "one step of `act`, split off to be read")]
    async fn replace(
        &self,
        wish: ActWish<'_>,
        old: &LicenceState,
        act: Act,
        words: Words,
        request: IssueRequest,
        ask: Option<&Ask>,
        now: Time,
    ) -> Result<Acted, Failure> {
        let Act::Replace(cause) = act else { return Err(Fault::Law("not a replacement".into()).into()) };
        let pointer = format!("{}/type", request.pointer);
        let same = self.catalogue.find(&request.licence_type);
        if same.is_some_and(|same| *same.slug() != old.licence_type) {
            return Err(Refusal::OtherType { pointer }.into());
        }
        let standing = Standing::Replaced(cause);
        let _holders = self.hold_holders(&request).await;
        let approved = self.approve(wish.department, request, Some(&old.handle), now)?;
        self.lint_certificate(&approved, wish.department, now)?;
        let old_draft = self.vault.draft(&old.handle)?;
        if wish.dry_run {
            self.check_number(wish.department, &approved, Some(&old_draft.licence_number))?;
            return Ok(Acted { handle: old.handle, standing, entry: None, receipt: None, issued: None });
        }
        let _number = self.hold_number(wish.department, &approved, Some(&old_draft.licence_number)).await?;
        let replaces = Replaces { cause, handle: old.handle, prev: old.last };
        let succession = Succession { replaces, old_draft: &old_draft };
        let linted = self.lint(self.draft(wish.department, approved, Some(&succession), now)?)?;
        let (_, ground) = self.ground(old, words)?;
        let (issued, committed) = self.commit_and_seal(linted, ask, vec![ground], Patience::Refuse).await?;
        Ok(Acted {
            handle: old.handle,
            standing,
            entry: Some((committed.index(), committed.leaf())),
            receipt: Some(committed.receipt().to_owned()),
            issued: Some(Box::new(issued)),
        })
    }

    /// The commitment to the reason, and the row that keeps it.
    fn ground(&self, licence: &LicenceState, words: Words) -> Result<(Digest, Write), Failure> {
        let (salt, commitment) = commit(&licence.handle, "reason", &words.reason, self.entropy.as_ref())
            .map_err(|error| Fault::Crypto(error.to_string()))?;
        let ground = Ground { reason: words.reason, basis: words.basis, reference: words.reference, salt };
        Ok((commitment, self.vault.keep_ground(&licence.handle, event_number(licence), &ground)?))
    }

    /// The act that was answered under the same key, with a receipt to today's checkpoint.
    fn acted_before(&self, answered: &Answered) -> Result<Acted, Failure> {
        let handle = &answered.handle;
        let licence = self.licence_state(handle)?;
        let event = match answered.event {
            Some(number) => usize::try_from(number).ok().and_then(|number| licence.events.get(number)),
            // A licence is replaced once.
            None => licence.events.iter().find(|event| matches!(event.standing, Standing::Replaced(_))),
        };
        let event = event.ok_or_else(|| Fault::Damaged(format!("licence {handle} has no such act")))?;
        let (leaf, receipt) = self.receipt(event.index)?;
        let issued = answered.successor.map(|successor| self.issued_again(&successor)).transpose()?;
        Ok(Acted {
            handle: *handle,
            standing: event.standing,
            entry: Some((event.index, leaf)),
            receipt: Some(receipt),
            issued: issued.map(Box::new),
        })
    }
}

/// The place that the next entry about a licence takes among its entries.
fn event_number(licence: &LicenceState) -> u32 {
    u32::try_from(licence.events.len()).unwrap_or(u32::MAX)
}

/// Reads the body of an act.
fn understand(verb: Verb, body: &Value) -> Result<Understood, RequestError> {
    let members = body.as_object().ok_or_else(|| wrong_type("", JsonKind::Object, body))?;
    if let Some(name) = members.keys().find(|name| !verb.members().contains(&name.as_str())) {
        return Err(error(
            &format!("/{}", name.replace('~', "~0").replace('/', "~1")),
            RequestErrorKind::UnknownField,
        ));
    }
    let ground = Words {
        reason: text(members, "reason")?.ok_or_else(|| error("/reason", RequestErrorKind::Missing))?,
        basis: text(members, "basis")?,
        reference: text(members, "reference")?,
    };
    let (act, licence) = match verb {
        Verb::Suspend => (Act::Suspend, None),
        Verb::Reinstate => (Act::Reinstate, None),
        Verb::End => (Act::End(word(members, "act", Ending::ALL, Ending::as_str)?), None),
        Verb::Replace => {
            let cause = word(members, "cause", Cause::ALL, Cause::as_str)?;
            let licence =
                members.get("licence").ok_or_else(|| error("/licence", RequestErrorKind::Missing))?;
            let licence = IssueRequest::parse_at(licence, "/licence")?;
            // What takes another's place is issued today.
            if licence.recorded.is_some() {
                return Err(error("/licence/recorded", RequestErrorKind::UnknownField));
            }
            (Act::Replace(cause), Some(licence))
        }
    };
    Ok(Understood { act, ground, licence })
}

fn text(members: &Map<String, Value>, name: &str) -> Result<Option<String>, RequestError> {
    let pointer = format!("/{name}");
    let text = match members.get(name) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) => text,
        Some(other) => return Err(wrong_type(&pointer, JsonKind::String, other)),
    };
    let rule = if text.trim().is_empty() {
        Some(ClaimRule::Empty)
    } else if text.chars().count() > LONGEST {
        Some(ClaimRule::TooLong { limit: u64::try_from(LONGEST).unwrap_or(u64::MAX) })
    } else if text.chars().any(|character| character.is_control() && character != '\n') {
        Some(ClaimRule::ControlCharacter)
    } else {
        None
    };
    match rule {
        Some(rule) => Err(error(&pointer, RequestErrorKind::InvalidClaim(rule))),
        None => Ok(Some(text.clone())),
    }
}

/// One word of a closed list.
fn word<T: Copy>(
    members: &Map<String, Value>,
    name: &str,
    all: impl IntoIterator<Item = T>,
    as_str: impl Fn(T) -> &'static str,
) -> Result<T, RequestError> {
    let pointer = format!("/{name}");
    let found = text(members, name)?.ok_or_else(|| error(&pointer, RequestErrorKind::Missing))?;
    let all: Vec<T> = all.into_iter().collect();
    all.iter().copied().find(|one| as_str(*one) == found).ok_or_else(|| {
        let options = all.iter().map(|one| as_str(*one).to_owned()).collect();
        error(&pointer, RequestErrorKind::InvalidClaim(ClaimRule::OneOf { options }))
    })
}

fn wrong_type(pointer: &str, expected: JsonKind, found: &Value) -> RequestError {
    error(pointer, RequestErrorKind::WrongType { expected, found: JsonKind::of(found) })
}

fn error(pointer: &str, kind: RequestErrorKind) -> RequestError {
    RequestError { pointer: pointer.to_owned(), kind }
}
