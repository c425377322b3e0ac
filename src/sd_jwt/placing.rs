//! Putting disclosures where their digests stand (RFC 9901 section 7.1, step 3). Every digest is met once, every
//! disclosure is used once, nothing is overwritten. Not here: the payload's outer form.

use std::collections::BTreeSet;

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::disclosure::{Claim, Disclosure};
use super::{DIGESTS, ELEMENT, MAX_DEPTH, NEVER_HIDDEN, SdJwtError, is_reserved};

/// Where a claim stands: its step and those above it.
#[derive(Clone, Copy, Default)]
pub(super) struct Path<'p> {
    last: Option<(&'p Path<'p>, Step<'p>)>,
    depth: usize,
}

/// One level down.
#[derive(Clone, Copy)]
pub(super) enum Step<'p> {
    /// Into a member.
    Name(&'p str),
    /// Into an element.
    Index(usize),
}

impl<'p> Path<'p> {
    /// The JSON pointer (RFC 6901).
    pub(super) fn pointer(&self) -> String {
        match self.last {
            None => String::new(),
            Some((above, Step::Index(index))) => format!("{}/{index}", above.pointer()),
            Some((above, Step::Name(name))) => {
                format!("{}/{}", above.pointer(), name.replace('~', "~0").replace('/', "~1"))
            }
        }
    }

    /// One level below, if that is not too deep.
    pub(super) fn below(&'p self, step: Step<'p>) -> Result<Self, SdJwtError> {
        let below = Self { last: Some((self, step)), depth: self.depth + 1 };
        if below.depth > MAX_DEPTH { Err(SdJwtError::TooDeep { at: below.pointer() }) } else { Ok(below) }
    }

    /// Nothing here may be hidden when it is, or lies in, one of [`NEVER_HIDDEN`].
    fn require_hideable(&self) -> Result<(), SdJwtError> {
        match self.top() {
            Some(Step::Name(top)) if NEVER_HIDDEN.contains(&top) => {
                Err(SdJwtError::NeverHidden { at: self.pointer() })
            }
            _ => Ok(()),
        }
    }

    /// The first step.
    fn top(&self) -> Option<Step<'p>> {
        let (above, step) = self.last?;
        above.top().or(Some(step))
    }
}

/// The disclosures on their way into the claims.
pub(super) struct Placing {
    /// In the order of their digests.
    hidden: Vec<Hidden>,
    /// Every digest that was met. As many as a stranger likes, in an order of the stranger's.
    met: HashSet<String>,
}

/// A disclosure.
struct Hidden {
    digest: String,
    /// Its place in the presentation.
    position: usize,
    /// Gone once it was met.
    claim: Option<Claim>,
}

impl Placing {
    /// Sorts the disclosures by digest; two with the same digest are refused.
    pub(super) fn new(disclosures: Vec<Disclosure>) -> Result<Self, SdJwtError> {
        let hidden = disclosures.into_iter().enumerate().map(|(position, disclosure)| {
            let (digest, claim) = disclosure.into_claim();
            Hidden { digest, position, claim: Some(claim) }
        });
        let mut hidden: Vec<_> = hidden.collect();
        // Stable: of the same digest the earlier stays before the later.
        hidden.sort_by(|one, other| one.digest.cmp(&other.digest));
        let pairs = hidden.iter().zip(hidden.iter().skip(1));
        let same = pairs.filter(|(first, second)| first.digest == second.digest);
        match same.min_by_key(|(_, second)| second.position) {
            Some((first, second)) => {
                Err(SdJwtError::SameDisclosure { first: first.position, second: second.position })
            }
            None => Ok(Self { hidden, met: HashSet::new() }),
        }
    }

    /// Puts the hidden members of an object back; its `_sd` is gone afterwards.
    pub(super) fn object(
        &mut self,
        members: &mut Map<String, Value>,
        at: &Path<'_>,
    ) -> Result<(), SdJwtError> {
        let digests = member_digests(members.remove(DIGESTS), at)?;
        for (name, value) in members.iter_mut() {
            let at = at.below(Step::Name(name))?;
            if is_reserved(name) {
                return Err(SdJwtError::Reserved { at: at.pointer() });
            }
            self.value(value, &at)?;
        }
        for digest in digests {
            at.require_hideable()?;
            let Some((position, (name, mut value))) = self.meet(digest)? else { continue };
            let name = name.ok_or_else(|| SdJwtError::Misplaced { position, at: at.pointer() })?;
            let below = at.below(Step::Name(&name))?;
            below.require_hideable()?;
            if members.contains_key(&name) {
                return Err(SdJwtError::Overwrites { position, at: below.pointer() });
            }
            self.value(&mut value, &below)?;
            members.insert(name, value);
        }
        Ok(())
    }

