//! The vectors of `schemas/vectors/ed25519.json`, computed from scalars that are hashes of their names, so that every
//! run makes the same bytes. Each refused vector breaks one rule of law 0, section 6, and as far as can be computed
//! only that one: the equation itself still holds.

use curve25519_dalek::constants::EIGHT_TORSION;
use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsPoint};
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::IsIdentity as _;
use serde_json::{Value, json};
use vidimus::crypto::digest::sha512_parts;
use vidimus::crypto::hex;

/// One line of the file.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) public: [u8; 32],
    pub(crate) message: Vec<u8>,
    pub(crate) signature: Vec<u8>,
    pub(crate) accept: bool,
    pub(crate) why: &'static str,
}

impl Case {
    pub(crate) fn to_json(&self) -> Value {
        json!({
            "name": self.name,
            "public": hex::encode(&self.public),
            "message": hex::encode(&self.message),
            "signature": hex::encode(&self.signature),
            "accept": self.accept,
            "why": self.why,
        })
    }
}

/// The order ℓ of the base point, little-endian.
const ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

/// A scalar that nobody chose.
pub(crate) fn scalar(label: &str) -> Scalar {
    Scalar::from_bytes_mod_order_wide(&sha512_parts(&[b"vidimus/vector\n", label.as_bytes()]))
}

/// k of the equation.
pub(crate) fn challenge(r: &[u8; 32], public: &[u8; 32], message: &[u8]) -> Scalar {
    Scalar::from_bytes_mod_order_wide(&sha512_parts(&[r, public, message]))
}

/// R ‖ S as an honest signer with secrets a and r computes them, whatever A and R are claimed to be.
pub(crate) fn signature(
    a: Scalar,
    public: &[u8; 32],
    r: Scalar,
    r_bytes: [u8; 32],
    message: &[u8],
) -> Vec<u8> {
    let s = r + challenge(&r_bytes, public, message) * a;
    [r_bytes, s.to_bytes()].concat()
}

/// S·B − k·A − R for encodings that decompress, canonical or not.
fn residue(public: &[u8; 32], message: &[u8], signature: &[u8]) -> EdwardsPoint {
    let r: [u8; 32] = signature[..32].try_into().unwrap();
    let s = Scalar::from_bytes_mod_order(signature[32..64].try_into().unwrap());
    let [a_point, r_point] = [*public, r].map(|bytes| CompressedEdwardsY(bytes).decompress().unwrap());
    EdwardsPoint::mul_base(&s) - challenge(&r, public, message) * a_point - r_point
}

/// S plus a multiple of ℓ, without reduction.
pub(crate) fn plus_order(signature: &[u8], times: usize) -> Vec<u8> {
    let mut out = signature.to_vec();
    for _ in 0..times {
        let mut carry = 0u16;
        for (byte, add) in out[32..].iter_mut().zip(ORDER) {
            carry += u16::from(*byte) + u16::from(add);
            *byte = u8::try_from(carry & 0xff).unwrap();
            carry >>= 8;
        }
        assert_eq!(carry, 0, "S + {times}·ℓ still fits 32 bytes");
    }
    out
}

/// All vectors, in the order of the file.
pub(crate) fn cases() -> Vec<Case> {
    [rfc_8032(), torsion(), cancelling_pair(), scalars(), small_order(), encodings(), lengths()]
        .into_iter()
        .flatten()
        .collect()
}

fn rfc_8032() -> Vec<Case> {
    let published = [
        (
            "1",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
        ),
        (
            "2",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        ),
        (
            "3",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
        ),
        (
            "SHA(abc)",
            "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
            "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704",
        ),
    ];
    let mut cases: Vec<Case> = published
        .map(|(test, public, message, signature)| Case {
            name: format!("RFC 8032 test {test}"),
            public: hex::decode(public).unwrap(),
            message: crate::hex_bytes(message),
            signature: crate::hex_bytes(signature),
            accept: true,
            why: "RFC 8032 section 7.1",
        })
        .into();
    let (good, other) = (&cases[1], &cases[2]);
    let spoil = |name: &str, why, change: fn(&mut Case, &Case)| {
        let mut case = Case {
            name: format!("RFC 8032 test 2, {name}"),
            public: good.public,
            message: good.message.clone(),
            signature: good.signature.clone(),
            accept: false,
            why,
        };
        change(&mut case, other);
        case
    };
    let spoiled = [
        spoil("other message", "k differs", |case, _| case.message[0] ^= 1),
        spoil("longer message", "k differs", |case, _| case.message.push(0)),
        spoil("other key", "A differs", |case, other| case.public = other.public),
        spoil("other R", "R differs", |case, other| {
            case.signature[..32].copy_from_slice(&other.signature[..32]);
        }),
        spoil("one bit of S", "S differs", |case, _| case.signature[32] ^= 1),
    ];
    cases.extend(spoiled);
    cases
}

