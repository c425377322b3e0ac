"""Signed notes, checkpoints, cosignatures and receipts (C2SP signed-note, tlog-checkpoint, tlog-cosignature,
tlog-proof), as strictly as the project reads them."""

import base64
import re
from dataclasses import dataclass
from hashlib import sha256

import base64url
import ed25519

MAX_NOTE = 1 << 20
ED25519, COSIGNATURE = 0x01, 0x04


class Refused(ValueError):
    """Why a note or receipt is not good."""


@dataclass
class Key:
    name: str
    id: bytes
    scheme: int
    public: bytes


@dataclass
class Checkpoint:
    origin: str
    size: int
    root: bytes


@dataclass
class Receipt:
    extra: bytes | None
    index: int
    path: list
    note: str


def need(condition, why):
    if not condition:
        raise Refused(why)


def verifier_key(vkey):
    name, key_id, encoded = vkey.split("+", 2)
    decoded = base64url.decode_standard(encoded)
    need(decoded and decoded[0] in (ED25519, COSIGNATURE) and len(decoded) == 33, "key")
    expected = sha256(name.encode() + b"\n" + decoded).digest()[:4]
    need(key_id == expected.hex(), "key id")
    return Key(name, expected, decoded[0], decoded[1:])


def vkey(name, public):
    """The verifier key of an Ed25519 key that signs under a name."""
    key = bytes([ED25519]) + public
    hashed = sha256(f"{name}\n".encode() + key).digest()[:4].hex()
    return f"{name}+{hashed}+{base64.b64encode(key).decode()}"


def is_name(name):
    return name != "" and "+" not in name and not any(c.isspace() or c < " " for c in name)


def decimal(text):
    need(re.fullmatch(r"0|[1-9][0-9]*", text) and int(text) < 2**64, "decimal number")
    return int(text)


def hash_of(text):
    decoded = base64url.decode_standard(text)
    need(decoded is not None and len(decoded) == 32, "hash")
    return decoded


def parse_note(note):
    """Text, and (name, key id, signature) a line."""
    need(len(note.encode()) <= MAX_NOTE, "size")
    need(not any(c < " " and c != "\n" for c in note), "control character")
    text, empty, lines = note.rpartition("\n\n")
    need(empty and lines.endswith("\n"), "no signatures")
    signatures = []
    for line in lines[:-1].split("\n"):
        parts = line.split(" ")
        need(len(parts) == 3 and parts[0] == "—" and is_name(parts[1]), "signature line")
        decoded = base64url.decode_standard(parts[2])
        need(decoded is not None and len(decoded) > 4, "signature")
        signatures.append((parts[1], decoded[:4], decoded[4:]))
    need(len(signatures) <= 100, "too many signatures")
    return text + "\n", signatures


def signature_is_good(text, key, signature):
    if key.scheme == ED25519:
        return ed25519.verifies(key.public, text.encode(), signature)
    time = int.from_bytes(signature[:8], "big")
    message = f"cosignature/v1\ntime {time}\n{text}".encode()
    return time < 2**63 and ed25519.verifies(key.public, message, signature[8:])


def parse_checkpoint(text):
    need(text.endswith("\n"), "line feed")
    lines = text[:-1].split("\n")
    need(len(lines) >= 3 and all(lines) and is_name(lines[0]), "lines")
    checkpoint = Checkpoint(lines[0], decimal(lines[1]), hash_of(lines[2]))
    need(checkpoint.size or checkpoint.root == sha256(b"").digest(), "root of the empty tree")
    return checkpoint


def verified_checkpoint(note, log, witnesses=()):
    """The checkpoint of a note that the pinned log key signed and in which no known key's line is bad."""
    text, signatures = parse_note(note)
    checkpoint, pinned = parse_checkpoint(text), verifier_key(log)
    need(pinned.scheme == ED25519 and checkpoint.origin == pinned.name, "origin")
    by_the_log = False
    for key in [pinned, *map(verifier_key, witnesses)]:
        for name, key_id, signature in signatures:
            if (name, key_id) == (key.name, key.id):
                need(signature_is_good(text, key, signature), f"signature by {name}")
                by_the_log |= key is pinned
    need(by_the_log, "not signed by the log")
    return checkpoint


def parse_receipt(text):
    head, empty, note = text.partition("\n\n")
    lines = head.split("\n")
    need(empty and lines.pop(0) == "c2sp.org/tlog-proof@v1", "first line")
    extra = None
    if lines and lines[0].startswith("extra "):
        extra = base64url.decode_standard(lines.pop(0).removeprefix("extra "))
        need(extra is not None and len(extra) <= 65535, "extra")
    need(lines and lines[0].startswith("index "), "index")
    index = decimal(lines.pop(0).removeprefix("index "))
    path = [hash_of(line) for line in lines]
    need(len(path) <= 63, "path")
    need(index < parse_checkpoint(parse_note(note)[0]).size, "index beyond the tree")
    return Receipt(extra, index, path, note)
