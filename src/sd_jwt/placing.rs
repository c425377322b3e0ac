//! Putting disclosures where their digests stand (RFC 9901 section 7.1, step 3). Every digest is met once, every
//! disclosure is used once, nothing is overwritten. Not here: the payload's outer form.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::disclosure::Disclosure;
use super::{DIGESTS, ELEMENT, MAX_DEPTH, NEVER_HIDDEN, SdJwtError, is_reserved};

/// Where a claim stands.
#[derive(Debug, Default)]
pub(super) struct Path(Vec<String>);

impl Path {
    /// The JSON pointer (RFC 6901).
    pub(super) fn pointer(&self) -> String {
        self.0.iter().flat_map(|name| ["/".to_owned(), name.replace('~', "~0").replace('/', "~1")]).collect()
    }

    /// Does something one level below, if that is not too deep.
    pub(super) fn below<T>(
        &mut self,
        name: &str,
        work: impl FnOnce(&mut Self) -> Result<T, SdJwtError>,
    ) -> Result<T, SdJwtError> {
        self.0.push(name.to_owned());
        if self.0.len() > MAX_DEPTH {
            return Err(SdJwtError::TooDeep { at: self.pointer() });
        }
        let result = work(self)?;
        self.0.pop();
        Ok(result)
    }

    /// Nothing here may be hidden when it is, or lies in, one of [`NEVER_HIDDEN`].
    fn require_hideable(&self) -> Result<(), SdJwtError> {
        match self.0.first() {
            Some(top) if NEVER_HIDDEN.contains(&top.as_str()) => {
                Err(SdJwtError::NeverHidden { at: self.pointer() })
            }
            _ => Ok(()),
        }
    }
}

/// The disclosures on their way into the claims.
pub(super) struct Placing {
    /// Those that were not yet met, by digest, with their places in the presentation.
    disclosures: BTreeMap<String, (usize, Disclosure)>,
    met: BTreeSet<String>,
}

impl Placing {
    /// Indexes the disclosures by digest; two with the same digest are refused.
    pub(super) fn new(disclosures: Vec<Disclosure>) -> Result<Self, SdJwtError> {
        let mut by_digest = BTreeMap::new();
        for (second, disclosure) in disclosures.into_iter().enumerate() {
            if let Some((first, _)) = by_digest.insert(disclosure.digest().to_owned(), (second, disclosure)) {
                return Err(SdJwtError::SameDisclosure { first, second });
            }
        }
        Ok(Self { disclosures: by_digest, met: BTreeSet::new() })
    }

    /// The object with its hidden members put back and its `_sd` gone.
    pub(super) fn object(
        &mut self,
        mut members: Map<String, Value>,
        at: &mut Path,
    ) -> Result<Map<String, Value>, SdJwtError> {
        let digests = member_digests(members.remove(DIGESTS), at)?;
        let mut claims = Map::new();
        for (name, value) in members {
            let value = at.below(&name, |at| {
                if is_reserved(&name) {
                    return Err(SdJwtError::Reserved { at: at.pointer() });
                }
                self.value(value, at)
            })?;
            claims.insert(name, value);
        }
        for digest in digests {
            at.require_hideable()?;
            let Some((position, disclosure)) = self.meet(digest)? else { continue };
            let (name, value) = disclosure.into_claim();
            let name = name.ok_or_else(|| SdJwtError::Misplaced { position, at: at.pointer() })?;
            let value = at.below(&name, |at| {
                at.require_hideable()?;
                if claims.contains_key(&name) {
                    return Err(SdJwtError::Overwrites { position, at: at.pointer() });
                }
                self.value(value, at)
            })?;
            claims.insert(name, value);
        }
        Ok(claims)
    }

    /// Every disclosure was referred to.
    pub(super) fn all_used(&self) -> Result<(), SdJwtError> {
        match self.disclosures.values().map(|(position, _)| *position).min() {
            Some(position) => Err(SdJwtError::Unreferenced { position }),
            None => Ok(()),
        }
    }

    fn value(&mut self, value: Value, at: &mut Path) -> Result<Value, SdJwtError> {
        match value {
            Value::Object(members) => Ok(Value::Object(self.object(members, at)?)),
            Value::Array(elements) => Ok(Value::Array(self.array(elements, at)?)),
            other => Ok(other),
        }
    }

    /// The array with its hidden elements put back, and those withheld gone.
    fn array(&mut self, elements: Vec<Value>, at: &mut Path) -> Result<Vec<Value>, SdJwtError> {
        let mut claims = Vec::with_capacity(elements.len());
        for element in elements {
            let index = claims.len().to_string();
            let Some(digest) = element_digest(&element, at)? else {
                claims.push(at.below(&index, |at| self.value(element, at))?);
                continue;
            };
            at.require_hideable()?;
            let Some((position, disclosure)) = self.meet(digest)? else { continue };
            let (None, value) = disclosure.into_claim() else {
                return Err(SdJwtError::Misplaced { position, at: at.pointer() });
            };
            claims.push(at.below(&index, |at| self.value(value, at))?);
        }
        Ok(claims)
    }

    /// The disclosure a digest stands for; none for a decoy and for what is withheld.
    fn meet(&mut self, digest: String) -> Result<Option<(usize, Disclosure)>, SdJwtError> {
        if self.met.contains(&digest) {
            return Err(SdJwtError::RepeatedDigest { digest });
        }
        let found = self.disclosures.remove(&digest);
        self.met.insert(digest);
        Ok(found)
    }
}

fn member_digests(digests: Option<Value>, at: &Path) -> Result<Vec<String>, SdJwtError> {
    let malformed = || SdJwtError::Digests { at: at.pointer() };
    let Some(digests) = digests else { return Ok(Vec::new()) };
    let Value::Array(digests) = digests else { return Err(malformed()) };
    digests.iter().map(|digest| digest.as_str().map(str::to_owned).ok_or_else(malformed)).collect()
}

/// The digest of an element `{"...": digest}`; none when the element is anything without `...`.
fn element_digest(element: &Value, at: &Path) -> Result<Option<String>, SdJwtError> {
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