/// Honest signatures whose R, A or both carry a point of order 2, 4 or 8. The equation is multiplied by 8, so they are
/// good; without the factor each would be bad (`residue` is not the identity), except the last, where the two cancel.
fn torsion() -> Vec<Case> {
    let (a, r) = (scalar("torsion a"), scalar("torsion r"));
    let none = EIGHT_TORSION[0];
    let make = |name: String, in_a: EdwardsPoint, in_r: EdwardsPoint, cancels: bool| {
        let public = (EdwardsPoint::mul_base(&a) + in_a).compress().to_bytes();
        let r_bytes = (EdwardsPoint::mul_base(&r) + in_r).compress().to_bytes();
        let (message, signature) = (0u32..)
            .map(|count| format!("{name} {count}").into_bytes())
            .map(|message| (signature(a, &public, r, r_bytes, &message), message))
            .map(|(signature, message)| (message, signature))
            .find(|(message, signature)| residue(&public, message, signature).is_identity() == cancels)
            .unwrap();
        Case { name, public, message, signature, accept: true, why: "8(S·B − k·A − R) is the identity" }
    };
    let mut cases = Vec::new();
    for (index, point) in EIGHT_TORSION.into_iter().enumerate().skip(1) {
        cases.push(make(format!("torsion {index} in R"), none, point, false));
        cases.push(make(format!("torsion {index} in A"), point, none, false));
        cases.push(make(format!("torsion {index} in A and R"), point, point, false));
    }
    cases.push(make("torsion in A and R that cancels".into(), EIGHT_TORSION[1], EIGHT_TORSION[3], true));
    let mut bad = make("torsion 1 in R and S + 1".into(), none, EIGHT_TORSION[1], false);
    let s = Scalar::from_canonical_bytes(bad.signature[32..].try_into().unwrap()).unwrap() + Scalar::ONE;
    bad.signature[32..].copy_from_slice(s.as_bytes());
    cases.push(Case { accept: false, why: "the residue has the order of the base point", ..bad });
    cases
}

/// Two signatures whose errors +δ·B and −δ·B vanish in a sum without weights.
fn cancelling_pair() -> Vec<Case> {
    let delta = scalar("cancelling delta");
    let pair: Vec<Case> = [("first", delta), ("second", -delta)]
        .into_iter()
        .map(|(which, error)| {
            let name = format!("cancelling pair, {which}");
            let (a, r) = (scalar(&format!("{name} a")), scalar(&format!("{name} r")));
            let [public, r_bytes] =
                [a, r].map(|secret| EdwardsPoint::mul_base(&secret).compress().to_bytes());
            let message = name.clone().into_bytes();
            // The error goes into r alone: S = (r + δ) + k·a while R stays r·B.
            let signature = signature(a, &public, r + error, r_bytes, &message);
            let why = "bad on its own; the pair's errors cancel in a batch without weights";
            Case { name, public, message, signature, accept: false, why }
        })
        .collect();
    let residues = pair.iter().map(|case| residue(&case.public, &case.message, &case.signature));
    assert!(residues.sum::<EdwardsPoint>().is_identity());
    pair
}

fn scalars() -> Vec<Case> {
    let (a, r) = (scalar("scalars a"), scalar("scalars r"));
    let [public, r_bytes] = [a, r].map(|secret| EdwardsPoint::mul_base(&secret).compress().to_bytes());
    let message = b"scalars".to_vec();
    let good = signature(a, &public, r, r_bytes, &message);
    let most = (1..15).rev().find(|times| usize::from(good[63]) + times * 16 < 240).unwrap();
    [0, 1, 2, most]
        .into_iter()
        .map(|times| Case {
            name: format!("S + {times}·ℓ"),
            public,
            message: message.clone(),
            signature: plus_order(&good, times),
            accept: times == 0,
            why: if times == 0 { "S < ℓ" } else { "S ≥ ℓ, and the equation holds" },
        })
        .collect()
}

