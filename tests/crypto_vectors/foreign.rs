//! Other people's vectors: Wycheproof, Tessera's log, and a cosigned checkpoint with its receipt.

use serde_json::Value;
use vidimus::crypto::entropy::Entropy;
use vidimus::crypto::key::{Signed, verify_all};
use vidimus::crypto::{Algorithm, PrivateKey, PublicKey, hex};
use vidimus::ledger::checkpoint::VerifiedCheckpoint;
use vidimus::ledger::receipt::Receipt;
use vidimus::note::{Note, NoteSignature, VerifierKey};

use crate::{foreign_file, hex_bytes};

/// Judges every test of a Wycheproof file; `key` finds the group's public key, which may be refused.
fn wycheproof(file: &str, key: impl Fn(&Value) -> Option<PublicKey>) {
    let Some(text) = foreign_file(file) else { return };
    let document: Value = serde_json::from_str(&text).unwrap();
    let mut judged = 0;
    for group in document["testGroups"].as_array().unwrap() {
        let public = key(&group["publicKey"]);
        for test in group["tests"].as_array().unwrap() {
            let [message, signature] = ["msg", "sig"].map(|name| hex_bytes(test[name].as_str().unwrap()));
            let good = public.as_ref().is_some_and(|public| public.verifies(&message, &signature));
            assert_eq!(good, test["result"] == "valid", "{file} {}: {}", test["tcId"], test["comment"]);
            judged += 1;
        }
    }
    assert_eq!(Some(judged), document["numberOfTests"].as_u64());
}

#[test]
fn wycheproof_ed25519_agrees_fully() {
    wycheproof("wycheproof/ed25519_test.json", |key| {
        let key = hex_bytes(key["pk"].as_str().unwrap());
        PublicKey::from_ed25519(key.try_into().unwrap()).ok()
    });
}

#[test]
fn wycheproof_p256_agrees_fully() {
    wycheproof("wycheproof/ecdsa_secp256r1_sha256_p1363_test.json", |key| {
        PublicKey::from_p256(&hex_bytes(key["uncompressed"].as_str().unwrap())).ok()
    });
}

/// Only P-256 uses it, and ring has randomness of its own.
struct Unused;

impl Entropy for Unused {
    fn fill(&self, out: &mut [u8]) {
        out.fill(0);
    }
}

#[test]
fn p256_accepts_either_s() {
    let order = hex_bytes("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
    let key = PrivateKey::generate(Algorithm::P256, &Unused).unwrap();
    let signature = key.sign(b"either s").unwrap();
    let mut other = signature;
    let mut borrow = 0;
    for place in (0..32).rev() {
        let difference = 256 + i32::from(order[place]) - i32::from(signature[32 + place]) - borrow;
        borrow = i32::from(difference < 256);
        other[32 + place] = u8::try_from(difference & 0xff).unwrap();
    }
    assert_ne!(signature, other);
    for bytes in [signature, other] {
        assert!(key.public().verifies(b"either s", &bytes));
        assert!(!key.public().verifies(b"another", &bytes));
    }
    // Among Ed25519 signatures a bad P-256 one is named by its own place, and the first bad one wins.
    let edwards = PrivateKey::from_seed(&[1; 32]).unwrap();
    let by_edwards = edwards.sign(b"either s").unwrap();
    let e = |message| Signed { key: edwards.public(), signature: &by_edwards, message };
    let p = |message| Signed { key: key.public(), signature: &other, message };
    let (good, bad) = (b"either s".as_slice(), b"another".as_slice());
    assert_eq!(verify_all(&[e(good), p(good), e(good)]), Ok(()));
    assert_eq!(verify_all(&[e(good), p(bad), e(bad)]), Err(1));
    assert_eq!(verify_all(&[p(good), e(bad), p(bad)]), Err(1));
}

#[test]
fn every_checkpoint_of_tesseras_log_verifies() {
    let key: VerifierKey =
        "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx".parse().unwrap();
    for size in 0..=15 {
        let Some(text) = foreign_file(&format!("tessera-log/log/checkpoint.{size}")) else { return };
        let note: Note = text.parse().unwrap();
        assert_eq!(note.to_string(), text);
        let verified = VerifiedCheckpoint::verify(note, &key, &[]).unwrap();
        assert_eq!(verified.size(), size);
        let changed: Note = text.replacen(&format!("\n{size}\n"), "\n99\n", 1).parse().unwrap();
        assert!(VerifiedCheckpoint::verify(changed, &key, &[]).is_err());
    }
}

#[test]
fn a_cosigned_checkpoint_and_its_receipt_are_read_and_made_again_to_the_byte() {
    let Some(file) = foreign_file("ledger/vector_cosigned_checkpoint.txt") else { return };
    let (about, note) = file.split_once("---\n").unwrap();
    let key = |label: &str| -> VerifierKey {
        let line = about.lines().find_map(|line| line.strip_prefix(label)).unwrap();
        line.trim().parse().unwrap()
    };
    let (log, witness) = (key("log vkey:"), key("witness vkey:"));
    let parsed: Note = note.parse().unwrap();
    let verified = VerifiedCheckpoint::verify(parsed, &log, std::slice::from_ref(&witness)).unwrap();
    assert_eq!((verified.size(), verified.cosignatures().len()), (4, 1));

    let seed = |first: u8| -> [u8; 32] { std::array::from_fn(|index| first + u8::try_from(index).unwrap()) };
    let [log_key, witness_key] = [0, 32].map(|first| PrivateKey::from_seed(&seed(first)).unwrap());
    let mut again = verified.checkpoint().sign(&log_key, &[]).unwrap();
    let time = verified.cosignatures()[0].time;
    again.append([NoteSignature::cosign(again.text(), witness.name(), &witness_key, time).unwrap()]).unwrap();
    assert_eq!(again.to_string(), note);

    let text = foreign_file("ledger/vector.tlog-proof").unwrap();
    let receipt: Receipt = text.parse().unwrap();
    assert_eq!(receipt.to_string(), text);
    assert_eq!((receipt.index(), receipt.path().len(), receipt.extra()), (2, 2, None));
    assert_eq!(receipt.note().to_string(), note);
    assert_eq!(hex::encode(&receipt.checkpoint().root), hex::encode(verified.root()));
}
