"""Law 0 in a second language: judges the files of schemas/vectors with none of the project's code.

    python3 tests/law0/check.py schemas/vectors

Python 3.11, standard library only. Prints what failed and `N passed, N failed`; exits with 1 if anything failed, if a
file has no checker, or if a checker has no file.

A new file of vectors is one function here: it takes the parsed file and yields (name, expected, found).
"""

import json
import re
import sys
from datetime import datetime
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

import base64url
import canonical
import ed25519
import note
import tree


def check_ed25519(vectors):
    """Section 6: which signatures are good."""
    for v in vectors:
        public, message, signature = (bytes.fromhex(v[part]) for part in ("public", "message", "signature"))
        yield v["name"], v["accept"], ed25519.verifies(public, message, signature)
        # Where nobody can make the equation hold, only parsing shows that an encoding is refused.
        yield f'{v["name"]}: is a key', "as A" not in v["name"], ed25519.is_good_point(public)
    # The cancelling pair must be what it says: each bad, and good in a sum without weights.
    pair = [v for v in vectors if v["name"].startswith("cancelling pair")]
    residues = [ed25519.residue(*(bytes.fromhex(v[p]) for p in ("public", "message", "signature"))) for v in pair]
    yield "cancelling pair: two vectors", 2, len(pair)
    yield "cancelling pair: the errors cancel", True, ed25519.is_identity(ed25519.add(*residues))


TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z")


def is_time(text):
    """Section 1: exactly YYYY-MM-DDTHH:MM:SS.mmmZ, of a day and a moment that exist; no leap seconds."""
    if not TIME.fullmatch(text):
        return False
    try:
        datetime(*(int(part) for part in re.split(r"[-T:.]", text[:-5])))
    except ValueError:
        return False
    return True


def is_hex(text):
    """A key id (16 bytes) or a digest (32), in lower case."""
    return re.fullmatch(r"[0-9a-f]{32}|[0-9a-f]{64}", text) is not None


def check_refusals(vectors):
    """Section 2: canonical JSON and the spellings inside it."""
    kinds = {
        "json": canonical.is_canonical,
        "time": lambda given: is_time(given.decode()),
        "hex": lambda given: is_hex(given.decode()),
        "base64url": lambda given: base64url.decode(given.decode()) is not None,
    }
    for v in vectors:
        given = v["text"].encode() if "text" in v else base64url.decode(v["bytes"])
        yield f'{v["kind"]}: {v["name"]}', v["accept"], kinds[v["kind"]](given)


def check_receipts(vectors):
    """C2SP tlog-proof: parse, verify the checkpoint, follow the path from the leaf hash of the extra line."""
    for v in vectors:
        yield v["name"], v["accept"], receipt_is_good(v["receipt"], v["log"], v["witness"])


def receipt_is_good(text, log, witness):
    try:
        receipt = note.parse_receipt(text)
        checkpoint = note.verified_checkpoint(receipt.note, log, [witness])
    except note.Refused:
        return False
    if receipt.extra is None:
        return False
    leaf = tree.leaf_hash(receipt.extra)
    return tree.leads_to(checkpoint.root, checkpoint.size, receipt.index, leaf, receipt.path)


# One line a file of vectors.
CHECKERS = {
    "ed25519.json": check_ed25519,
    "json-refusals.json": check_refusals,
    "receipts.json": check_receipts,
}


def main(folder):
    passed, failures = 0, []
    for missing in sorted(CHECKERS.keys() - {path.name for path in folder.glob("*.json")}):
        failures.append(f"{missing}: no such file")
    for path in sorted(folder.glob("*.json")):
        checker = CHECKERS.get(path.name)
        if checker is None:
            failures.append(f"{path.name}: no checker knows this file")
            continue
        for name, expected, found in checker(json.loads(path.read_text(encoding="utf-8"))):
            if type(expected) is type(found) and expected == found:
                passed += 1
            else:
                failures.append(f"{path.name}: {name}: expected {expected}, found {found}")
    for failure in failures:
        print(failure)
    print(f"{passed} passed, {len(failures)} failed")
    return 1 if failures or not passed else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: check.py FOLDER_OF_VECTORS")
    sys.exit(main(Path(sys.argv[1])))
