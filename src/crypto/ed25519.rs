//! The one Ed25519 equation (law 0, section 6): which signatures are good, singly and in batches alike.
//!
//! Accept iff S < ℓ; A and R have y < p, decompress, re-compress to the same bytes and are not of small order; and
//! 8(S·B − k·A − R) is the identity. A batch accepts exactly what singles accept: a few lines on curve25519-dalek,
//! because the batch check of ed25519-dalek accepts signatures that its strict check refuses, with weights that the
//! signer can predict. Not here: signing (`private_key`), and any other curve.

use std::collections::BTreeMap;

use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsPoint};
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::{IsIdentity, VartimeMultiscalarMul};

use super::digest::sha512_parts;

/// Domain string of the batch weights.
const BATCH_DOMAIN: &[u8] = b"vidimus/batch/v1\n";

/// A public key A that passed every check of section 6 that does not need a signature.
#[derive(Clone, Copy)]
pub struct VerifyingKey {
    bytes: [u8; 32],
    minus_a: EdwardsPoint,
}

/// One signature to be judged.
#[derive(Clone, Copy)]
pub struct Signed<'a> {
    /// Who is said to have signed.
    pub key: &'a VerifyingKey,
    /// R ‖ S.
    pub signature: &'a [u8],
    /// What is said to have been signed.
    pub message: &'a [u8],
}

/// A signature whose parts passed every check but the equation.
struct Parsed {
    r_bytes: [u8; 32],
    r: EdwardsPoint,
    s_bytes: [u8; 32],
    s: Scalar,
    k: Scalar,
}

impl VerifyingKey {
    /// Parses A; `None` when the encoding is not canonical, off the curve or of small order.
    pub fn from_bytes(bytes: [u8; 32]) -> Option<Self> {
        Some(Self { bytes, minus_a: -point(bytes)? })
    }

    /// The 32 bytes as given.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.bytes
    }

    /// Whether `signature` is good over `message` under this key.
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let Some(parsed) = Parsed::from(Signed { key: self, signature, message }) else { return false };
        let sum = EdwardsPoint::vartime_double_scalar_mul_basepoint(&parsed.k, &self.minus_a, &parsed.s);
        (sum - parsed.r).mul_by_cofactor().is_identity()
    }
}

/// Judges all signatures with one multiscalar sum; `Err` names the first bad one (found by falling back to singles).
pub fn verify_batch(signed: &[Signed<'_>]) -> Result<(), usize> {
    if signed.len() < 2 || !equation_holds(signed) {
        return match signed.iter().position(|one| !one.key.verifies(one.message, one.signature)) {
            Some(index) => Err(index),
            None => Ok(()),
        };
    }
    Ok(())
}

/// Σ zᵢ(Sᵢ·B − kᵢ·Aᵢ − Rᵢ), times 8, is the identity. Equal keys share one term.
fn equation_holds(signed: &[Signed<'_>]) -> bool {
    let Some(parsed) = signed.iter().map(|one| Parsed::from(*one)).collect::<Option<Vec<_>>>() else {
        return false;
    };
    let mut base = Scalar::ZERO;
    let mut keys: BTreeMap<&[u8; 32], (Scalar, &EdwardsPoint)> = BTreeMap::new();
    let mut scalars = Vec::with_capacity(signed.len() * 2 + 1);
    let mut points = Vec::with_capacity(signed.len() * 2 + 1);
    for ((one, parsed), z) in signed.iter().zip(&parsed).zip(weights(signed, &parsed)) {
        base += z * parsed.s;
        keys.entry(&one.key.bytes).or_insert((Scalar::ZERO, &one.key.minus_a)).0 += z * parsed.k;
        // The point is negated, not the weight: 128 bits of the sum's 253 stay zero.
        scalars.push(z);
        points.push(-parsed.r);
    }
    for (scalar, minus_a) in keys.into_values() {
        scalars.push(scalar);
        points.push(*minus_a);
    }
    scalars.push(base);
    points.push(curve25519_dalek::constants::ED25519_BASEPOINT_POINT);
    EdwardsPoint::vartime_multiscalar_mul(&scalars, &points).mul_by_cofactor().is_identity()
}

/// Non-zero 128-bit weights that depend on everything in the batch, so that no signer can choose against them.
fn weights<'a>(signed: &'a [Signed<'a>], parsed: &'a [Parsed]) -> impl Iterator<Item = Scalar> + 'a {
    let mut transcript = Vec::with_capacity(BATCH_DOMAIN.len() + 8 + signed.len() * 128);
    transcript.extend_from_slice(BATCH_DOMAIN);
    transcript.extend_from_slice(&position_bytes(signed.len()));
    for (one, parsed) in signed.iter().zip(parsed) {
        transcript.extend_from_slice(&one.key.bytes);
        transcript.extend_from_slice(&parsed.r_bytes);
        transcript.extend_from_slice(&parsed.s_bytes);
        transcript.extend_from_slice(parsed.k.as_bytes());
    }
    let seed = sha512_parts(&[&transcript]);
    (0..signed.len()).map(move |position| {
        let block = sha512_parts(&[BATCH_DOMAIN, &seed, &position_bytes(position)]);
        let mut weight = [0; 32];
        weight.iter_mut().zip(block).take(16).for_each(|(to, from)| *to = from);
        let weight = Scalar::from_bytes_mod_order(weight);
        if weight == Scalar::ZERO { Scalar::ONE } else { weight }
    })
}

impl Parsed {
    fn from(signed: Signed<'_>) -> Option<Self> {
        let (r_bytes, s_bytes) = signed.signature.split_at_checked(32)?;
        let r_bytes: [u8; 32] = r_bytes.try_into().ok()?;
        let s_bytes: [u8; 32] = s_bytes.try_into().ok()?;
        let s = Option::<Scalar>::from(Scalar::from_canonical_bytes(s_bytes))?;
        let r = point(r_bytes)?;
        let k =
            Scalar::from_bytes_mod_order_wide(&sha512_parts(&[&r_bytes, &signed.key.bytes, signed.message]));
        Some(Self { r_bytes, r, s_bytes, s, k })
    }
}

/// A canonical encoding of a point that is not of small order.
///
/// Canonical is y < p, and no sign where x is zero: those two points are of small order. So nothing is re-compressed,
/// which would cost a field inversion.
fn point(bytes: [u8; 32]) -> Option<EdwardsPoint> {
    if !is_below_p(&bytes) {
        return None;
    }
    let point = CompressedEdwardsY(bytes).decompress()?;
    (!point.is_small_order()).then_some(point)
}

/// Whether y, the number without its highest bit, is below p = 2^255 - 19.
fn is_below_p(bytes: &[u8; 32]) -> bool {
    let [least, middle @ .., most] = bytes;
    *least < 0xed || *most & 0x7f != 0x7f || middle.iter().any(|byte| *byte != 0xff)
}

fn position_bytes(position: usize) -> [u8; 8] {
    u64::try_from(position).unwrap_or(u64::MAX).to_le_bytes()
}
