"""Law 0 in a second language: judges the files of schemas/vectors with none of the project's code.

    python3 tests/law0/check.py schemas/vectors

Python 3.11, standard library only. Prints what failed and `N passed, N failed`; exits with 1 if anything failed, if a
file has no checker, or if a checker has no file.

A new file of vectors is one function here: it takes the parsed file and yields (name, expected, found). The
law's own files are judged by a model of it in `ledgers`, `law`, `judgement`, `forms`.
"""

import json
import re
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

import base64url
import canonical
import ed25519
import ledgers
import note
import split_view
import standing_proof
import tree
from forms import is_time


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


def check_split_views(vectors):
    """schemas/split-view.md: two checkpoints that no one tree can have."""
    for v in vectors:
        try:
            good = split_view.shown(v["proof"], v["log"]) is not None
        except note.Refused:
            good = False
        yield v["name"], v["accept"], good


def check_standing_proofs(vectors):
    """schemas/standing-proof.md: how licences stood, at every time that matters."""
    for v in vectors:
        try:
            shown = standing_proof.shown(v["proof"], v["log"])
        except (ValueError, KeyError, TypeError):
            shown = None
        yield v["name"], v["accept"], shown is not None
        for asked in v.get("stood", []) if shown else []:
            try:
                standing = shown.at(asked["at"])
            except note.Refused:
                standing = "cannot_tell"
            yield f"{v['name']} at {asked['at']}", asked["standing"] or "", standing or ""


# One line a file of vectors, or a folder of them.
CHECKERS = {
    "anchors": ledgers.check_ledger,
    "cards": ledgers.check_ledger,
    "content": ledgers.check_ledger,
    "cases": ledgers.check_ledger,
    "credential-digest.json": ledgers.check_credential_digest,
    "dates.json": ledgers.check_dates,
    "ed25519.json": check_ed25519,
    "entries.json": ledgers.check_entries,
    "json-refusals.json": check_refusals,
    "keys.json": ledgers.check_keys,
    "ledger": ledgers.check_ledger,
    "receipts.json": check_receipts,
    "split-views.json": check_split_views,
    "standing-proofs.json": check_standing_proofs,
    "standing.json": ledgers.check_standing,
    "statements.json": ledgers.check_statements,
}


def main(folder):
    passed, failures = 0, []
    paths = sorted(path for path in folder.iterdir() if path.is_dir() or path.suffix == ".json")
    for missing in sorted(CHECKERS.keys() - {path.name for path in paths}):
        failures.append(f"{missing}: no such file")
    for path in paths:
        checker = CHECKERS.get(path.name)
        if checker is None:
            failures.append(f"{path.name}: no checker knows this file")
            continue
        given = ledgers.folder(path) if path.is_dir() else json.loads(path.read_text(encoding="utf-8"))
        if checker in ledgers.BESIDE_THE_LEDGER:
            given = given, ledgers.folder(folder / "ledger")
        for name, expected, found in checker(given):
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
