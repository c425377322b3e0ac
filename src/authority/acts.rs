//! Acts on a licence: suspend, reinstate, end, replace (law 0, section 9). The reason stays in the vault; its
//! commitment enters the ledger.

use serde_json::Value;

use super::Authority;
use super::issuance::{Issued, Patience, Succession};
use super::once::{Answered, Ask, Once, Slot};
use super::refusal::{Failure, Fault, Refusal};
use super::store::Write;
use super::vault::{Ground, commit};
use super::writer::Proposal;
use crate::catalogue::{IssueRequest, Members, RequestError, RequestErrorKind};
use crate::crypto::Digest;
use crate::ledger::body::{Body, LicenceActed, LicenceEnded, Replaces};
use crate::ledger::state::LicenceState;
use crate::values::identifiers::{CreditCode, Handle};
use crate::values::standing::{Act, Ending, Standing};
use crate::values::time::Time;

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
pub(super) struct Words {
    pub(super) reason: String,
    pub(super) basis: Option<String>,
    pub(super) reference: Option<String>,
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
        let _held = self.hold_licence(wish.handle).await;
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

    /// One act at a time on a licence: the next is judged by what this one leaves.
    pub(super) async fn hold_licence(&self, handle: &Handle) -> Slot {
        self.once.wait(self.once.hide("licence", &handle.to_string())).await
    }

    /// What a licence comes to by an act; refused where the act does not follow from where it stands.
    pub(super) fn transition(
        &self,
        licence: &LicenceState,
        act: Act,
        now: Time,
    ) -> Result<Standing, Failure> {
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
    pub(super) fn ground(&self, licence: &LicenceState, words: Words) -> Result<(Digest, Write), Failure> {
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
    let members = Members::open(body, String::new(), verb.members())?;
    let ground = Words {
        reason: members.required("reason", Members::prose)?,
        basis: members.prose("basis")?,
        reference: members.prose("reference")?,
    };
    let (act, licence) = match verb {
        Verb::Suspend => (Act::Suspend, None),
        Verb::Reinstate => (Act::Reinstate, None),
        Verb::End => {
            let ending =
                members.required("act", |members, name| members.word(name, &Ending::ALL, Ending::as_str))?;
            (Act::End(ending), None)
        }
        Verb::Replace => {
            let cause = members.required("cause", Members::cause)?;
            let licence = members.required("licence", |members, name| Ok(members.get(name)))?;
            let licence = IssueRequest::parse_at(licence, "/licence")?;
            // What takes another's place is issued today.
            if licence.recorded.is_some() {
                return Err(RequestError::at("/licence/recorded", RequestErrorKind::UnknownField));
            }
            (Act::Replace(cause), Some(licence))
        }
    };
    Ok(Understood { act, ground, licence })
}
