"""Law 0 as a small model of its own: judges the next entry of a ledger, and keeps what the ledger has come to."""

import tree
from judgement import Judgement
from preimages import Broken, demand, read, subject


class Ledger:
    def __init__(self, blobs):
        self.blobs, self.leaves, self.time = blobs, [], None
        self.origin = self.authority = self.counted = self.stated = None
        self.departments, self.keys, self.types, self.powers = {}, {}, {}, {}
        self.officers, self.processes, self.calendars, self.cases = {}, {}, {}, {}
        self.supervision, self.cards, self.contents = [], {}, []
        self.licences, self.statuses, self.last = {}, {}, {}

    def judge(self, given):
        """Takes the entry in and returns `accepted`, or leaves everything as it is and returns why not."""
        try:
            demand(self.authority is None or self.authority["law"] == 0, "unknown-law")
            entry = read(given)
            change = Judgement(self, entry).deed()
        except Broken as broken:
            return str(broken)
        self.leaves.append(tree.leaf_hash(given))
        self.time = entry["time"]
        for family, member in (("licence", "replaces"), ("case", "case")):
            of = entry["body"].get(member)
            if isinstance(of, dict):
                self.last[family, of["handle"]] = self.leaves[-1].hex()
        self.last[subject(entry["kind"], entry["body"])] = self.leaves[-1].hex()
        change()
        return "accepted"

    def held(self, table, name):
        """What is in force under a name, or None."""
        record = table.get(name)
        return record if record and "until" not in record else None

    def keys_of(self, owner, purpose):
        """Newest last."""
        found = [(key["since"], id) for id, key in self.keys.items() if (key["owner"], key["purpose"]) == (owner, purpose)]
        return [id for _, id in sorted(found) if self.held(self.keys, id)]

    def summary(self):
        """What tests/law_vectors/summary.rs writes."""
        span = lambda record: {name: record[name] for name in ("since", "until") if name in record}
        licence = lambda handle, held: {
            "entries": [list(event) for event in held["entries"]], "erased": held["erased"],
            "last": self.last["licence", handle],
            "places": [{"index": index, "list": number} for number, index in held["places"]],
        } | {name: held[name] for name in ("replaces", "replaced_by") if name in held}
        case = lambda name, held: {
            "last": self.last["case", name], "stage": held["stage"], "steps": [list(step) for step in held["steps"]],
        }
        card = lambda number, held: {
            "at": held["at"], "last": self.last["card", number], "steps": [list(step) for step in held["steps"]],
        } | ({"stops": held["stops"]} if held["stops"] and held["steps"][-1][1] != "released" else {})
        joined = {
            "cards": {str(number): card(number, held) for number, held in self.cards.items()},
            "contents": [[held["at"], held["index"]] for held in self.contents],
            "supervision": self.supervision,
            "calendars": {str(year): held for year, held in self.calendars.items()},
            "cases": {name: case(name, held) for name, held in self.cases.items()},
            "officers": {name: [span(one) for one in held] for name, held in self.officers.items()},
            "processes": {f"{slug} {version}": span(held) for (slug, version), held in self.processes.items()},
        }
        return {
            "authority": self.authority,
            "departments": {code: span(held) for code, held in self.departments.items()},
            "keys": {id: span(held) | {"owner": held["owner"], "purpose": held["purpose"]} for id, held in self.keys.items()},
            "licences": {handle: licence(handle, held) for handle, held in self.licences.items()},
            "powers": {power: span(held) for power, held in self.powers.items()},
            "size": len(self.leaves),
            "statuses": [[*place, value] for place, value in sorted(self.statuses.items())],
            "time": self.time,
            "types": {slug: [span(held) for held in versions] for slug, versions in self.types.items()},
        } | ({"counted_until": self.counted} if self.counted else {}) | (
            {"state_anchored": self.stated} if self.stated else {}
        ) | {name: of for name, of in joined.items() if of}
