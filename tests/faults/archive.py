"""Full bundles put away on failing ground: calls that fail, kills and power cuts while files are written and rows go, a full disk, files that
are damaged, gone or another's, and data made again from journal and files. Whatever was acknowledged is there, and nothing else is ever told.

    python3 tests/faults/archive.py [ROUNDS]

ROUNDS (6): points tried, spread over the calls; 0 for every point under every fault. Needs cc, seccomp; a full disk needs mount (root).
"""

import gzip
import random
import shutil
import sys

from calls import FAULTS, KILLS, points
from disk import Mounted
from ground import Ground, need, no_panic, seed
from service import Service, Tally, business, home, run, until
from under import Shim, built

tally = Tally()
# So many licences that nothing is put away yet; with the others two bundles are.
BEFORE, MORE, BUNDLES = 2_150, 420, 2
KIB = 1 << 10


def archive_of(service):
    condition = service.get("/v1/operator/condition", who="operator")
    need(condition.status == 200, f"the condition: {condition}")
    return condition.json["readiness"]["archive"]


def grow(service, known):
    """So many more licences that bundles are to be put away."""
    for result in service.batch([business(f"归档{n}") for n in range(MORE)], path="/v1/licences/batch"):
        need("issued" in result, f"a line: {result}")
        known.issued(result["issued"])


def put_away(service, within=30):
    need(until(lambda: archive_of(service)["bundles"] == BUNDLES, within), f"not put away: {archive_of(service)}")
    need("stopped" not in archive_of(service), f"stopped: {archive_of(service)}")


def files(archive):
    return {str(path.relative_to(archive)): path.read_bytes() for path in archive.rglob("*") if path.is_file()}


def whole(archive):
    """Both bundles and their tiles under their names, and nothing else."""
    names = sorted(name for n in range(BUNDLES) for name in (f"tile/0/{n:03}", f"tile/entries/{n:03}.gz"))
    need(sorted(files(archive)) == names, f"{sorted(files(archive))} in {archive}")


def settled(ground, place, known, *flags):
    """On good ground it goes on, comes to its end, and all is well; then the archive is whole."""
    with Service(place, *flags) as service:
        put_away(service)
        known.issued(service.issue(business("之后")))
        need(service.stop() == 0, "it did not stop")
    whole(place / "data/archive")
    return ground.judge(place, known)


def count(ground):
    """How often the archive's files are touched, with the journal's copies or without."""
    counts = []
    for flags in ((), ("--journal", "journal")):
        place = ground.copy()
        service, shim = Service(place, *flags), Shim(ground.library, place / "control")
        service.environment = shim.environment(service.data / "archive", place / "journal/archive")
        with service:
            shim.arm(at=0)
            grow(service, ground.known.copy())
            put_away(service)
            shim.disarm()
            need(service.stop() == 0, "it did not stop")
        whole(place / "data/archive")
        if flags:
            need(files(place / "journal/archive") == files(place / "data/archive"), "the copies are others")
        counts.append(shim.count)
        shutil.rmtree(place)
    return counts


def failing(ground, at, fault, journaled):
    flags = ("--journal", "journal") if journaled else ()

    def play(place, known):
        service, shim = Service(place, *flags), Shim(ground.library, place / "control")
        service.environment = shim.environment(service.data / "archive", place / "journal/archive", keep_names=fault == "power cut")
        with service:
            shim.arm(at=at, **FAULTS[fault])
            grow(service, known)
            if fault in KILLS:
                need(until(lambda: service.process.poll() is not None, 20), "it was not killed")
            else:
                # It stops or comes to its end, and nothing else is stopped.
                need(until(lambda: shim.hit is not None, 20), "the call did not come")
                known.issued(service.issue(business("照常")))
                need(service.get("/readyz").status == 200, "not ready for an archive that cannot be written")
                if fault in ("I/O errors", "full"):
                    need(until(lambda: "stopped" in archive_of(service), 20), f"not told: {archive_of(service)}")
                    shim.disarm()
                put_away(service)
            shim.disarm()
            service.kill()
        no_panic(service.said())
        if fault == "power cut":
            shim.power_cut_of_names(random.Random(at))
        if journaled:
            # Whatever is not in the journal any more is in the files beside it.
            again = place / "again"
            done = run("ledger", "rebuild", place / "journal", "--data", again / "data", "--keys", place / "keys", "--vkey", ground.vkey, "--lang", "en")
            need(done.returncode == 0, f"not made again: {done.stdout} {done.stderr}")
            shutil.copytree(place / "keys", again / "keys")
            need(ground.judge(again, known.copy()) == "a", "not all is well in what was made again")
        return settled(ground, place, known, *flags)
    return play


def full(ground, room):
    """The archive on a disk of its own, which is full; then there is room."""
    def play(place, known):
        with Mounted(place / "data/archive", "tmpfs", room) as disk:
            if not disk.good:
                print("skipped a full disk: tmpfs cannot be mounted here")
                return "a"
            with Service(place) as service:
                grow(service, known)
                need(until(lambda: "stopped" in archive_of(service), 20), f"not told: {archive_of(service)}")
                known.issued(service.issue(business("照常")))
                need("archive" in run("doctor", "--to", service.url, "--token", service.token_file("operator"), "--lang", "en").stdout, "doctor is silent")
                need(run("audit", "replay", "--from", service.url, "--vkey", ground.vkey).returncode == 0, "replay does not hold")
                need(disk.resized(64 << 20), "not resized")
                put_away(service)
                need(service.stop() == 0, "it did not stop")
            whole(place / "data/archive")
            need(ground.judge(place, known) == "a", "not all is well with room")
        return "a"
    return play


