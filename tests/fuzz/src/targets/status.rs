//! Token Status List: the packed list, its compressed form, the token around it.
//!
//! - A list that is taken is no longer than a list may be, has a value at every index below its length and at none beyond,
//!   equal to what the bytes say, and is the same after being compressed again.
//! - A token that is taken says what is written again of it; it is its signer's, and nobody else's.
//! - Bombs end at the limit: `run.py` gives the process no more memory than it needs.
//!
//! Input: a word for the form. Form 0: a token. Form 1: bits, then the packed bytes to be compressed. Form 2: bits, then
//! compressed bytes. Form 3: the claims of a token, to be signed.

use serde_json::{Value, json};
use vidimus::crypto::base64url;
use vidimus::jose::jws;
use vidimus::status_list::{Bits, MAX_STATUSES, StatusList, StatusToken, TokenFacts};
use vidimus::values::canonical::parse_strict;

use crate::make::{key, split_byte};

const BITS: [Bits; 4] = [Bits::One, Bits::Two, Bits::Four, Bits::Eight];

/// Holds the laws over one of the four forms.
pub fn run(data: &[u8]) {
    let Some((form, rest)) = split_byte(data) else { return };
    match form % 4 {
        0 => {
            if let Ok(text) = std::str::from_utf8(rest) {
                token(text);
            }
        }
        1 => packed(rest),
        2 => compressed(rest),
        _ => signed(rest),
    }
}

fn packed(data: &[u8]) {
    let Some((bits, statuses)) = split_byte(data) else { return };
    let bits = BITS[usize::from(bits) % 4];
    let largest = (1_u16 << bits.get()) - 1;
    let packed = StatusList::pack(bits, statuses);
    let fits = statuses.iter().all(|status| u16::from(*status) <= largest);
    assert_eq!(packed.is_ok(), fits && statuses.len() <= MAX_STATUSES);
    let Ok(mut packed) = packed else { return };
    listed(&packed);
    for (index, status) in (0..).zip(statuses) {
        assert_eq!(packed.value(index), Ok(*status));
    }
    // Set one by one it is the same list.
    let mut other = StatusList::zeros(bits, statuses.len()).unwrap();
    let backwards: Vec<(u64, &u8)> = (0..).zip(statuses).collect();
    for (index, status) in backwards.into_iter().rev() {
        other.set(index, *status).unwrap();
    }
    assert_eq!(other, packed);
    assert!(packed.set(u64::try_from(packed.length()).unwrap(), 0).is_err());
    assert!(largest == 255 || packed.set(0, u8::try_from(largest + 1).unwrap()).is_err());
}

fn compressed(data: &[u8]) {
    let Some((bits, bytes)) = split_byte(data) else { return };
    let lst = base64url::encode(bytes);
    if let Ok(list) = StatusList::from_compressed(BITS[usize::from(bits) % 4], &lst) {
        listed(&list);
    }
}

fn listed(list: &StatusList) {
    let (length, bits) = (list.length(), usize::from(list.bits().get()));
    assert!(length <= MAX_STATUSES && length == list.as_bytes().len() * 8 / bits);
    let few = (0..length.min(64)).chain(length.saturating_sub(8)..length);
    for index in few {
        let byte = list.as_bytes()[index * bits / 8];
        let expected = (u16::from(byte) >> (index * bits % 8)) & ((1 << bits) - 1);
        assert_eq!(list.value(u64::try_from(index).unwrap()).map(u16::from), Ok(expected));
    }
    for beyond in [length as u64, u64::MAX, u64::MAX / 2] {
        assert!(list.value(beyond).is_err());
    }
    // Long lists take long to press at the highest level, and say nothing that short ones do not.
    if list.as_bytes().len() <= 4096 {
        let again = list.compressed().unwrap();
        assert_eq!(StatusList::from_compressed(list.bits(), &again).as_ref().ok(), Some(list));
    }
}

fn token(text: &str) {
    let Ok(token) = StatusToken::parse(text) else { return };
    listed(token.list());
    assert!(token.verify(key("nobody").public()).is_err());
    let claims = parse_strict(token.jws().payload()).unwrap();
    assert_eq!(claims["sub"], token.sub());
    assert_eq!(claims["iat"], token.iat());
    for (name, found) in
        [("exp", token.exp().map(|exp| json!(exp))), ("ttl", token.ttl().map(|ttl| json!(ttl)))]
    {
        assert_eq!(claims.get(name), found.as_ref(), "{name}");
    }
    assert_eq!(claims.get("ledger_size"), token.ledger_size().map(|size| json!(size)).as_ref());
    assert_eq!(claims["status_list"]["bits"], token.list().bits().get());
    let (Some(exp), Some(ttl), Some(ledger_size)) = (token.exp(), token.ttl(), token.ledger_size()) else {
        return;
    };
    if token.list().as_bytes().len() > 4096 {
        return;
    }
    let facts = TokenFacts { sub: token.sub(), iat: token.iat(), exp, ttl, ledger_size };
    let claims = token.list().claims(&facts).unwrap();
    let again = sign(claims.to_string().as_bytes());
    let again = StatusToken::parse(&again).unwrap();
    assert_eq!((again.sub(), again.iat(), again.exp()), (token.sub(), token.iat(), token.exp()));
    assert_eq!((again.list(), again.ledger_size()), (token.list(), token.ledger_size()));
}

fn signed(payload: &[u8]) {
    let text = sign(payload);
    token(&text);
    if let Ok(token) = StatusToken::parse(&text) {
        assert!(token.verify(key("status").public()).is_ok());
    }
}

fn sign(payload: &[u8]) -> String {
    jws::sign(&json!({"alg": "EdDSA", "typ": "statuslist+jwt"}), payload, &key("status")).unwrap()
}

/// Lists of every width, a bomb, tokens with and without what is ours.
pub fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for (word, bits) in (0..).zip(BITS) {
        let statuses: Vec<u8> = (0..40).map(|index| index % 2).collect();
        let list = StatusList::pack(bits, &statuses).unwrap();
        let lst = base64url::decode(&list.compressed().unwrap()).unwrap();
        seeds.push([&[1, word], statuses.as_slice()].concat());
        seeds.push([&[2, word], lst.as_slice()].concat());
        let bomb = StatusList::zeros(bits, MAX_STATUSES).unwrap().compressed().unwrap();
        seeds.push([&[2, word], base64url::decode(&bomb).unwrap().as_slice()].concat());
        let facts =
            TokenFacts { sub: "https://a.test/status/1", iat: 100, exp: 200, ttl: 60, ledger_size: 7 };
        let claims = list.claims(&facts).unwrap();
        seeds.push([&[3], claims.to_string().as_bytes()].concat());
        seeds.push([&[0], sign(claims.to_string().as_bytes()).as_bytes()].concat());
        let mut bare: Value = claims;
        bare.as_object_mut()
            .unwrap()
            .retain(|name, _| ["sub", "iat", "status_list"].contains(&name.as_str()));
        seeds.push([&[3], bare.to_string().as_bytes()].concat());
    }
    seeds
}

/// Members of the claims.
pub fn words() -> Vec<String> {
    super::words(&[
        "\"sub\":",
        "\"iat\":",
        "\"exp\":",
        "\"ttl\":",
        "\"ledger_size\":",
        "\"status_list\":",
        "\"bits\":",
        "\"lst\":",
        "x\u{7f}",
        "eNrbuRgAAhcBXQ",
        "9223372036854775807",
        "18446744073709551615",
        "-1",
        "1e3",
        "null",
    ])
}
