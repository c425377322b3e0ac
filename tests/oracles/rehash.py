"""Re-hashes an export with none of the project's code: every entry, every tile, the root, every blob.

    python3 tests/oracles/rehash.py EXPORT [VKEY_FILE]

Standard library only. C2SP tlog-tiles and tlog-checkpoint, RFC 6962. With verifier keys the checkpoint's signature is
checked too. Exits with 1 and says what differs.
"""

import base64
import json
import struct
import sys
from hashlib import sha256
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "law0"))

WIDTH = 256


class Differs(ValueError):
    """Where the export contradicts itself."""


def need(condition, why):
    if not condition:
        raise Differs(why)


def tile_name(number, width):
    digits = f"{number % 1000:03d}"
    while number >= 1000:
        number //= 1000
        digits = f"x{number % 1000:03d}/{digits}"
    return digits + (f".p/{width}" if width < WIDTH else "")


def parts(count):
    """(number, width) of the tiles that hold `count` nodes."""
    return [(n, WIDTH) for n in range(count // WIDTH)] + ([(count // WIDTH, count % WIDTH)] if count % WIDTH else [])


def node(left, right):
    return sha256(b"\x01" + left + right).digest()


def root_of(hashes):
    if not hashes:
        return sha256(b"").digest()
    while len(hashes) > 1:
        paired = [node(hashes[i], hashes[i + 1]) for i in range(0, len(hashes) - 1, 2)]
        hashes = paired + ([hashes[-1]] if len(hashes) % 2 else [])
    return hashes[0]


def entries(export, size):
    found = []
    for number, width in parts(size):
        path = export / "tile/entries" / tile_name(number, width)
        need(path.is_file(), f"{path} is missing")
        data, at, here = path.read_bytes(), 0, 0
        while at < len(data):
            need(at + 2 <= len(data), f"{path} breaks off")
            (length,) = struct.unpack_from(">H", data, at)
            need(at + 2 + length <= len(data), f"{path} breaks off")
            found.append(data[at + 2 : at + 2 + length])
            at, here = at + 2 + length, here + 1
        need(here == width, f"{path} has {here} entries, not {width}")
    return found


def check_tiles(export, leaves):
    level, hashes = 0, leaves
    while hashes:
        for number, width in parts(len(hashes)):
            path = export / "tile" / str(level) / tile_name(number, width)
            need(path.is_file(), f"{path} is missing")
            own = b"".join(hashes[number * WIDTH : number * WIDTH + width])
            need(path.read_bytes() == own, f"{path} is not what the entries make")
        hashes = [root_of(hashes[n * WIDTH : (n + 1) * WIDTH]) for n in range(len(hashes) // WIDTH)]
        level += 1


def check_blobs(export, records):
    named = set()

    def walk(value):
        if isinstance(value, dict):
            if isinstance(value.get("sha256"), str) and "size" in value:
                named.add((value["sha256"], value["size"]))
            for inner in value.values():
                walk(inner)
        elif isinstance(value, list):
            for inner in value:
                walk(inner)

    for record in records:
        walk(json.loads(record)["body"])
    for name, size in named:
        path = export / "blob/sha256" / name
        need(path.is_file(), f"{path} is missing")
        data = path.read_bytes()
        need(len(data) == size and sha256(data).hexdigest() == name, f"{path} is not what it is named")
    for path in (export / "blob/sha256").iterdir():
        need(path.name in {name for name, _ in named}, f"{path} is named by no entry")
    return len(named)


def check(export, vkeys=None):
    note = (export / "checkpoint").read_text("utf-8")
    origin, size, root = note.split("\n")[:3]
    need(size.isdecimal() and str(int(size)) == size, "the size is no number")
    if vkeys:
        import note as notes

        refused = []
        for vkey in Path(vkeys).read_text().split():
            try:
                notes.verified_checkpoint(note, vkey)
            except notes.Refused as why:
                refused.append(f"{vkey}: {why}")
            else:
                break
        else:
            raise Differs(f"no key signed the checkpoint: {refused}")
    records = entries(export, int(size))
    leaves = [sha256(b"\x00" + record).digest() for record in records]
    need(root_of(leaves) == base64.b64decode(root, validate=True), "the root is another")
    check_tiles(export, leaves)
    blobs = check_blobs(export, records)
    return f"{origin}: {size} entries, {blobs} blobs, root {root}"


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    try:
        print(check(Path(sys.argv[1]), *sys.argv[2:]))
    except (Differs, ValueError, OSError) as error:
        sys.exit(f"{type(error).__name__}: {error}")
