"""A journal on failing ground, and the store lost: kills between journal and store, power cuts, disks that fail under either, damage and
cut tails, a rebuild that is killed. Whatever was acknowledged is in what is made again from the journal alone, and in the store alone.

    python3 tests/faults/journal.py [ROUNDS]

ROUNDS (6): points tried of each, spread over its calls; 0 for every point under every fault. Needs cc, seccomp.
"""

import collections
import random
import shutil
import subprocess
import sys

from calls import FAULTS, KILLS, points
from ground import Ground, need, no_panic, seed
from service import PROGRAM, Service, Tally, business, home, run
from under import Shim, built

tally = Tally()
REBUILD_FAULTS = [fault for fault in FAULTS if fault != "power cut"]
NEWEST = "00000001.journal"
taken = collections.Counter()


def journaled(place):
    return Service(place, "--journal", place / "journal")


def made_again(ground, place, name):
    """The store made again from the journal alone, beside a copy of the keys."""
    again = place / name
    again.mkdir()
    done = run("ledger", "rebuild", place / "journal", "--data", again / "data", "--keys", place / "keys", "--vkey", ground.vkey, "--lang", "en")
    no_panic(done.stderr)
    need(done.returncode == 0, f"not made again: {done.returncode} {done.stdout} {done.stderr}")
    shutil.copytree(place / "keys", again / "keys")
    return again


def rebuilt(ground, place, known, name, same=False):
    """Everything that was acknowledged is in what is made again; of a service that was stopped, row for row what it had."""
    again = made_again(ground, place, name)
    if same:
        need(rows_beside(again, place / "data") == rows_beside(again, again / "data"), "the rows beside the ledger are others")
    need(ground.judge(again, known) == "a", "not all is well in what was made again")
    shutil.rmtree(again)


def rows_beside(folder, data):
    """The rows beside the ledger of a data directory at rest."""
    backup = folder / "backup"
    done = run("backup", backup, "--data", data, "--lang", "en")
    need(done.returncode == 0, f"no backup: {done.stderr}")
    rows = (backup / "beside.rows").read_bytes()
    need(len(rows) > 1000, f"no rows: {len(rows)}")
    shutil.rmtree(backup)
    return rows


def store_alone(ground, place, known):
    """A copy of the data without the journal: everything that was acknowledged is there too."""
    alone = place / "alone"
    alone.mkdir()
    for name in ("data", "keys"):
        shutil.copytree(place / name, alone / name)
    need(ground.judge(alone, known) == "a", "not all is well in the store alone")
    shutil.rmtree(alone)


def issuing(service, known):
    """Licences, one by one and in a batch; the refusals."""
    refused = []
    for n in range(3):
        answer = service.post("/v1/licences", business(f"日志{n}"), who="market-regulation", Idempotency_Key=f"key-{n}")
        if answer.status == 201:
            known.issued(answer.json)
        else:
            need(answer.status == 503, f"issuing over a failed disk: {answer}")
            refused.append(answer.problem)
    for result in service.batch([business(f"日志批{n}") for n in range(60)], path="/v1/licences/batch"):
        if "issued" in result:
            known.issued(result["issued"])
        else:
            refused.append(result["problem"]["type"].rsplit("/problems/", 1)[-1])
    return refused


def count(ground):
    place = ground.copy()
    service, shim = journaled(place), Shim(ground.library, place / "control")
    service.environment = shim.environment(service.data, place / "journal")
    with service:
        shim.arm(at=0)
        need(not issuing(service, ground.known.copy()), "refused on good ground")
        shim.disarm()
        need(service.stop() == 0, "it did not stop")
    shutil.rmtree(place)
    return shim.count


