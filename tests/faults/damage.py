"""Damage to files at rest: flipped bits, zeroed sectors and blocks, lost and misplaced writes, cut tails; in the store's
data, its snapshot and settings, and under --keys.

    python3 tests/faults/damage.py [ROUNDS]

ROUNDS (12): rounds a kind. The authority was stopped, or killed, or started once more, which moves where the store begins to
read. A start may go on only if nothing is lost and replay holds; else it reads only, or is refused, and says why.
"""

import random
import shutil
import sys

from ground import Ground, need, seed
from service import Service, Tally, business, home

SECTOR, BLOCK, SEGMENT = 512, 4096, 512 * 1024
tally = Tally()


def flip(data, older, chance):
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)


def zero(size):
    def change(data, older, chance):
        at = chance.randrange(0, len(data), size)
        data[at : at + size] = bytes(len(data[at : at + size]))
    return change


def lost_write(data, older, chance):
    """A block as it was before its last write."""
    places = [at for at in range(0, min(len(data), len(older)), BLOCK) if data[at : at + BLOCK] != older[at : at + BLOCK]]
    if places:
        at = chance.choice(places)
        data[at : at + BLOCK] = older[at : at + BLOCK]
    else:
        flip(data, older, chance)


def misplaced(data, older, chance):
    """A block written where another belongs."""
    blocks = max(1, len(data) // BLOCK)
    one, two = chance.randrange(blocks) * BLOCK, chance.randrange(blocks) * BLOCK
    data[one : one + BLOCK], data[two : two + BLOCK] = data[two : two + BLOCK], data[one : one + BLOCK]


def torn(data, older, chance):
    """A block of which one half is old."""
    at = chance.randrange(0, len(data), BLOCK)
    data[at : at + SECTOR * chance.randrange(1, 8)] = older[at : at + BLOCK][: SECTOR] or bytes(SECTOR)


def cut(data, older, chance):
    del data[chance.randrange(len(data)) :]


def head_of_segment(data, older, chance):
    """The first bytes of a segment of the store's log."""
    at = chance.randrange(0, len(data), SEGMENT)
    data[at : at + 20] = bytes(len(data[at : at + 20]))


def segment(data, older, chance):
    at = chance.randrange(0, len(data), SEGMENT)
    data[at : at + SEGMENT] = bytes(len(data[at : at + SEGMENT]))


def emptied(data, older, chance):
    del data[:]


DAMAGE = {
    "one bit": flip, "a zeroed sector": zero(SECTOR), "a zeroed block": zero(BLOCK), "a lost write": lost_write,
    "two blocks swapped": misplaced, "a torn block": torn, "a cut tail": cut, "a segment's head": head_of_segment,
    "a zeroed segment": segment, "nothing left": emptied,
}


class Past:
    """An authority as it was left in one of three ways, and its data file as it was before its last writes."""

    def __init__(self, ground, left):
        self.place, self.known = ground.copy(), ground.known.copy()
        self.older = (self.place / "data/db").read_bytes()
        service = Service(self.place)
        with service:
            for n in range(30):
                self.known.issued(service.issue(business(f"后来{n}")))
            service.kill() if left == "killed" else service.stop()
        if left == "started again":
            with service:
                self.known.issued(service.issue(business("再后来")))
                service.stop()


def hit(ground, past, files, change, number):
    """One round: a file of these is changed, then the authority is started."""
    def play(place, known):
        chance = random.Random(number)
        shutil.rmtree(place)
        shutil.copytree(past.place, place, ignore=shutil.ignore_patterns("stderr.log"))
        there = sorted(path for pattern in files for path in place.glob(pattern) if path.is_file() and path.stat().st_size)
        path = chance.choice(there)
        data = bytearray(path.read_bytes())
        older = past.older if path.name == "db" else bytes(len(data))
        change(data, older, chance)
        path.write_bytes(data)
        try:
            return ground.judge(place, past.known.copy())
        except Exception as wrong:
            raise type(wrong)(f"{path.relative_to(place)}, seed {number}: {wrong}") from None
    return play


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 12
    chance = random.Random(seed)
    print(f"seed {seed}")
    with home() as folder:
        ground = Ground(folder, tally, licences=200)
        pasts = {left: Past(ground, left) for left in ("stopped", "killed", "started again")}
        for name, change in DAMAGE.items():
            plays = []
            for n in range(rounds):
                left = list(pasts)[n % 3]
                plays.append((f"{left}, {n}", hit(ground, pasts[left], ["data/db"], change, chance.randrange(1 << 32))))
            ground.all(f"{name}, data", plays)
        for what, files in (("snapshot", ["data/snap.*"]), ("settings", ["data/conf"]),
                            ("keys", ["keys/private/*", "keys/secrets/*"]), ("last-signed", ["keys/last-signed"])):
            plays = []
            for n in range(rounds):
                name = chance.choice(["one bit", "a cut tail", "nothing left", "a zeroed sector"])
                plays.append((f"{name}, {n}", hit(ground, pasts["started again"], files, DAMAGE[name], chance.randrange(1 << 32))))
            ground.all(f"damage, {what}", plays)
        ground.end()
    tally.end()


if __name__ == "__main__":
    main()
