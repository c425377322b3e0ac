"""Rows that settle on failing ground: calls that fail, kills and power cuts while files of rows are written or made anew, named, and rows
leave the store, a full disk, and files that are damaged, gone or another's. Whatever was acknowledged is there, and nothing else is ever told.

    python3 tests/faults/settled.py [ROUNDS]

ROUNDS (6): points tried, spread over the calls; 0 for every point under every fault. Needs cc, seccomp; a full disk needs mount (root).
"""

import http.client
import random
import shutil
import sys

from calls import FAULTS, KILLS, points
from disk import Mounted
from ground import Ground, Known, need, no_panic, seed
from service import Service, Tally, business, home, until
from under import Shim, built

tally = Tally()
# So many licences that nothing settles yet; with the others their sealed payloads do.
BEFORE, MORE = 2_900, 800
# So many more licences that their states settle too, and so many of them change that the file of states is made anew.
SETTLED, CHANGED = 9_000, 1_600
KIB = 1 << 10


def grow(service, known):
    """So many more licences that rows are to settle. Whoever is killed meanwhile has acknowledged none of them."""
    try:
        results = service.batch([business(f"沉淀{n}") for n in range(MORE)], path="/v1/licences/batch")
    except (OSError, http.client.HTTPException):
        return
    for result in results:
        if "issued" in result:
            known.issued(result["issued"])


def files(place):
    folder = place / "data/settled"
    return sorted(folder.iterdir()) if folder.is_dir() else []


def comes_to_rest(service, place, within=40):
    """Files are there, and none is half written."""
    need(until(lambda: any(not file.suffix for file in files(place)), within), f"nothing settled: {files(place)}: {service.said()[-600:]}")


def of_states(place):
    """The files of licences' states, by the family that their first key begins with."""
    return [file for file in files(place) if not file.suffix and file.read_bytes()[5:6] == b"l"]


def settling_stopped(service):
    return b"vidimus_settling_stopped 1" in service.get("/metrics").body


def rests(ground, place, known):
    """On good ground it goes on, and every licence is as it was promised; nothing half written is left."""
    with Service(place) as service:
        comes_to_rest(service, place)
        known.issued(service.issue(business("之后")))
        chance = random.Random(1)
        changed = sorted(handle for handle, standing in known.standing.items() if standing != "valid")
        for handle in chance.sample(sorted(known.standing), 60) + chance.sample(changed, min(60, len(changed))):
            answer = service.get(f"/v1/licences/{handle}", who="market-regulation")
            need(answer.status == 200 and answer.json["standing"] == known.standing[handle], f"{handle}: {answer}")
            credential = service.get(f"/v1/licences/{handle}/credential", who="market-regulation")
            need(credential.status == 200, f"the credential of {handle}: {credential}")
        # What nobody names is swept away when rows settle, a little after the start.
        need(until(lambda: not [file for file in files(place) if file.suffix], 30), f"left: {files(place)}")
        need(service.stop() == 0, "it did not stop")
    return ground.judge(place, known)


def count(ground):
    """How often the files of rows are touched until they rest."""
    place = ground.copy()
    service, shim = Service(place), Shim(ground.library, place / "control")
    service.environment = shim.environment(place / "data/settled", place / "data/settled")

    def play():
        grow(service, ground.known.copy())
        comes_to_rest(service, place)
    return counted(service, shim, play)


def counted(service, shim, play):
    """How many calls are watched while this is played on good ground, which is cleared away after it."""
    with service:
        shim.arm(at=0)
        play()
        shim.disarm()
        need(service.stop() == 0, "it did not stop")
    shutil.rmtree(service.home)
    return shim.count


