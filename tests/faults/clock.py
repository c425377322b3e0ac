"""Steps of the wall clock, while the service runs and across its starts (law 0, section 7): what is small is absorbed, what
is not ends writing or is refused, and entry times never decrease.

    python3 tests/faults/clock.py

The clock is moved for the one process, by the shim.
"""

import sys

from ground import Ground, need
from service import Service, Tally, business, home
from under import Shim, built

tally = Tally()
HOUR, DAY = 3600, 86_400
YEAR = 300 * DAY  # nearly: tokens last for one
ABSORBED = (0.5, 1.5, -0.5, -1.5)
STOPPED = (3, -3, HOUR, -HOUR, YEAR, -YEAR)


def stepped(ground, library, seconds):
    """While it runs."""
    def play(place, known):
        shim = Shim(library, place / "control")
        service = Service(place)
        service.environment = shim.environment(service.data, service.keys)
        with service:
            known.issued(service.issue(business("之前")))
            shim.step_clock(seconds)
            answer = service.post("/v1/licences", business("之后"), who="market-regulation")
            if abs(seconds) <= 2:
                need(answer.status == 201, f"a step of {seconds} s is not absorbed: {answer}")
                known.issued(answer.json)
                need(service.get("/readyz").status == 200, "not ready")
                outcome = "a"
            else:
                need(answer.status == 503 and answer.problem == "not-ready", f"a step of {seconds} s: {answer}")
                ready = service.get("/readyz")
                need(ready.status == 503 and ready.json["clock"] == "not believed", ready)
                said = service.get("/v1/operator/condition", who="operator").json["readiness"]["clock"]
                need("set it and start again" in said, said)
                ground.reads(service, known, damaged=True)
                shim.step_clock(0)
                ground.reads_only(service, service.get("/v1/operator/condition", who="operator").json["readiness"])
                outcome = "b"
            need(service.stop() == 0, "it did not stop")
        need(ground.judge(place, known) == "a", "not all is well under the right clock")
        return outcome
    return play


def started(ground, library, seconds, expected, *flags):
    """Across a start: the clock of the next process is off by so much."""
    def play(place, known):
        shim = Shim(library, place / "control")
        service = Service(place, *flags)
        with service:
            known.issued(service.issue(business("之前")))
            need(service.stop() == 0, "it did not stop")
        service.environment = shim.environment(service.data, service.keys)
        shim.step_clock(seconds)
        before = len(service.said())
        try:
            service.start()
        except RuntimeError:
            ground.refusal(service, before)
            outcome = "c"
        else:
            answer = service.post("/v1/licences", business("之后"), who="market-regulation")
            need(answer.status == 201, answer)
            known.issued(answer.json)
            need(service.stop() == 0, "it did not stop")
            outcome = "a"
        finally:
            service.__exit__()
        need(outcome == expected, f"{outcome}, not {expected}: {service.said()[before:]}")
        if outcome == "a" and seconds > 2:
            # Now the right clock is behind the ledger: that is refused until it has caught up.
            need(ground.judge(place, known) == "c", "entered in the future, and the present is taken")
        else:
            need(ground.judge(place, known) == "a", "not all is well under the right clock")
        return outcome
    return play


def main():
    with home() as folder:
        library = built(folder)
        if library is None:
            tally.end()
        ground = Ground(folder, tally)
        ground.all("clock steps, running", [(f"{seconds} s", stepped(ground, library, seconds)) for seconds in ABSORBED + STOPPED])
        starts = [(-1, "a"), (1, "a"), (-5, "c"), (-HOUR, "c"), (-YEAR, "c"), (HOUR, "a"), (29 * DAY, "a"), (31 * DAY, "c"), (YEAR, "c")]
        plays = [(f"{seconds} s", started(ground, library, seconds, expected)) for seconds, expected in starts]
        plays.append(("a year, believed", started(ground, library, YEAR, "a", "--clock-gap", "400d")))
        ground.all("clock steps, across a start", plays)
        ground.end()
    tally.end()


if __name__ == "__main__":
    main()
