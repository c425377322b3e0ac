//! Proofs of how licences stood (`schemas/standing-proof.md`).
//!
//! - A proof that is taken is written again as the bytes it was read from.
//! - Nothing but the vectors that are good shows anything under our log's key, and nothing does under another.
//! - What is shown ends: of that time and later ones nothing is told, of every earlier one something.
//!
//! Input: a proof.

use std::sync::LazyLock;

use serde_json::Value;
use vidimus::crypto::PrivateKey;
use vidimus::ledger::standing_proof::{At, MAX_STANDING_PROOF, StandingProof};
use vidimus::note::{Scheme, VerifierKey};
use vidimus::values::time::Time;

static VECTORS: LazyLock<Vec<Value>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../../../schemas/vectors/standing-proofs.json")).unwrap()
});
static LOG: LazyLock<VerifierKey> = LazyLock::new(|| VECTORS[0]["log"].as_str().unwrap().parse().unwrap());

/// Holds the laws over a proof.
pub fn run(data: &[u8]) {
    let Ok(proof) = StandingProof::parse(data) else { return };
    assert_eq!(proof.to_string().as_bytes(), data);
    assert!(data.len() <= MAX_STANDING_PROOF);
    let another = PrivateKey::from_seed(&[77; 32]).unwrap();
    let another = VerifierKey::of(LOG.name().clone(), Scheme::Ed25519, another.public()).unwrap();
    assert!(proof.verify(&[another], &[]).is_err());
    let Ok((_, shown)) = proof.verify(std::slice::from_ref(&*LOG), &[]) else { return };
    // Lines of strangers may be added under a checkpoint; what is signed cannot be changed.
    let signed = |text: &str| text.rsplit_once("\n\n").unwrap().0.to_owned();
    let good = VECTORS.iter().filter(|vector| vector["accept"] == true);
    let mut good = good.map(|vector| signed(vector["proof"].as_str().unwrap()));
    assert!(good.any(|good| good == signed(&proof.to_string())), "a proof that nobody made");
    assert_eq!(shown.at(shown.until), At::CannotTell);
    assert_eq!(shown.at(Time::MIN), At::NotEntered);
    assert!(matches!(shown.at(shown.last_time()), At::Stood(_)));
}

/// The vectors, good and bad.
pub fn seeds() -> Vec<Vec<u8>> {
    VECTORS.iter().map(|vector| vector["proof"].as_str().unwrap().as_bytes().to_vec()).collect()
}

/// The lines.
pub fn words() -> Vec<String> {
    super::words(&[
        "vidimus/standing-proof/v1\n",
        "{\"events\":[",
        "\"standing\":\"",
        "\n\nextra ",
        "\nindex ",
        "\n\n— ",
    ])
}
