"""From the window to the rating, as officers and applicants see it (window.mjs), what came of it, a matter applied for at
the window (matter.mjs), and the desk when weeks have gone by over a holiday (late.mjs): the service's clock is moved,
nobody else's.

    python3 tests/browser/window.py CACHE

CACHE has `node/node_modules`; pictures go to CACHE/window. Needs chromium; for what is late also cc and seccomp. Standard
library only.
"""

import json
import shutil
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path[:0] = [str(Path(__file__).resolve().parents[1] / room) for room in ("oracles", "faults")]

from looking import look
from service import PROJECT, Service, Tally, home
from under import Shim, built

tally = Tally()
LEAD = "market-regulation"
# From the end of November over New Year's Day, which is no working day.
WEEKS = 42 * 24 * 3600


def verdict(service, licence):
    credential = service.get(f"/v1/licences/{licence}/credential", who=LEAD).body.decode()
    return service.verify(credential)["verdict"]


def late(cache, folder, service, pictures, food, waiting):
    """The same service after weeks: lists, filters, the case and the applicant's page say that it is late."""
    library = built(folder)
    if library is None:
        return
    service.stop()
    shim = Shim(library, folder / "control")
    shim.step_clock(WEEKS)
    service.environment = shim.environment(service.data, service.keys)
    service.flags = ("--clock-gap", "400d")
    service.start()
    due = service.get(f"/v1/cases/{waiting['case']}", who=LEAD).json["due"]["step"]
    days = -due["working_days_left"]
    # Thirty weekdays lie between, and the holiday is none of them.
    tally.check("it is late by working days, not by days", 20 <= days < 30, due)
    # Two that are in time stand behind it.
    for name in ("样例市谷雨面馆", "样例市清明茶室"):
        holder = {**food["holders"][0], "name": name}
        tally.equal(f"{name} applies", service.post("/v1/cases", {**food, "holders": [holder]}, who=LEAD).status, 201)
    look(tally, cache, "late.mjs", {
        "url": service.url, "pictures": pictures, "days": days, "token": service.token(LEAD),
        "waiting": 3, "case": waiting["case"], "number": waiting["number"], "code": waiting["code"],
    })


def matter(cache, folder, service, pictures, food):
    """An application for a matter at the window, by a firm whose business licence proves what is not asked again."""
    holder = {**food["holders"][0], "name": "样例市霜降酒家", "code": "91430111MA4L16JQ9B"}
    claims = {"established": "2020-01-01", "legal_representative": "王样例", "address": "样例市样例路9号"}
    licence = {"type": "business-licence", "holders": [holder], "claims": claims, "valid_from": "2020-01-01"}
    issued = service.post("/v1/licences", licence, who=LEAD).json
    look(tally, cache, "matter.mjs", {
        "url": service.url, "token": service.token(LEAD), "holder": holder, "pictures": pictures,
        "proved": {"value": claims["address"], "licence": issued["handle"]}, "premises": "样例市样例路9号一楼",
        "item": "热食类食品制售", "profile": str(folder / "profiles"),
    })


def main():
    cache = Path(sys.argv[1]).resolve()
    pictures = cache / "window"
    shutil.rmtree(pictures, ignore_errors=True)
    pictures.mkdir(parents=True)
    food = json.loads((PROJECT / "schemas/types/food-operation-licence/1/example.json").read_text("utf-8"))
    for name in ("valid_from", "valid_until"):
        food.pop(name)
    with home() as folder, Service(folder / "authority") as service:
        told = folder / "told.json"
        look(tally, cache, "window.mjs", {
            "url": service.url, "pictures": str(pictures), "food": food, "told": str(told),
            "tokens": {name: service.token(name) for name in ("operator", LEAD, "housing")},
        })
        came = json.loads(told.read_text("utf-8"))
        tally.equal("four licences came of it", len(came["issued"]), 4)
        # The first two were objected to, and others took their place.
        for place, licence in enumerate(came["issued"]):
            expected = "not_valid" if place < 2 else "valid"
            tally.equal("what was issued is valid until it is replaced", verdict(service, licence), expected)
        for licence in came["replaced"]:
            tally.equal("what took its place is valid", verdict(service, licence), "valid")
        tally.equal("two licences were corrected", len(came["replaced"]), 2)
        tally.equal("two promises were false", len(came["rescinded"]), 2)
        for licence in came["rescinded"]:
            tally.equal("what was rescinded is not valid", verdict(service, licence), "not_valid")
        with tally.part("a matter at the window"):
            matter(cache, folder, service, str(pictures), food)
        with tally.part("what is late"):
            late(cache, folder, service, str(pictures), food, came["waiting"])
    tally.end()


if __name__ == "__main__":
    main()
