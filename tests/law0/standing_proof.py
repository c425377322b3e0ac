"""Proofs of how a licence stood (schemas/standing-proof.md), from the file and the log's verifier key alone."""

import json
from dataclasses import dataclass

import canonical
import note
import tree
from note import Refused, need
from standing import CAUSES

MOST = 4 << 20
KEPT = ("licence.carried", "licence.erased")


@dataclass
class Shown:
    origin: str
    handle: str
    events: list  # (index, time, standing)
    size: int
    anchor: int
    until: str
    note: str

    def at(self, time, witnessed=None):
        """The standing at a time; None before the licence was entered. Refused where the proof ends before, or a quorum of witnesses was
        complete before: later times are the log's own word."""
        need(time < self.until and (witnessed is None or time <= witnessed), "cannot tell")
        before = [standing for _, entered, standing in self.events if entered <= time]
        return before[-1] if before else None


def parse(text):
    """The leaf's line, its path, the parts as receipts, and the note."""
    need(len(text.encode()) <= MOST, "size")
    first, *parts = text.split("\n\n")
    need(len(parts) >= 3, "parts")
    *entries, checkpoint, signatures = parts
    header, leaf, *path = first.split("\n")
    need(header == "vidimus/standing-proof/v1" and len(path) <= 63 and len(entries) <= 1002, "header")
    signed = f"{checkpoint}\n\n{signatures}"
    receipts = [note.parse_receipt(f"c2sp.org/tlog-proof@v1\n{part}\n\n{signed}") for part in entries]
    return leaf, [note.hash_of(line) for line in path], receipts, signed


def state_leaf(origin, line):
    return tree.leaf_hash(f"vidimus/state/v1\n{origin}\n{line}".encode())


def shown(text, log, witnesses=()):
    """What it shows; Refused where it shows nothing."""
    line, path, receipts, signed = parse(text)
    checkpoint = note.verified_checkpoint(signed, log, witnesses)
    leaf = canonical.parse(line.encode())
    need(set(leaf) == {"events", "handle"} and canonical.write(leaf) == line.encode(), "leaf")
    entries = []
    for receipt in receipts:
        need(receipt.extra is not None, "no entry")
        hashed = tree.leaf_hash(receipt.extra)
        need(tree.leads_to(checkpoint.root, checkpoint.size, receipt.index, hashed, receipt.path), f"entry {receipt.index}")
        entries.append((receipt.index, json.loads(receipt.extra)))
    anchor, anchored = entries[-1]
    need(anchored["kind"] == "state.anchored" and anchored["body"]["size"] <= anchor, "anchor")
    size, indexes = anchored["body"]["size"], [event["index"] for event in leaf["events"]]
    need(indexes and indexes == sorted(set(indexes)) and indexes[-1] < size and len(indexes) <= 1000, "indexes")
    need([index for index, _ in entries] == indexes + sorted({size, anchor}), "other entries")
    times = [entry["time"] for _, entry in entries]
    need(times == sorted(times), "times")
    root = bytes.fromhex(anchored["body"]["root"])
    need(tree.leads_to(root, size, indexes[0], state_leaf(checkpoint.origin, line), path), "not under the anchored root")
    events, before = [], None
    for event, (index, entry) in zip(leaf["events"], entries):
        need(event["standing"] in after(entry, leaf["handle"], before), f"entry {index}")
        before = event["standing"]
        events.append((index, entry["time"], before))
    return Shown(checkpoint.origin, leaf["handle"], events, size, anchor, times[len(events)], signed)


def after(entry, handle, before):
    """How an entry can leave the licence that stood so before; nothing where it is none about it."""
    kind, body = entry["kind"], entry["body"]
    grant = body["grant"] if kind == "licence.recorded" else body
    own, replaced = grant.get("handle") == handle, grant.get("replaces")
    if before is None:
        if kind == "licence.recorded" and own:
            return (body["standing"],)
        takes_over = replaced and replaced["cause"] in ("corrected", "reissued")
        return (("valid", "suspended") if takes_over else ("valid",)) if kind == "licence.issued" and own else ()
    if kind == "licence.issued":
        return (replaced["cause"],) if replaced and replaced["handle"] == handle and replaced["cause"] in CAUSES else ()
    if not own:
        return ()
    if kind in KEPT:
        return (before,)
    return {"licence.suspended": ("suspended",), "licence.reinstated": ("valid",), "licence.ended": (body.get("act"),)}.get(kind, ())


def root_of(origin, entries, size):
    """The root over the states at a size, from the entries alone."""
    leaves, first = [None] * size, {}
    for index, entry in enumerate(entries[:size]):
        kind, body = entry["kind"], entry["body"]
        if not kind.startswith("licence."):
            continue
        grant = body["grant"] if kind == "licence.recorded" else body
        begins, old = kind in ("licence.issued", "licence.recorded"), grant.get("replaces")
        suspended = False
        if begins and old:
            events = leaves[first[old["handle"]]]["events"]
            suspended = events[-1]["standing"] == "suspended" and old["cause"] in ("corrected", "reissued")
            events.append({"index": index, "standing": old["cause"]})
        if begins:
            first[grant["handle"]] = index
            standing = body["standing"] if kind == "licence.recorded" else "suspended" if suspended else "valid"
            leaves[index] = {"events": [{"index": index, "standing": standing}], "handle": grant["handle"]}
        else:
            events = leaves[first[body["handle"]]]["events"]
            [standing] = after(entry, body["handle"], events[-1]["standing"])
            events.append({"index": index, "standing": standing})
    lines = ["" if leaf is None else canonical.write(leaf).decode() for leaf in leaves]
    return tree.root([state_leaf(origin, line) for line in lines])
