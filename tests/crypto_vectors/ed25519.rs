//! Every crafted vector gets one answer: on its own, and at every place of batches of every size.

use curve25519_dalek::constants::EIGHT_TORSION;
use curve25519_dalek::edwards::EdwardsPoint;
use curve25519_dalek::scalar::Scalar;
use proptest::prelude::*;
use serde_json::Value;
use vidimus::crypto::PrivateKey;
use vidimus::crypto::ed25519::{Signed, VerifyingKey, verify_batch};

use crate::crafted::{self, Case, cases, scalar};

/// A good signature by one of five keys.
struct Good {
    key: VerifyingKey,
    signature: [u8; 64],
    message: Vec<u8>,
}

fn good(count: usize) -> Vec<Good> {
    (0..count)
        .map(|index| {
            let private = PrivateKey::from_seed(&[u8::try_from(index % 5).unwrap(); 32]).unwrap();
            let message = format!("good {index}").into_bytes();
            let signature = private.sign(&message).unwrap();
            Good { key: *private.public().as_ed25519().unwrap(), signature, message }
        })
        .collect()
}

fn signed(good: &[Good]) -> Vec<Signed<'_>> {
    good.iter()
        .map(|one| Signed { key: &one.key, signature: &one.signature, message: &one.message })
        .collect()
}

fn singly(case: &Case) -> bool {
    VerifyingKey::from_bytes(case.public).is_some_and(|key| key.verifies(&case.message, &case.signature))
}

#[test]
fn the_file_is_what_the_generator_makes() {
    crate::hold("ed25519.json", &Value::Array(cases().iter().map(Case::to_json).collect()));
}

#[test]
fn singly_each_vector_gets_its_answer() {
    for case in cases() {
        assert_eq!(singly(&case), case.accept, "{}: {}", case.name, case.why);
    }
}

/// Where nobody can make the equation hold, only parsing shows that an encoding is refused.
#[test]
fn a_key_is_refused_before_any_signature() {
    for case in cases() {
        let refused = VerifyingKey::from_bytes(case.public).is_none();
        assert_eq!(refused, case.name.contains("as A"), "{}: {}", case.name, case.why);
    }
}

#[test]
fn at_every_place_of_a_batch_each_vector_gets_the_same_answer() {
    let good = good(257);
    let good = signed(&good);
    assert_eq!(verify_batch(&good), Ok(()));
    assert_eq!(verify_batch(&[]), Ok(()));
    for case in cases() {
        // A key that cannot be parsed never reaches a batch.
        let Some(key) = VerifyingKey::from_bytes(case.public) else { continue };
        let one = Signed { key: &key, signature: &case.signature, message: &case.message };
        assert_eq!(verify_batch(&[one]), if case.accept { Ok(()) } else { Err(0) }, "{}", case.name);
        for size in [1, 2, 3, 64, 257] {
            for place in [0, size / 2, size] {
                let mut batch = good[..size].to_vec();
                batch.insert(place, one);
                let expected = if case.accept { Ok(()) } else { Err(place) };
                assert_eq!(verify_batch(&batch), expected, "{} at {place} of {size}", case.name);
            }
        }
    }
}

#[test]
fn a_cancelling_pair_is_refused_wherever_it_stands() {
    let pair: Vec<Case> = cases().into_iter().filter(|case| case.name.starts_with("cancelling")).collect();
    let keys: Vec<VerifyingKey> =
        pair.iter().map(|case| VerifyingKey::from_bytes(case.public).unwrap()).collect();
    let pair: Vec<Signed<'_>> = pair
        .iter()
        .zip(&keys)
        .map(|(case, key)| Signed { key, signature: &case.signature, message: &case.message })
        .collect();
    assert_eq!(pair.len(), 2);
    assert_eq!(verify_batch(&pair), Err(0));
    assert_eq!(verify_batch(&[pair[1], pair[0]]), Err(0));
    let good = good(64);
    let good = signed(&good);
    for (first, second) in [(0, 1), (0, 65), (31, 32), (7, 50), (64, 65)] {
        let mut batch = good.clone();
        batch.insert(first, pair[0]);
        batch.insert(second, pair[1]);
        assert_eq!(verify_batch(&batch), Err(first));
    }
}

/// What a signer may do to a signature, and whether it stays good.
#[derive(Debug, Clone, Copy)]
enum Deed {
    Honest,
    TorsionInR(usize),
    TorsionInA(usize),
    OtherMessage,
    PlusOrder,
    SmallR(usize),
    PlusOne,
}

fn crafted_by(deed: Deed, signer: usize, message: &[u8]) -> (VerifyingKey, Vec<u8>, bool) {
    let (a, r) = (scalar(&format!("signer {signer}")), scalar(&format!("nonce {signer} {message:?}")));
    let (in_a, in_r) = match deed {
        Deed::TorsionInA(index) => (EIGHT_TORSION[index], EIGHT_TORSION[0]),
        Deed::TorsionInR(index) => (EIGHT_TORSION[0], EIGHT_TORSION[index]),
        _ => (EIGHT_TORSION[0], EIGHT_TORSION[0]),
    };
    let public = (EdwardsPoint::mul_base(&a) + in_a).compress().to_bytes();
    let r_bytes = match deed {
        Deed::SmallR(index) => EIGHT_TORSION[index].compress().to_bytes(),
        _ => (EdwardsPoint::mul_base(&r) + in_r).compress().to_bytes(),
    };
    let honest = |message: &[u8]| crafted::signature(a, &public, r, r_bytes, message);
    let signature = match deed {
        Deed::OtherMessage => honest(b"another"),
        Deed::PlusOrder => crafted::plus_order(&honest(message), 1),
        Deed::PlusOne => crafted::signature(a, &public, r + scalar("one"), r_bytes, message),
        Deed::SmallR(_) => crafted::signature(a, &public, Scalar::ZERO, r_bytes, message),
        _ => honest(message),
    };
    let good = matches!(deed, Deed::Honest | Deed::TorsionInA(_) | Deed::TorsionInR(_));
    (VerifyingKey::from_bytes(public).unwrap(), signature, good)
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        12 => Just(Deed::Honest),
        4 => (0..8usize).prop_map(Deed::TorsionInR),
        4 => (0..8usize).prop_map(Deed::TorsionInA),
        1 => Just(Deed::OtherMessage),
        1 => Just(Deed::PlusOrder),
        1 => (0..8usize).prop_map(Deed::SmallR),
        1 => Just(Deed::PlusOne),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn a_batch_answers_what_singles_answer(
        deeds in prop::collection::vec((deed(), 0..4usize, prop::collection::vec(any::<u8>(), 0..8)), 0..24)
    ) {
        let made: Vec<_> = deeds.iter().map(|(deed, signer, message)| crafted_by(*deed, *signer, message)).collect();
        let mut batch = Vec::new();
        for ((key, signature, good), (_, _, message)) in made.iter().zip(&deeds) {
            prop_assert_eq!(key.verifies(message, signature), *good);
            batch.push(Signed { key, signature, message });
        }
        let expected = made.iter().position(|(_, _, good)| !good).map_or(Ok(()), Err);
        prop_assert_eq!(verify_batch(&batch), expected);
    }
}
