"""The Merkle tree of RFC 6962 with SHA-256: hashes, root, and following an inclusion path."""

from hashlib import sha256


def leaf_hash(entry):
    return sha256(b"\x00" + entry).digest()


def node_hash(left, right):
    return sha256(b"\x01" + left + right).digest()


def root(leaves):
    """The root over leaf hashes (section 2.1)."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    return node_hash(root(leaves[:split]), root(leaves[split:]))


def leads_to(expected, size, index, leaf, path):
    """Whether the path, leaf's sibling first, leads from a leaf at this index to the root of a tree of this size."""
    if index >= size:
        return False
    found, rest = _root_from(leaf, index, size, list(path))
    return found == expected and not rest


def _root_from(leaf, index, size, path):
    """Follows the definition of the path downwards, so the siblings are taken from its end."""
    if size == 1:
        return leaf, path
    if not path:
        return None, []
    split = 1 << ((size - 1).bit_length() - 1)
    sibling = path.pop()
    if index < split:
        below, rest = _root_from(leaf, index, split, path)
        return (below and node_hash(below, sibling)), rest
    below, rest = _root_from(leaf, index - split, size - split, path)
    return (below and node_hash(sibling, below)), rest
