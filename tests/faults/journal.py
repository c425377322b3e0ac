"""A journal on failing ground, and the store lost: kills between journal and store, disks that fail under either, damage and cut tails,
a rebuild that is killed. Whatever was acknowledged is in what is made again from the journal alone.

    python3 tests/faults/journal.py [ROUNDS]

ROUNDS (6): points tried of each, spread over its calls; 0 for every point under every fault. Needs cc, seccomp.
"""

import random
import shutil
import subprocess
import sys

from calls import FAULTS, KILLS, points
from ground import Ground, need, no_panic, seed
from service import PROGRAM, Service, Tally, business, home, run
from under import Shim, built

tally = Tally()
FAULTS_HERE = [fault for fault in FAULTS if fault != "power cut"]


def journaled(place):
    return Service(place, "--journal", place / "journal")


def rebuilt(ground, place, known, name):
    """The store made again from the journal alone, beside a copy of the keys: everything that was acknowledged is there."""
    again = place / name
    again.mkdir()
    done = run("ledger", "rebuild", place / "journal", "--data", again / "data", "--keys", place / "keys", "--vkey", ground.vkey, "--lang", "en")
    no_panic(done.stderr)
    need(done.returncode == 0, f"not made again: {done.returncode} {done.stdout} {done.stderr}")
    shutil.copytree(place / "keys", again / "keys")
    need(ground.judge(again, known) == "a", "not all is well in what was made again")
    shutil.rmtree(again)


def issuing(service, known):
    for n in range(3):
        answer = service.post("/v1/licences", business(f"日志{n}"), who="market-regulation", Idempotency_Key=f"key-{n}")
        if answer.status != 201:
            return answer
        known.issued(answer.json)
    for result in service.batch([business(f"日志批{n}") for n in range(60)], path="/v1/licences/batch"):
        if "issued" in result:
            known.issued(result["issued"])
    return None


def count(ground):
    place = ground.copy()
    service, shim = journaled(place), Shim(ground.library, place / "control")
    service.environment = shim.environment(service.data, place / "journal")
    with service:
        shim.arm(at=0)
        issuing(service, ground.known.copy())
        shim.disarm()
        need(service.stop() == 0, "it did not stop")
    shutil.rmtree(place)
    return shim.count


def failing(ground, at, fault):
    """Under journal or store, while licences are issued."""
    def play(place, known):
        service, shim = journaled(place), Shim(ground.library, place / "control")
        service.environment = shim.environment(service.data, place / "journal")
        with service:
            shim.arm(at=at, **FAULTS[fault])
            refused = None
            try:
                refused = issuing(service, known)
            except Exception as broken:
                need(fault in KILLS, f"the connection broke: {broken!r}")
            if refused is not None:
                need(refused.status == 503 and refused.problem == "not-ready", f"issuing over a failed disk: {refused}")
            shim.disarm()
            service.kill()
        no_panic(service.said())
        rebuilt(ground, place, known, "at-once")
        # Brought together on good ground, and once more.
        after = journaled(place)
        with after:
            known.issued(after.issue(business("之后")))
            need(after.stop() == 0, "it did not stop")
        rebuilt(ground, place, known, "later")
        need(ground.judge(place, known) == "a", "not all is well in what was there")
        return "a" if refused is None else "b"
    return play


def damaged(ground, chance):
    """A journal that is damaged somewhere: what is made again reaches as far as was signed, or is refused."""
    at, cut = chance.random(), chance.random() < 0.5

    def play(place, known):
        with journaled(place) as service:
            issuing(service, known)
            need(service.stop() == 0, "it did not stop")
        file = next((place / "journal").glob("*.journal"))
        data = bytearray(file.read_bytes())
        where = int(at * len(data))
        if cut:
            del data[where:]
        else:
            data[where] ^= 1 << (where % 8)
        file.write_bytes(data)
        done = run("ledger", "rebuild", place / "journal", "--data", place / "again", "--keys", place / "keys", "--lang", "en")
        no_panic(done.stderr)
        need(done.returncode in (0, 1), f"{done.returncode} {done.stdout} {done.stderr}")
        if done.returncode == 1:
            need(not (place / "again").exists(), "refused, and there all the same")
            need(any(cure in done.stderr for cure in ("restore a backup", "give ", "is no journal")), f"no cure: {done.stderr}")
        else:
            (place / "kept").mkdir()
            (place / "again").rename(place / "kept/data")
            shutil.copytree(place / "keys", place / "kept/keys")
            need(ground.judge(place / "kept", known) == "a", "made again from a damaged journal, and not whole")
        # The service itself lacks nothing: it begins a new file.
        with journaled(place) as service:
            known.issued(service.issue(business("之后")))
            need(service.stop() == 0, "it did not stop")
        rebuilt(ground, place, known, "later")
        return "c" if done.returncode else "a"
    return play


def rebuild_broken_off(ground, at, fault):
    def play(place, known):
        with journaled(place) as service:
            issuing(service, known)
            need(service.stop() == 0, "it did not stop")
        done, shim = rebuild_under(ground, place, at, fault)
        if shim.hit is not None and done.returncode == 0:
            need(fault not in KILLS, "killed, and done all the same")
        if done.returncode and fault not in KILLS:
            need(done.returncode == 1 and "error: " in done.stderr, f"{done.returncode} {done.stderr}")
        if (place / "target/data").exists():
            # What has its final name is whole, also where the command could not say so any more.
            shutil.copytree(place / "keys", place / "target/keys")
            need(ground.judge(place / "target", known) == "a", f"{shim.hit}: not whole under its name")
        rebuilt(ground, place, known, "again")
        return "a" if done.returncode == 0 else "c"
    return play


def rebuild_under(ground, place, at, fault):
    target, shim = place / "target", Shim(ground.library, place / "control")
    target.mkdir()
    environment = shim.environment(target, target)
    shim.arm(at=at, **(FAULTS[fault] if fault else {}))
    done = subprocess.run(
        [PROGRAM, "ledger", "rebuild", place / "journal", "--data", target / "data", "--keys", place / "keys", "--lang", "en"],
        capture_output=True, text=True, timeout=120, env={**environment, "LC_ALL": "C.UTF-8"})
    no_panic(done.stderr)
    return done, shim


def count_rebuild(ground):
    place = ground.copy()
    with journaled(place) as service:
        issuing(service, ground.known.copy())
        need(service.stop() == 0, "it did not stop")
    done, shim = rebuild_under(ground, place, 0, None)
    need(done.returncode == 0, done.stderr)
    shutil.rmtree(place)
    return shim.count


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 6
    chance = random.Random(seed)
    print(f"seed {seed}")
    with home() as folder:
        library = built(folder)
        if library is None:
            tally.end()
        ground = Ground(folder, tally)
        ground.library = library
        for name, number, play in (
            ("a journal under failing calls", count(ground), failing),
            ("a rebuild under failing calls", count_rebuild(ground), rebuild_broken_off),
        ):
            tally.check(f"{name}: {number} calls", number > 2)
            ground.all(name, [(f"{fault} at {at} of {number}", play(ground, at, fault))
                              for at, fault in points(number, rounds, chance, FAULTS_HERE)])
        ground.all("a damaged journal", [(f"round {n}", damaged(ground, chance)) for n in range(max(rounds, 2))])
        ground.end()
    tally.end()


if __name__ == "__main__":
    main()
