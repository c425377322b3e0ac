"""Judges the files that tests/law_vectors writes: entries, statements, keys, digests, dates, standings, a whole ledger."""

import copy
import json
from datetime import date, datetime, timedelta
from hashlib import sha256
from zlib import decompress

import base64url
import canonical
import forms
import keys
import preimages
import standing
import tree
from law import Ledger


def folder(path):
    """The parsed files of a folder by name; of `.jsonl` the lines as bytes."""
    files = {file.name: json.loads(file.read_text(encoding="utf-8")) for file in path.glob("*.json")}
    for file in path.glob("*.jsonl"):
        files[file.name] = file.read_bytes().removesuffix(b"\n").split(b"\n")
    return files


def check_entries(vectors):
    """Section 2: canonical form, preimages, outer signature, approvals' statement, leaf hash; one of every kind."""
    yield "every kind", sorted(forms.BODIES), sorted(v["kind"] for v in vectors)
    for v in vectors:
        given, name = v["canonical"].encode(), v["kind"]
        entry = preimages.read(given)
        preimage = preimages.preimage(entry, v["origin"])
        yield f"{name}: preimage", v["preimage"].encode(), preimage
        yield f"{name}: signature", v["signature"], entry["sig"]
        yield f"{name}: outer signature", True, preimages.good(v["spki"], preimage, entry["sig"])
        yield f"{name}: key", entry["key"], keys.key_id(base64url.decode(v["spki"]))
        yield f"{name}: leaf hash", v["leaf_hash"], tree.leaf_hash(given).hex()
        if "statement" in v:
            yield f"{name}: statement", v["statement"].encode(), preimages.statement(entry, v["origin"])
    founded = json.loads(vectors[0]["canonical"])["body"]
    yield "entry 0: two of three", (2, 3), (founded["quorum"], len(founded["registrars"]))


def blobs(files):
    found = {name: base64url.decode(text) for name, text in files["blobs.json"].items()}
    assert all(sha256(blob).hexdigest() == name for name, blob in found.items())
    return found


def states(files):
    """The ledger before each of its entries and after the last."""
    ledger = Ledger(blobs(files))
    yield copy.deepcopy(ledger)
    for line in files["entries.jsonl"]:
        assert ledger.judge(line) == "accepted", line
        yield copy.deepcopy(ledger)


def answers(vectors, files):
    """Judges entries that stand in place of others, given by `index`."""
    before = list(states(files))
    for v in vectors:
        yield v["name"], v.get("answer", v.get("rule")), copy.deepcopy(before[v["index"]]).judge(v["entry"].encode())


def check_statements(given):
    """Section 2: thresholds, order, origin, time and place of approvals."""
    yield from answers(*given)


def check_keys(given):
    """Section 4: ids, proofs of possession, and keys that come back."""
    vectors, files = given
    for v in vectors["ids"]:
        yield v["name"], v.get("id"), keys.key_id(base64url.decode(v["spki"]))
    for v in vectors["possession"]:
        yield v["name"], v["accept"], preimages.good(v["spki"], preimages.possession(v["origin"], v), v["signature"])
    yield from answers(vectors["reused"], files)


def check_ledger(files):
    """The whole ledger: root and state at every size, status lists, mutated copies, and how it may go on."""
    ledger, expected = Ledger(blobs(files)), files["states.json"]
    yield "sizes", len(files["entries.jsonl"]), len(expected["sizes"])
    for index, (line, size) in enumerate(zip(files["entries.jsonl"], expected["sizes"])):
        yield f"entry {index}", "accepted", ledger.judge(line)
        yield f"root at {index + 1}", size["root"], tree.root(ledger.leaves).hex()
        yield f"state at {index + 1}", size["state"], sha256(canonical.write(ledger.summary())).hexdigest()
    yield "last state", expected["last"], json.loads(canonical.write(ledger.summary()))
    yield "lists", sorted({number for number, _ in ledger.statuses}), [v["list"] for v in files["status-lists.json"]]
    for v in files["status-lists.json"]:
        packed = bytearray((1 << 20) // 4)
        for (number, index), value in ledger.statuses.items():
            if number == v["list"]:
                packed[index // 4] |= value << index % 4 * 2
        yield f"list {v['list']}: bytes", v["sha256"], sha256(packed).hexdigest()
        yield f"list {v['list']}: lst", bytes(packed), decompress(base64url.decode(v["lst"]))
    yield from answers(files["mutations.json"], files)
    before = list(states(files))
    for v in files.get("continuations.json", []):
        ledger = copy.deepcopy(before[v["index"]])
        for number, step in enumerate(v["entries"]):
            yield f"{v['name']}: {number}", step["answer"], ledger.judge(step["entry"].encode())


def check_credential_digest(vectors):
    """Section 5: SHA-256 over ASCII header.payload, and over nothing else."""
    first = vectors[0]["credential_digest"]
    for v in vectors:
        signing_input = v["presentation"].split("~")[0].rsplit(".", 1)[0]
        digest = sha256(signing_input.encode("ascii")).hexdigest()
        yield v["name"], v["credential_digest"], digest
        yield f"{v['name']}: same", v["same"], digest == first


def check_standing(vectors):
    """Section 9: the whole table."""
    table = [(s, a, e) for s in standing.STANDINGS for a in standing.ACTS for e in (False, True)]
    yield "every cell", sorted(table), sorted((v["from"], v["act"], v["expired"]) for v in vectors)
    for v in vectors:
        to = standing.after(v["from"], v["act"], v["expired"])
        name = f"{v['from']} {v['act']} expired: {v['expired']}"
        yield name, v.get("to"), to
        yield f"{name}: status", v.get("status"), standing.status(to) if to else None


def check_dates(given):
    """Section 1: a day lasts from its first instant to the end of its last; an entry is shown in its own millisecond."""
    vectors, files = given
    for v in vectors["days"]:
        name = f"{v['date']} {v['offset']}"
        shift = timedelta(minutes=preimages.minutes(v["offset"]))
        midnight = datetime.combine(date.fromisoformat(v["date"]), datetime.min.time())
        written = lambda moment: moment.isoformat(timespec="milliseconds") + "Z"
        yield f"{name}: first", v["first"], written(midnight - shift)
        yield f"{name}: end", v["end"], written(midnight - shift + timedelta(days=1))
        for at in v["times"]:
            yield f"{name}: day of {at['time']}", at["date"], preimages.day(at["time"], v["offset"])
            yield f"{name}: expired at {at['time']}", at["expired"], at["date"] > v["date"]
    for text in vectors["no_days"]:
        yield text, False, forms.is_date(text)
    *_, ledger = states(files)
    times = [json.loads(line)["time"] for line in files["entries.jsonl"]]
    for v in vectors["moments"]:
        shown = [event for event in ledger.licences[v["handle"]]["entries"] if times[event[0]] <= v["at"]]
        index, where = shown[-1] if shown else (None, None)
        yield f"{v['handle']} at {v['at']}", (v.get("index"), v.get("standing")), (index, where)


# Those whose entries stand in the whole ledger.
BESIDE_THE_LEDGER = (check_dates, check_keys, check_statements)