/// Each small-order point as A and as R, canonical and not, with signatures for which the equation holds.
fn small_order() -> Vec<Case> {
    let mut cases = Vec::new();
    let canonical = EIGHT_TORSION.map(|point| point.compress().to_bytes());
    for (index, bytes) in canonical.into_iter().enumerate() {
        cases.extend(as_a_and_as_r(&format!("small order {index}"), bytes, "a point of small order"));
        let signature = [canonical[7 - index].as_slice(), &[0; 32]].concat();
        let name = format!("small order {index} as A, {} as R, S = 0", 7 - index);
        let why = "points of small order: good over every message";
        cases.push(Case {
            name,
            public: bytes,
            message: b"anything".to_vec(),
            signature,
            accept: false,
            why,
        });
    }
    let aliases = [
        ("y = p", field_element(0xed, 0xff, 0x7f), "y ≥ p, of small order"),
        ("y = p, sign bit", field_element(0xed, 0xff, 0xff), "y ≥ p, of small order"),
        ("y = p + 1", field_element(0xee, 0xff, 0x7f), "y ≥ p, of small order"),
        ("y = p + 1, sign bit", field_element(0xee, 0xff, 0xff), "y ≥ p and x = 0 with the sign bit"),
        ("y = 1, sign bit", field_element(0x01, 0x00, 0x80), "x = 0 with the sign bit"),
        ("y = p − 1, sign bit", field_element(0xec, 0xff, 0xff), "x = 0 with the sign bit"),
    ];
    for (name, bytes, why) in aliases {
        cases.extend(as_a_and_as_r(name, bytes, why));
    }
    cases
}

/// A 32-byte encoding by its first byte, the bytes between, and its last.
fn field_element(first: u8, between: u8, last: u8) -> [u8; 32] {
    let mut bytes = [between; 32];
    (bytes[0], bytes[31]) = (first, last);
    bytes
}

/// With A of small order every S·B is a good R; with R of small order S = k·a is good.
fn as_a_and_as_r(name: &str, bytes: [u8; 32], why: &'static str) -> [Case; 2] {
    let (a, s) = (scalar(&format!("{name} a")), scalar(&format!("{name} s")));
    let [public, r_bytes] = [a, s].map(|secret| EdwardsPoint::mul_base(&secret).compress().to_bytes());
    let message = name.as_bytes().to_vec();
    let under = [r_bytes, s.to_bytes()].concat();
    let over = signature(a, &public, Scalar::ZERO, bytes, &message);
    assert!(residue(&bytes, &message, &under).mul_by_cofactor().is_identity());
    assert!(residue(&public, &message, &over).mul_by_cofactor().is_identity());
    [
        Case {
            name: format!("{name} as A"),
            public: bytes,
            message: message.clone(),
            signature: under,
            accept: false,
            why,
        },
        Case { name: format!("{name} as R"), public, message, signature: over, accept: false, why },
    ]
}

/// Encodings of points of large order with y ≥ p, and of no point. Nobody knows their discrete logarithms, so these
/// cannot be made to satisfy the equation: they say that a parser ends here, not how.
fn encodings() -> Vec<Case> {
    let mut cases = Vec::new();
    for (first, last) in (0xef..=0xff).flat_map(|first| [(first, 0x7f), (first, 0xff)]) {
        let bytes = field_element(first, 0xff, last);
        if CompressedEdwardsY(bytes).decompress().is_some() {
            let sign = if last == 0xff { ", sign bit" } else { "" };
            cases.extend(unrelated(&format!("y = p + {}{sign}", first - 0xed), bytes, "y ≥ p"));
        }
    }
    let off_curve =
        (2..).map(|y| field_element(y, 0, 0)).find(|y| CompressedEdwardsY(*y).decompress().is_none());
    cases.extend(unrelated("y of no point", off_curve.unwrap(), "not on the curve"));
    cases
}

fn unrelated(name: &str, bytes: [u8; 32], why: &'static str) -> [Case; 2] {
    let (a, s) = (scalar(&format!("{name} a")), scalar(&format!("{name} s")));
    let [public, r_bytes] = [a, s].map(|secret| EdwardsPoint::mul_base(&secret).compress().to_bytes());
    [(format!("{name}, as A"), bytes, r_bytes), (format!("{name}, as R"), public, bytes)].map(
        |(name, public, r)| {
            let signature = [r, s.to_bytes()].concat();
            Case { message: name.as_bytes().to_vec(), name, public, signature, accept: false, why }
        },
    )
}

fn lengths() -> Vec<Case> {
    let (a, r) = (scalar("lengths a"), scalar("lengths r"));
    let [public, r_bytes] = [a, r].map(|secret| EdwardsPoint::mul_base(&secret).compress().to_bytes());
    let message = b"lengths".to_vec();
    let mut good = signature(a, &public, r, r_bytes, &message);
    good.push(0);
    [0, 32, 63, 64, 65]
        .into_iter()
        .map(|length| Case {
            name: format!("signature of {length} bytes"),
            public,
            message: message.clone(),
            signature: good[..length].to_vec(),
            accept: length == 64,
            why: "a signature has 64 bytes",
        })
        .collect()
}
