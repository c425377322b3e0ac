"""An export is judged by replay and by an independent script; then one thing at a time is changed in it.

    python3 tests/oracles/tampering.py

Every change must be found: replay ends with 12. Standard library only.
"""

import base64
import json
import random
import shutil
import struct
import subprocess
import sys
from pathlib import Path

sys.dont_write_bytecode = True

from service import Service, Tally, business, home, run

tally = Tally()
CHANCE = random.Random(20261122)
REHASH = Path(__file__).with_name("rehash.py")


def replay(export, *pins):
    return run("audit", "replay", "--from", export, "--json", *pins)


def rehash(export, *vkey):
    return subprocess.run([sys.executable, REHASH, export, *vkey], capture_output=True, text=True)


def flip(path, at=None):
    data = bytearray(path.read_bytes())
    at = CHANCE.randrange(len(data)) if at is None else at
    data[at] ^= 1 << CHANCE.randrange(8)
    path.write_bytes(data)


def bundle(path):
    data, at, found = path.read_bytes(), 0, []
    while at < len(data):
        (length,) = struct.unpack_from(">H", data, at)
        found.append(data[at + 2 : at + 2 + length])
        at += 2 + length
    return found


def write_bundle(path, entries):
    path.write_bytes(b"".join(struct.pack(">H", len(entry)) + entry for entry in entries))


def swap(export):
    path = export / "tile/entries/000"
    entries = bundle(path)
    entries[100], entries[101] = entries[101], entries[100]
    write_bundle(path, entries)


def drop(export):
    path = export / "tile/entries/000"
    entries = bundle(path)
    del entries[100]
    write_bundle(path, entries)


def rebuilt_without_last(export):
    """The last entry dropped and the size lowered: consistent but for the signature."""
    lines = (export / "checkpoint").read_text().split("\n")
    lines[1] = str(int(lines[1]) - 1)
    (export / "checkpoint").write_text("\n".join(lines))


def other_root(export):
    lines = (export / "checkpoint").read_text().split("\n")
    root = bytearray(base64.b64decode(lines[2]))
    root[0] ^= 1
    lines[2] = base64.b64encode(root).decode()
    (export / "checkpoint").write_text("\n".join(lines))


def main():
    with home() as folder, Service(folder / "authority") as service:
        issued = service.batch([business(f"企业{n}") for n in range(300)])
        tally.equal("300 issued", sum("issued" in one for one in issued), 300)
        for one in issued[:5]:
            service.post(f"/v1/licences/{one['issued']['handle']}/end", {"reason": "x", "act": "cancelled"}, who="market-regulation")
        good = folder / "good"
        vkey = folder / "vkey"
        vkey.write_bytes(service.get("/ledger/vkey").body)
        tally.equal("exported", run("ledger", "export", good, "--from", service.url).returncode, 0)
        tally.equal("not into a full directory", run("ledger", "export", good, "--from", service.url).returncode, 1)
        first = replay(good, "--vkey", vkey)
        tally.check("replay of the export holds", first.returncode == 0, first.stdout[-1500:] + first.stderr[-1500:])
        again = rehash(good, vkey)
        tally.check("the independent script agrees", again.returncode == 0, again.stdout + again.stderr)
        by_address = json.loads(run("audit", "replay", "--from", service.url, "--json").stdout.splitlines()[-1])
        by_export = json.loads(first.stdout.splitlines()[-1])
        tally.equal("address and export: the same root", by_export["root"], by_address["root"])
        service.stop()

        files = sorted(path.relative_to(good) for path in good.rglob("*") if path.is_file())
        kinds = {}
        for path in files:
            kinds.setdefault("/".join(path.parts[:2]), []).append(path)
        print("files: " + ", ".join(f"{kind} {len(paths)}" for kind, paths in kinds.items()))
        bad = folder / "bad"

        def tampered(what, change, *, hashes=True):
            shutil.copytree(good, bad)
            change(bad)
            found = replay(bad, "--vkey", vkey)
            tally.check(f"{what}: found", found.returncode == 12, f"exit {found.returncode} {found.stdout[-600:]} {found.stderr[-600:]}")
            if hashes:
                tally.check(f"{what}: found by the script", rehash(bad, vkey).returncode == 1)
            shutil.rmtree(bad)

        for kind, paths in kinds.items():
            tree = not kind.startswith("status")
            for path in CHANCE.sample(paths, min(3, len(paths))):
                tampered(f"one bit of {path}", lambda root, path=path: flip(root / path), hashes=tree)
            if tree:
                path = CHANCE.choice(paths)
                tampered(f"{path} is missing", lambda root, path=path: (root / path).unlink())
                tampered(f"{path} is cut", lambda root, path=path: (root / path).write_bytes((root / path).read_bytes()[:-1]))
                tampered(f"{path} is empty", lambda root, path=path: (root / path).write_bytes(b""))
        for at in (0, 1, 2, -1):
            tampered(f"byte {at} of a bundle", lambda root, at=at: flip(root / "tile/entries/000", at))
        tampered("an entry is dropped", drop)
        tampered("two entries are swapped", swap)
        tampered("the size is one less", rebuilt_without_last)
        tampered("the root is another", other_root)
        tampered("a file nobody knows", lambda root: (root / "readme.txt").write_text("x"), hashes=False)
        tampered("a blob nobody names", lambda root: (root / "blob/sha256" / ("0" * 64)).write_text("x"))
        tampered("nothing is left", lambda root: [shutil.rmtree(root), root.mkdir()], hashes=False)
    tally.end()


if __name__ == "__main__":
    main()