def failing(ground, at, fault):
    def play(place, known):
        service, shim = Service(place), Shim(ground.library, place / "control")
        service.environment = shim.environment(place / "data/settled", place / "data/settled", keep_names=fault == "power cut")
        with service:
            shim.arm(at=at, **FAULTS[fault])
            grow(service, known)
            if fault in KILLS:
                need(until(lambda: service.process.poll() is not None, 30), "it was not killed")
            else:
                # Rows settle or stay, and nothing else is stopped.
                need(until(lambda: shim.hit is not None, 30), "the call did not come")
                known.issued(service.issue(business("照常")))
                need(service.get("/readyz").status == 200, "not ready for rows that cannot settle")
                if fault in ("I/O errors", "full"):
                    need(until(lambda: "rows do not settle" in service.said(), 30), "not told")
                    need(settling_stopped(service), "not measured")
                shim.disarm()
                comes_to_rest(service, place)
            shim.disarm()
            service.kill()
        no_panic(service.said())
        if fault == "power cut":
            shim.power_cut_of_names(random.Random(at))
        return rests(ground, place, known)
    return play


def killed(ground, number):
    """Somewhere between the first file and the last row that leaves the store, whose own file is not watched call by call."""
    def play(place, known):
        chance = random.Random(seed + number)
        service, shim = Service(place), Shim(ground.library, place / "control")
        service.environment = shim.environment(service.data, place / "keys", keep_old=True)
        with service:
            grow(service, known)
            need(until(lambda: bool(files(place)), 30), "nothing begins to settle")
            shim.arm(at=1 + chance.randrange(24), act="kill")
            until(lambda: service.process.poll() is not None, 5)
            service.kill()
        no_panic(service.said())
        shim.power_cut(place / "data/db", chance)
        return rests(ground, place, known)
    return play


def full(ground, room):
    """The files of rows on a disk of their own, which is full; then there is room."""
    def play(place, known):
        with Mounted(place / "data/settled", "tmpfs", room) as disk:
            if not disk.good:
                print("skipped a full disk: tmpfs cannot be mounted here")
                return "a"
            with Service(place) as service:
                grow(service, known)
                need(until(lambda: "rows do not settle" in service.said(), 30), "not told")
                told = service.get("/v1/operator/condition", who="operator").json["readiness"]["settling"]
                need("settled" in told, f"the condition says: {told}")
                known.issued(service.issue(business("照常")))
                need(not files(place), f"left on a full disk: {files(place)}")
                need(disk.resized(64 << 20), "not resized")
                comes_to_rest(service, place)
                need(until(lambda: not settling_stopped(service), 30), "said to be stopped when it goes on")
                need(service.stop() == 0, "it did not stop")
            need(ground.judge(place, known) == "a", "not all is well with room")
        return "a"
    return play


class Anew:
    """An authority whose licences' states rest; so many of them change that their file is made anew."""

    def __init__(self, ground):
        self.ground, self.known = ground, ground.known.copy()
        self.place = ground.copy()
        with Service(self.place) as service:
            for result in service.batch([business(f"沉淀{n}") for n in range(SETTLED)], path="/v1/licences/batch"):
                self.known.issued(result["issued"])
            need(until(lambda: of_states(self.place), 60), "no states settle")
            need(service.stop() == 0, "it did not stop")
        self.calls = self._count()

    def _copied(self, place):
        shutil.rmtree(place)
        shutil.copytree(self.place, place, ignore=shutil.ignore_patterns("stderr.log"))
        service, shim = Service(place), Shim(self.ground.library, place / "control")
        service.environment = shim.environment(place / "data/settled", place / "data/settled", keep_names=True)
        return service, shim, self.known.copy()

    @staticmethod
    def _change(service, known):
        """Whether all were changed. Which act is not answered may have been entered, or not."""
        for handle in sorted(known.standing)[20:20 + CHANGED]:
            if known.standing[handle] != "valid":
                continue
            del known.standing[handle]
            try:
                known.acted(service.post(f"/v1/licences/{handle}/suspend", {"reason": "检查"}, who="market-regulation").json)
            except (OSError, http.client.HTTPException):
                return False
        return True

    def _count(self):
        place = self.ground.copy()
        service, shim, known = self._copied(place)
        before = of_states(place)

        def play():
            need(self._change(service, known), "not changed")
            need(until(lambda: of_states(place) and not set(before) & set(of_states(place)), 60), f"not made anew: {before}")
        return counted(service, shim, play)

    def cut(self, at, fault):
        def play(place, _known):
            service, shim, known = self._copied(place)
            with service:
                shim.arm(at=at, **FAULTS[fault])
                self._change(service, known)
                need(until(lambda: service.process.poll() is not None, 30), "it was not killed")
                service.kill()
            no_panic(service.said())
            if fault == "power cut":
                shim.power_cut_of_names(random.Random(at))
            return rests(self.ground, place, known)
        return play


