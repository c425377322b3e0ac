"""System calls that fail, and kills between each two of them: while a licence is issued, an act entered, a key rotated, a
department added, a backup made and restored, and while the service starts, founds and stops.

    python3 tests/faults/calls.py [ROUNDS]

ROUNDS (6): points tried of each action, spread over its calls; 0 for every point under every fault. Each is one of: a
kill before a call, a kill after half of a write, an I/O error, a full disk after half of a write, an I/O error at every
call from there on, and a power cut, which takes what was not synced. Needs cc, seccomp; the seed is VIDIMUS_SEED (printed).
"""

import errno
import random
import shutil
import sys
from urllib.parse import urlsplit

from ground import Ground, need, seed
from service import Service, Tally, business, home, until
from under import Shim, built

tally = Tally()
FAULTS = {
    "kill": {"act": "kill"},
    "torn": {"act": "torn"},
    "power cut": {"act": "kill"},
    "I/O error": {"act": "fail", "error": errno.EIO},
    "I/O errors": {"act": "fail", "error": errno.EIO, "for_good": True},
    "full": {"act": "short", "error": errno.ENOSPC, "for_good": True},
}
KILLS = ("kill", "torn", "power cut")


def issue(service, known):
    answer = service.post("/v1/licences", business("新企业"), who="market-regulation", Idempotency_Key="one")
    if answer.status == 201:
        known.issued(answer.json)
    return answer


def act(service, known):
    handle = list(known.standing)[5]
    # Until it is answered it may have been entered, or not.
    before = known.standing.pop(handle), known.credentials.pop(handle)
    answer = service.post(f"/v1/licences/{handle}/suspend", {"reason": "检查"}, who="market-regulation")
    if answer.status == 200:
        known.credentials[handle] = before[1]
        known.acted(answer.json)
    return answer


def batch(service, known):
    for result in service.batch([business(f"批量{n}") for n in range(60)], path="/v1/licences/batch"):
        if "issued" in result:
            known.issued(result["issued"])
        else:
            need(result["problem"]["type"].endswith(("/not-ready", "/in-flight")), f"a line: {result}")


def rotate(service, known):
    return service.post("/v1/operator/ceremonies", {"rotate": {"purpose": "status"}}, who="operator")


def pickup(service, known):
    return service.post(f"/v1/licences/{list(known.standing)[7]}/pickup", {}, who="market-regulation")


def publication(service, known):
    """An act, and the status list that is published after it."""
    path = urlsplit(service.get("/status").json["status_lists"][0]).path
    before = service.get(path).body
    answer = act(service, known)
    if answer.status == 200:
        until(lambda: service.get(path).body != before, 3)
    return answer


ACTIONS = {"issuing": issue, "an act": act, "a publication": publication, "a batch": batch, "a rotation": rotate,
           "a pickup": pickup}


def running(ground, library, action, at, fault):
    """A fault while a service does one thing."""
    def play(place, known):
        shim = Shim(library, place / "control")
        service = Service(place)
        service.environment = shim.environment(service.data, service.keys, keep_old=fault == "power cut")
        service.start()
        try:
            return after(ground, service, known, shim, action, at, fault)
        finally:
            service.__exit__()
    return play


def after(ground, service, known, shim, action, at, fault):
    shim.arm(at=at, **FAULTS[fault])
    try:
        answer = action(service, known)
    except (OSError, EOFError, ValueError) as broken:
        need(fault in KILLS, f"the connection broke: {broken!r}")
        answer = None
    except Exception as broken:
        if fault not in KILLS:
            raise
        answer = None
    if fault in KILLS:
        if shim.hit is None:
            service.kill()
        service.process.wait(30)
        if fault == "power cut":
            shim.power_cut(service.data / "db", random.Random(at))
        return ground.judge(service.home, known)
    if answer is not None:
        need(answer.status in (200, 201, 202, 503), f"{shim.hit}: {answer}")
    again = service.post("/v1/licences", business("另一企业"), who="market-regulation")
    ready = service.get("/readyz").status
    need((again.status, ready) in ((201, 200), (503, 503)), f"{shim.hit}: {again}, and then /readyz {ready}")
    if again.status == 201:
        known.issued(again.json)
    else:
        need(again.problem == "not-ready", again)
        ground.reads_only(service, service.get("/v1/operator/condition", who="operator").json["readiness"])
    # sled cannot read a page that it was about to split when the write failed.
    ground.reads(service, known, damaged=again.status == 503)
    shim.disarm()
    need(service.stop() == 0, "it did not stop")
    outcome = ground.judge(service.home, known)
    need(outcome == "a", f"after the ground was mended: {outcome}")
    return "a" if again.status == 201 else "b"


