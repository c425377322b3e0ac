//! Entry 0: origin, base URL, offset, law, and the first keys with their proofs of possession (sections 1 and 4).

use super::{Bench, Deed, demand};
use crate::crypto::{KeyPurpose, PublicKey};
use crate::law::violation::{Refused, Rule, Violation};
use crate::ledger::body::{AuthorityFounded, KeyTitle, Owner, Predecessor};
use crate::ledger::checkpoint::Checkpoint;
use crate::ledger::state::CharterChange;
use crate::note::{Note, Scheme, VerifierKey};
use crate::values::identifiers::BaseUrl;

/// Most registrars of an authority.
const MAX_REGISTRARS: usize = 64;

pub(super) fn found(bench: Bench<'_>, body: &AuthorityFounded) -> Result<Deed, Refused> {
    check_base_url(&body.base_url)?;
    demand(body.law.version == 0, Rule::Law, || format!("law {} at founding", body.law.version))?;
    bench.blob(&body.law.text)?;
    check_quorum(body.quorum, &body.registrars)?;

    let mut keys = Vec::new();
    let mut owed = Vec::new();
    let others = [
        (&body.registry, KeyPurpose::Registry),
        (&body.checkpoint.title, KeyPurpose::Checkpoint),
        (&body.root.title, KeyPurpose::Root),
    ];
    let registrars = body.registrars.iter().map(|title| (title, KeyPurpose::Registrar));
    for (title, purpose) in registrars.chain(others) {
        demand(title.owner == Owner::Authority, Rule::KeyPurpose, || {
            format!("the first {purpose} key is the authority's, not {}'s", title.owner)
        })?;
        let mut key = bench.new_key(title, purpose, &keys, &mut owed)?;
        if purpose == KeyPurpose::Root {
            bench.check_certificate(&body.root.certificate, &key)?;
            key.certificate = Some(body.root.certificate);
        }
        keys.push(key);
    }
    check_vkey(bench, body)?;
    if let Some(predecessor) = &body.succeeds {
        check_predecessor(bench, predecessor)?;
    }

    let registrars: Vec<&PublicKey> = body.registrars.iter().map(|title| &title.spki).collect();
    owed.extend(bench.all_approve(&registrars)?);
    let registry = body.registry.spki.id();
    demand(bench.entry.key() == registry, Rule::OuterKey, || {
        format!("signed by {}, not by the authority's registry key {registry}", bench.entry.key())
    })?;
    let registry = keys.iter().find(|key| key.purpose == KeyPurpose::Registry);
    owed.push(
        bench.outer_owed(registry.ok_or_else(|| Violation::new(Rule::OuterKey, "there is no registry key"))?),
    );
    Ok(Deed::charter(CharterChange::Founded(Box::new(body.clone()), keys)).owing(owed))
}

/// The base URL is one, as `values` reads it.
pub(super) fn check_base_url(base_url: &str) -> Result<(), Refused> {
    let read = base_url.parse::<BaseUrl>();
    read.map(drop)
        .map_err(|error| Violation::new(Rule::Name, format!("{base_url:?} is no base URL: {error}")).into())
}

/// 1 ≤ m ≤ n.
pub(super) fn check_quorum(quorum: u64, registrars: &[KeyTitle]) -> Result<(), Refused> {
    let n = registrars.len();
    let m = usize::try_from(quorum).unwrap_or(usize::MAX);
    demand(1 <= m && m <= n && n <= MAX_REGISTRARS, Rule::Registrars, || {
        format!("{quorum} of {n} registrars; it takes 1 ≤ m ≤ n ≤ {MAX_REGISTRARS}")
    })
}

/// The checkpoint of the ledger before this one is there and says what entry 0 says of it. Who signed it is for those
/// who pinned that ledger's keys.
fn check_predecessor(bench: Bench<'_>, predecessor: &Predecessor) -> Result<(), Refused> {
    let bytes = bench.blob(&predecessor.checkpoint)?;
    let checkpoint = Note::parse(&bytes).ok().and_then(|note| note.text().parse::<Checkpoint>().ok());
    let same = checkpoint.is_some_and(|checkpoint| {
        checkpoint.origin.as_str() == predecessor.origin.as_str()
            && checkpoint.size == predecessor.size
            && checkpoint.root == predecessor.root.0
    });
    demand(same && predecessor.origin != *bench.origin, Rule::Founding, || {
        format!("the checkpoint of {} is not of that origin, size and root", predecessor.origin)
    })
}

fn check_vkey(bench: Bench<'_>, body: &AuthorityFounded) -> Result<(), Refused> {
    let name = bench.origin.as_str().parse();
    let expected = name
        .and_then(|name| VerifierKey::of(name, Scheme::Ed25519, &body.checkpoint.title.spki))
        .map_err(|error| Violation::new(Rule::Vkey, error.to_string()))?
        .to_string();
    demand(body.checkpoint.vkey == expected, Rule::Vkey, || {
        format!("vkey is {:?}; origin and key make {expected:?}", body.checkpoint.vkey)
    })
}
