"""The many ledgers of chance that tests/law_vectors/many.rs makes, judged again: every entry, and what each comes to.

    python3 tests/law0/many.py LEDGERS.jsonl

Both laws must accept and refuse the same entries, name the same rule where only one is broken, and agree on the state, the
root and every status list. Standard library only; the last line is `N passed, N failed`.
"""

import copy
import json
import sys
from concurrent.futures import ProcessPoolExecutor
from hashlib import sha256
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

import base64url
import canonical
import tree
from law import Ledger

BEGUN = {}


def begun(entries, blobs):
    """The ledger before its first licence: the same for all, so it is judged once."""
    key = tuple(entries)
    if key not in BEGUN:
        ledger = Ledger({})
        ledger.blobs = blobs
        for entry in entries:
            answer = ledger.judge(entry.encode())
            assert answer == "accepted", f"{answer}: {entry}"
        ledger.blobs = {}
        BEGUN[key] = ledger
    ledger = copy.deepcopy(BEGUN[key])
    ledger.blobs = blobs
    return ledger


def packed(ledger, number):
    found = bytearray((1 << 20) // 4)
    for (list_number, index), value in ledger.statuses.items():
        if list_number == number:
            found[index // 4] |= value << index % 4 * 2
    return found


def judged(line):
    """What failed, and how much was held, of one ledger."""
    told = json.loads(line)
    blobs = {sha256(blob).hexdigest(): blob for blob in map(base64url.decode, told["blobs"])}
    ledger, failures, held = begun(told["begun"], blobs), [], 0
    name = f"ledger {told['seed']}"

    def hold(what, expected, found):
        nonlocal held
        if expected == found:
            held += 1
        else:
            failures.append(f"{name}: {what}: expected {expected}, found {found}")

    for number, step in enumerate(told["steps"]):
        try:
            answer = ledger.judge(step["entry"].encode())
        except Exception as error:  # a model that breaks has no answer
            answer = f"{type(error).__name__}: {error}"
        hold(f"step {number}, {step['entry']}", step["answer"], answer)
    hold("root", told["root"], tree.root(ledger.leaves).hex())
    hold("state", told["summary"], json.loads(canonical.write(ledger.summary())))
    hold("lists", [v["list"] for v in told["lists"]], sorted({number for number, _ in ledger.statuses}))
    for v in told["lists"]:
        hold(f"list {v['list']}", v["sha256"], sha256(packed(ledger, v["list"])).hexdigest())
    return held, failures


def main(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    passed, failures = 0, []
    with ProcessPoolExecutor(max_workers=2) as pool:
        for held, failed in pool.map(judged, lines, chunksize=4):
            passed, failures = passed + held, failures + failed
    for failure in failures[:40]:
        print(f"FAILED  {failure}")
    print(f"{passed} passed, {len(failures)} failed")
    return 1 if failures or not passed else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: many.py LEDGERS")
    sys.exit(main(Path(sys.argv[1])))