def starting(ground, library, founding, at, fault):
    """A fault while a service starts, or founds and starts."""
    def play(place, known):
        if founding:
            shutil.rmtree(place / "data"), shutil.rmtree(place / "keys")
            known.entries.clear(), known.standing.clear(), known.credentials.clear()
        shim = Shim(library, place / "control")
        service = Service(place)
        service.environment = shim.environment(service.data, service.keys, keep_old=fault == "power cut")
        shim.arm(at=at, **FAULTS[fault])
        outcome = None
        try:
            service.start()
        except RuntimeError:
            if fault not in KILLS:
                outcome = ground.refusal(service, 0)
        try:
            if outcome is None and service.process.poll() is None and fault not in KILLS:
                answer = service.post("/v1/licences", business("新企业"), who="market-regulation")
                need(answer.status in (201, 503), f"{shim.hit}: {answer}")
                outcome = "a" if answer.status == 201 else "b"
                if answer.status == 201:
                    known.issued(answer.json)
                shim.disarm()
                need(service.stop() == 0, "it did not stop")
        finally:
            service.__exit__()
        if fault == "power cut":
            shim.power_cut(service.data / "db", random.Random(at))
        judged = ground.judge_founded(place, known) if founding else ground.judge(place, known)
        need(judged == "a", f"{shim.hit}: a start on good ground afterwards: {judged} {service.said()[-1500:]}")
        return outcome or judged
    return play


def counted(ground, library, play):
    """How many calls an action makes: it is done once without a fault."""
    place, known = ground.copy(), ground.known.copy()
    shim = Shim(library, place / "control")
    count = play(place, known, shim)
    shutil.rmtree(place)
    return count


def count_running(action):
    def play(place, known, shim):
        service = Service(place)
        service.environment = shim.environment(service.data, service.keys)
        with service:
            shim.arm()
            action(service, known)
            return shim.count
    return play


def count_starting(founding):
    def play(place, known, shim):
        if founding:
            shutil.rmtree(place / "data"), shutil.rmtree(place / "keys")
        service = Service(place)
        service.environment = shim.environment(service.data, service.keys)
        shim.arm()
        with service:
            return shim.count
    return play


def points(count, rounds, chance, faults=tuple(FAULTS)):
    """Which call fails how: spread over all of them, or every one under every fault."""
    if rounds == 0:
        return [(at, fault) for at in range(1, count + 1) for fault in faults]
    faults = list(faults) * (rounds // len(faults) + 1)
    chance.shuffle(faults)
    return [(1 + int((n + chance.random()) * count / rounds), faults[n]) for n in range(rounds)]


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 6
    chance = random.Random(seed)
    print(f"seed {seed}")
    with home() as folder:
        library = built(folder)
        if library is None:
            tally.end()
        ground = Ground(folder, tally)
        for name, action in ACTIONS.items():
            with tally.part(name):
                count = counted(ground, library, count_running(action))
                tally.check(f"{name}: {count} calls", count > 2)
                ground.all(f"calls while {name}", [
                    (f"{fault} at {at} of {count}", running(ground, library, action, at, fault))
                    for at, fault in points(count, rounds, chance)])
        for name, founding in (("starting", False), ("founding", True)):
            with tally.part(name):
                count = counted(ground, library, count_starting(founding))
                tally.check(f"{name}: {count} calls", count > 2)
                ground.all(f"calls while {name}", [
                    (f"{fault} at {at} of {count}", starting(ground, library, founding, at, fault))
                    for at, fault in points(count, rounds, chance)])
        ground.end()
    tally.end()


if __name__ == "__main__":
    main()