def failing(ground, at, fault, cut=("db", "journal")):
    """Under journal or store, while licences are issued. A power cut takes what was not synced of both, or where they are on two
    machines' disks, of one."""
    def play(place, known):
        service, shim = journaled(place), Shim(ground.library, place / "control")
        newest = place / "journal" / NEWEST
        service.environment = shim.environment(service.data, place / "journal", keep_old=fault == "power cut", journal=newest)
        refused = []
        with service:
            shim.arm(at=at, **FAULTS[fault])
            try:
                refused = issuing(service, known)
            except Exception as broken:
                need(fault in KILLS, f"the connection broke: {broken!r}")
            need(set(refused) <= {"not-ready", "in-flight"}, f"refused: {set(refused)}")
            shim.disarm()
            service.kill()
        no_panic(service.said())
        if fault == "power cut":
            chance = random.Random(at)
            if "db" in cut:
                taken["sectors of stores"] += shim.power_cut(service.data / "db", chance)
            if "journal" in cut:
                taken["sectors of journals"] += shim.power_cut_of_journal(newest, chance)
        rebuilt(ground, place, known, "at-once")
        store_alone(ground, place, known)
        # Brought together on good ground, and once more.
        after = journaled(place)
        with after:
            known.issued(after.issue(business("之后")))
            need(after.stop() == 0, "it did not stop")
        rebuilt(ground, place, known, "later", same=True)
        need(ground.judge(place, known) == "a", "not all is well in what was there")
        return "b" if refused else "a"
    return play


def cut_off(ground, at):
    """Power cuts alone, of one disk or of both."""
    return failing(ground, at, "power cut", [("db",), ("journal",), ("db", "journal")][at % 3])


def damaged(ground, chance, at_the_end):
    """A journal that is damaged somewhere, or in its last record: what is made again reaches as far as was signed, or is refused."""
    at, cut = chance.random(), chance.random() < 0.5

    def play(place, known):
        with journaled(place) as service:
            need(not issuing(service, known), "refused on good ground")
            need(service.stop() == 0, "it did not stop")
        file = next((place / "journal").glob("*.journal"))
        data = bytearray(file.read_bytes())
        where = len(data) - 1 - int(at * 60) if at_the_end else int(at * len(data))
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
            # With the damaged journal it goes on; what could not be read of it is kept.
            kept = place / "kept"
            kept.mkdir()
            (place / "again").rename(kept / "data")
            shutil.copytree(place / "keys", kept / "keys")
            shutil.copytree(place / "journal", kept / "journal")
            with journaled(kept) as service:
                known_there = known.copy()
                known_there.issued(service.issue(business("接着")))
                need(service.stop() == 0, "it did not stop")
            lying = b"".join(file.read_bytes() for file in sorted((kept / "journal").glob("*.aside")))
            need(bytes(data).endswith(lying), "what could not be read is not kept")
            rebuilt(ground, kept, known_there, "once-more", same=True)
            need(ground.judge(kept, known_there) == "a", "made again from a damaged journal, and not whole")
        # The service itself lacks nothing: it begins a new file, and keeps this one.
        with journaled(place) as service:
            known.issued(service.issue(business("之后")))
            need(service.stop() == 0, "it did not stop")
        aside = [file.read_bytes() for file in (place / "journal").glob("*.aside")]
        need(bytes(data) in aside, "the damaged journal is not kept")
        rebuilt(ground, place, known, "later", same=True)
        return "c" if done.returncode else "a"
    return play


def rebuild_broken_off(ground, at, fault):
    def play(place, known):
        with journaled(place) as service:
            need(not issuing(service, known), "refused on good ground")
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
        need(not issuing(service, ground.known.copy()), "refused on good ground")
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
        for name, number, play, faults in (
            ("a journal under failing calls", count(ground), failing, tuple(FAULTS)),
            ("a rebuild under failing calls", count_rebuild(ground), rebuild_broken_off, REBUILD_FAULTS),
        ):
            tally.check(f"{name}: {number} calls", number > 2)
            ground.all(name, [(f"{fault} at {at} of {number}", play(ground, at, fault))
                              for at, fault in points(number, rounds, chance, faults)])
            if play is failing:
                ground.all("power cuts of journal and store", [
                    (f"at {at} of {number}", cut_off(ground, at)) for at, _ in points(number, rounds, chance, ("power cut",))])
        ground.all("a damaged journal", [(f"round {n}", damaged(ground, chance, n % 2 == 1)) for n in range(max(rounds, 2))])
        tally.check("one that lacks its last record alone is enough", ground.rounds["a damaged journal"]["a"] > 0)
        print("power cuts took " + ", ".join(f"{count} {what}" for what, count in sorted(taken.items())))
        ground.end()
    tally.end()


if __name__ == "__main__":
    main()