    /// Every disclosure was referred to.
    pub(super) fn all_used(&self) -> Result<(), SdJwtError> {
        let unused = self.hidden.iter().filter(|hidden| hidden.claim.is_some());
        match unused.map(|hidden| hidden.position).min() {
            Some(position) => Err(SdJwtError::Unreferenced { position }),
            None => Ok(()),
        }
    }

    fn value(&mut self, value: &mut Value, at: &Path<'_>) -> Result<(), SdJwtError> {
        match value {
            Value::Object(members) => self.object(members, at),
            Value::Array(elements) => self.array(elements, at),
            _ => Ok(()),
        }
    }

    /// Puts the hidden elements of an array back; those withheld are gone afterwards.
    fn array(&mut self, elements: &mut Vec<Value>, at: &Path<'_>) -> Result<(), SdJwtError> {
        let given = std::mem::take(elements);
        elements.reserve(given.len());
        for mut element in given {
            let index = Step::Index(elements.len());
            let Some(digest) = element_digest(&element, at)? else {
                self.value(&mut element, &at.below(index)?)?;
                elements.push(element);
                continue;
            };
            at.require_hideable()?;
            let Some((position, (name, mut value))) = self.meet(digest)? else { continue };
            if name.is_some() {
                return Err(SdJwtError::Misplaced { position, at: at.pointer() });
            }
            self.value(&mut value, &at.below(index)?)?;
            elements.push(value);
        }
        Ok(())
    }

    /// The disclosure a digest stands for; none for a decoy and for what is withheld.
    fn meet(&mut self, digest: String) -> Result<Option<(usize, Claim)>, SdJwtError> {
        let found = self.hidden.binary_search_by(|hidden| hidden.digest.cmp(&digest)).ok();
        if let Some(digest) = self.met.replace(digest) {
            return Err(SdJwtError::RepeatedDigest { digest });
        }
        let hidden = found.and_then(|found| self.hidden.get_mut(found));
        Ok(hidden.and_then(|hidden| Some((hidden.position, hidden.claim.take()?))))
    }
}

fn member_digests(digests: Option<Value>, at: &Path<'_>) -> Result<Vec<String>, SdJwtError> {
    let malformed = || SdJwtError::Digests { at: at.pointer() };
    let Some(digests) = digests else { return Ok(Vec::new()) };
    let Value::Array(digests) = digests else { return Err(malformed()) };
    let text = |digest| match digest {
        Value::String(digest) => Ok(digest),
        _ => Err(malformed()),
    };
    digests.into_iter().map(text).collect()
}

/// The digest of an element `{"...": digest}`; none when the element is anything without `...`.
fn element_digest(element: &Value, at: &Path<'_>) -> Result<Option<String>, SdJwtError> {
    let Some((members, digest)) =
        element.as_object().and_then(|members| Some((members, members.get(ELEMENT)?)))
    else {
        return Ok(None);
    };
    match digest.as_str() {
        Some(digest) if members.len() == 1 => Ok(Some(digest.to_owned())),
        _ => Err(SdJwtError::Digests { at: at.pointer() }),
    }
}

/// Adds every digest that stands in the object, at any depth.
pub(super) fn digests_in_members(members: &Map<String, Value>, digests: &mut BTreeSet<String>) {
    for (name, value) in members {
        match value {
            Value::Array(hidden) if name == DIGESTS => {
                digests.extend(hidden.iter().filter_map(Value::as_str).map(str::to_owned));
            }
            Value::String(digest) if name == ELEMENT => {
                digests.insert(digest.clone());
            }
            _ => digests_in_value(value, digests),
        }
    }
}

/// Adds every digest that stands in the value, at any depth.
pub(super) fn digests_in_value(value: &Value, digests: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => digests_in_members(members, digests),
        Value::Array(elements) => elements.iter().for_each(|element| digests_in_value(element, digests)),
        _ => {}
    }
}