DAMAGE = {
    "one bit": lambda data, other, chance: _flipped(data, chance),
    "cut": lambda data, other, chance: data[: chance.randrange(len(data))],
    "gone": lambda data, other, chance: None,
    "another's": lambda data, other, chance: other,
    "another that unpacks": lambda data, other, chance: gzip.compress(gzip.decompress(other)[:-1] + b"}"),
}


def _flipped(data, chance):
    # Not in the head of a gzip file, where a bit of the time or the system says nothing of what is in it.
    at = chance.randrange(10, len(data))
    return data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :]


def damaged(ground, past, kind, number, newest, journaled):
    def play(place, known):
        chance = random.Random(number)
        shutil.rmtree(place)
        shutil.copytree(past.place, place)
        known = past.known.copy()
        archive, copies = place / "data/archive", place / "journal/archive"
        name = f"tile/entries/{1 if newest else 0:03}.gz"
        file, other = archive / name, (archive / f"tile/entries/{0 if newest else 1:03}.gz").read_bytes()
        changed = DAMAGE[kind](file.read_bytes(), other, chance)
        file.unlink() if changed is None else file.write_bytes(changed)
        if journaled:
            # A copy stands in, and the scrub of the start or the next puts the file back.
            need(ground.judge(place, known, flags=("--journal", "journal")) == "a", "not all is well beside a copy")
            with Service(place, "--journal", "journal") as service:
                good = (copies / name).read_bytes()
                need(until(lambda: file.exists() and file.read_bytes() == good, 30), "not put back from the copy")
                need(service.stop() == 0, "it did not stop")
            return "a"
        service = Service(place)
        if newest:
            # The archive may not be mounted: it is not gone on without it.
            try:
                service.start()
            except RuntimeError:
                ground.refusal(service, 0)
            else:
                service.kill()
                need(False, "it starts without its newest bundle")
            need(name in service.said(), "the refusal names no file")
        else:
            with service:
                need(until(lambda: str(file) in archive_of(service).get("lost", []), 30), "not told as lost")
                need(service.get("/readyz").status == 200, "a lost file stops more than itself")
                answer = service.get(f"/ledger/{name.removesuffix('.gz')}")
                need(answer.status == 503, f"a file that is lost is answered: {answer.status}")
                known.issued(service.issue(business("照常")))
                doctor = run("doctor", "--to", service.url, "--token", service.token_file("operator"), "--lang", "en")
                need(doctor.returncode != 0 and str(file) in doctor.stdout, f"doctor does not name it: {doctor.stdout}")
                need(service.stop() == 0, "it did not stop")
            doctor = run("doctor", "--data", place / "data", "--lang", "en")
            need(kind != "gone" or str(file) in doctor.stdout, f"doctor does not miss it: {doctor.stdout}")
        # The cure: a copy of that name, from the journal's archive or, unpacked, from an export.
        if number % 2:
            shutil.copy(copies / name, file)
        else:
            file.unlink(missing_ok=True)
            file.with_suffix("").write_bytes(gzip.decompress((copies / name).read_bytes()))
        need(ground.judge(place, known) == "a", "not all is well with the file put back")
        if not number % 2:
            with Service(place) as service:
                need(until(file.exists, 30), "what was put back unpacked is not packed")
                need(service.stop() == 0, "it did not stop")
        return "c" if newest else "a"
    return play


class Past:
    """An authority with two bundles put away, and with a journal."""

    def __init__(self, ground):
        self.place, self.known = ground.copy(), ground.known.copy()
        with Service(self.place, "--journal", "journal") as service:
            grow(service, self.known)
            put_away(service)
            for path in ("/ledger/tile/entries/000", "/ledger/tile/0/001"):
                answer = service.get(path, Accept_Encoding="identity")
                need(answer.status == 200 and "immutable" in answer.headers["cache-control"], f"{path}: {answer.status}")
            packed = service.get("/ledger/tile/entries/000", Accept_Encoding="gzip")
            need(packed.headers.get("content-encoding") == "gzip", f"not packed: {packed.headers}")
            need(packed.body == (self.place / "data/archive/tile/entries/000.gz").read_bytes(), "not as it lies")
            need(service.stop() == 0, "it did not stop")


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 6
    chance = random.Random(seed)
    print(f"seed {seed}")
    with home() as folder:
        library = built(folder)
        if library is None:
            tally.end()
        ground = Ground(folder, tally, licences=BEFORE)
        ground.library = library
        for journaled, number in enumerate(count(ground)):
            name = "put away beside a journal" if journaled else "put away"
            tally.check(f"{name}: {number} calls", number > 8)
            ground.all(name, [(f"{fault} at {at} of {number}", failing(ground, at, fault, journaled))
                              for at, fault in points(number, rounds, chance, tuple(FAULTS))])
        ground.all("the archive's disk is full", [(f"{room} KiB", full(ground, room * KIB)) for room in (8, 64)])
        past = Past(ground)
        for kind in DAMAGE:
            ground.all(f"an archived file: {kind}", [
                (f"{n}", damaged(ground, past, kind, n, newest=n % 3 == 1, journaled=n % 3 == 2)) for n in range(max(3, rounds // 2))])
        ground.end()
    tally.end()


if __name__ == "__main__":
    main()
