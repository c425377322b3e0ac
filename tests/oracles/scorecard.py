"""The scorecard measured again from the bytes of entries alone, by other code: what is counted over a range of them. Used by findings.py.

Standard library only.
"""

import json


class Case:
    """What became of one case so far."""

    def __init__(self, filed):
        self.filed, self.asked, self.delivered, self.rated = filed, 0, None, None


def measured(entries, start, end):
    """The figures of the indicators that need no calendar, as a document has them."""
    sums, cases, matters = {}, {}, set()

    def add(name, part, whole=1):
        before = sums.get(name, (0, 0))
        sums[name] = (before[0] + int(part), before[1] + int(whole))

    for index, entry in enumerate(json.loads(entry) for entry in entries[:end]):
        kind, body, within = entry["kind"], entry["body"], index >= start
        if kind == "case.filed":
            cases[body["case"]] = Case(body)
            matter = body.get("matter")
            again = matter in matters
            matters |= {matter} - {None}
            if within and "corrects" not in body:
                add("on-promise", body["promise"])
                add("in-matters", matter is not None)
                add("visits-saved", again)
            continue
        if within and kind == "licence.issued":
            add("through-cases", "case" in body)
        if within and kind == "refusals.counted":
            add("papers-saved", sum(row["count"] for row in body["counts"] if row["reason"] == "already-proved"))
        if not kind.startswith("case."):
            continue
        case = cases[body["case"]]
        if kind == "case.asked":
            case.asked += 1
        elif kind == "case.delivered":
            case.delivered = index
            if within:
                if "corrects" not in case.filed:
                    add("at-most-once", case.asked == 0)
                    add("told-at-once", case.asked == 1, case.asked > 0)
                add("rated", 0)
        elif kind == "case.rated":
            case.rated = index
            if within:
                add("rated", case.delivered >= start, 0)
                add("satisfied", body["level"] >= 3)
                add("rating", body["level"])
                add("rectified", 0, body["level"] <= 2)
        elif kind == "case.rectified" and within:
            add("rectified", case.rated >= start, 0)
        elif kind == "case.checked" and within:
            add("promises-kept", body["truth"] == "kept")
        elif kind == "case.decided" and within and "corrects" in case.filed:
            add("objections-dismissed", not body.get("upheld", False))
    return {name: figure(name, *sums.get(name, (0, 0))) for name in NAMES}


COUNTS = {"papers-saved", "visits-saved"}
MEANS = {"rating"}
NAMES = COUNTS | MEANS | {
    "at-most-once", "in-matters", "objections-dismissed", "on-promise", "promises-kept", "rated", "rectified", "satisfied",
    "through-cases", "told-at-once",
}


def figure(name, part, whole):
    if not whole:
        return "no-data"
    if name in COUNTS:
        return {"count": part}
    return {"mean": {"number": whole, "sum": part}} if name in MEANS else {"share": {"part": part, "whole": whole}}


def judge(tally, entries, found):
    """Every indicator that is measured here is what the document says."""
    start, end = found["range"]["from"], found["range"]["until"]
    told = {row["indicator"]: row["figure"] for row in found["scorecard"]["indicators"]}
    again = measured(entries, start, end)
    tally.equal(f"the scorecard of {start}..{end}, measured again", {name: told.get(name) for name in again}, again)
    tally.check("every indicator stands in a group", all(row["group"] and row["category"] and row["domain"] for row in found["scorecard"]["indicators"]), told)
    return told
