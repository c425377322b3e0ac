"""Proofs of split views (schemas/split-view.md): two checkpoints of one log that no one tree can have."""

import note
import tree
from note import Refused, need

MOST = 16 * 1024


def parse(text):
    """The hashes, and the two notes."""
    need(len(text.encode()) <= MOST, "size")
    header, empty, notes = text.partition("\n\n")
    first, *lines = header.split("\n")
    need(first == "vidimus/split-view/v1" and empty and len(lines) <= 65, "header")
    parts = notes.split("\n\n")
    need(len(parts) == 4, "two checkpoints")
    return [note.hash_of(line) for line in lines], [f"{parts[0]}\n\n{parts[1]}\n", f"{parts[2]}\n\n{parts[3]}"]


def roots(m, n, hashes):
    """The roots of the first m of n leaves and of all n, by RFC 6962's SUBPROOF with its first hash always there."""
    need(hashes, "a hash is missing")
    if m == n:
        need(len(hashes) == 1, "a hash too many")
        return hashes[0], hashes[0]
    k = 1 << ((n - 1).bit_length() - 1)
    *inner, last = hashes
    if m <= k:
        first, whole = roots(m, k, inner)
        return first, tree.node_hash(whole, last)
    first, whole = roots(m - k, n - k, inner)
    return tree.node_hash(last, first), tree.node_hash(last, whole)


def signed(text, keys):
    """The checkpoint of a note that one of these keys of a log signed, and nobody else."""
    content, signatures = note.parse_note(text)
    need(len(signatures) == 1 and content.count("\n") == 3, "one line, no extensions")
    for key in keys:
        try:
            return note.verified_checkpoint(text, key)
        except Refused:
            pass
    raise Refused("not signed by the log")


def shown(text, keys, signed=signed):
    """The two checkpoints; Refused where the text shows no split view."""
    hashes, notes = parse(text)
    small, large = (signed(one, keys) for one in notes)
    need(small.origin == large.origin, "two logs")
    need((small.size, small.root) < (large.size, large.root), "order")
    if small.size == large.size:
        need(not hashes, "hashes for one size")
        return small, large
    need(small.size, "the empty tree")
    first, whole = roots(small.size, large.size, hashes)
    need(whole == large.root and first != small.root, "one tree, or no proof")
    return small, large