def _flipped(data, chance, within):
    at = chance.randrange(*within(len(data)))
    return data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :]


DAMAGE = {
    "one bit of a row": lambda data, other, chance: _flipped(data, chance, lambda length: (0, length // 2)),
    "one bit of the index": lambda data, other, chance: _flipped(data, chance, lambda length: (length - 800, length)),
    "cut": lambda data, other, chance: data[: chance.randrange(len(data))],
    "gone": lambda data, other, chance: None,
    "another's": lambda data, other, chance: other,
}


class Past:
    """An authority whose rows rest, and a file of another one's."""

    def __init__(self, ground):
        self.place, self.known = ground.copy(), ground.known.copy()
        stranger = ground.folder / "stranger"
        for place, times in ((self.place, 1), (stranger, 5)):
            with Service(place) as service:
                for _ in range(times):
                    grow(service, self.known if place == self.place else Known())
                comes_to_rest(service, place)
                need(service.stop() == 0, "it did not stop")
        self.other = files(stranger)[0].read_bytes()


def damaged(ground, past, kind, number):
    def play(place, known):
        shutil.rmtree(place)
        shutil.copytree(past.place, place, ignore=shutil.ignore_patterns("stderr.log"))
        known = past.known.copy()
        file = files(place)[0]
        good = file.read_bytes()
        changed = DAMAGE[kind](good, past.other, random.Random(number))
        file.unlink() if changed is None else file.write_bytes(changed)
        service = Service(place)
        try:
            service.start()
        except RuntimeError:
            ground.refusal(service, 0)
            need("settled" in service.said(), "the refusal names no file")
            outcome = "c"
        else:
            # A row of it is met by whoever asks for it, or by the scrub.
            need(kind == "one bit of a row", "it starts over damage")
            need(until(lambda: service.process.poll() is not None or service.get("/readyz").status == 503, 60), "never found")
            service.kill()
            no_panic(service.said())
            outcome = "b"
        file.write_bytes(good)
        (place / "data/damaged.txt").unlink(missing_ok=True)
        need(ground.judge(place, known) == "a", "not all is well with the file put back")
        return outcome
    return play


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
        number = count(ground)
        tally.check(f"rows settle: {number} calls", number > 5)
        ground.all("rows settle", [(f"{fault} at {at} of {number}", failing(ground, at, fault))
                                   for at, fault in points(number, rounds, chance, tuple(FAULTS))])
        ground.all("killed while rows leave the store", [(f"{n}", killed(ground, n)) for n in range(rounds)])
        anew = Anew(ground)
        tally.check(f"states of licences are made anew: {anew.calls} calls", anew.calls > 5)
        ground.all("a file is made anew", [(f"{fault} at {at} of {anew.calls}", anew.cut(at, fault))
                                           for at, fault in points(anew.calls, rounds, chance, KILLS)])
        ground.all("the disk of settled rows is full", [(f"{room} KiB", full(ground, room * KIB)) for room in (8, 256)])
        past = Past(ground)
        for kind in DAMAGE:
            ground.all(f"a file of settled rows: {kind}", [(f"{n}", damaged(ground, past, kind, n)) for n in range(max(1, rounds // 3))])
        ground.end()
    tally.end()


if __name__ == "__main__":
    main()
