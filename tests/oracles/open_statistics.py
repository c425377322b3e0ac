"""Open statistics judged from outside: every count that is told is counted again from the bytes of entries, every table of CSV is what
the document says, and an attacker who sees all of it computes no count that was withheld. The same attacker is tried on tables that withhold
badly, which he has to break.

    python3 tests/oracles/open_statistics.py

Standard library only.
"""

import csv
import io
import json
import sys
from datetime import datetime, timedelta
from hashlib import sha256

sys.dont_write_bytecode = True

from findings import canonical
from rehash import entries as entries_of
from service import OFFSET, Service, Tally, business, home, run

tally = Tally()
DEPARTMENTS = ("market-regulation", "public-security")
TODAY = datetime.now(OFFSET).date()


def person(number):
    code = f"110101199001{number + 1:02}{number:03}"
    weights = [2 ** (17 - place) % 11 for place in range(17)]
    check = "10X98765432"[sum(int(digit) * weight for digit, weight in zip(code, weights)) % 11]
    return {
        "type": "no-criminal-record", "valid_from": str(TODAY), "valid_until": str(TODAY + timedelta(days=60)),
        "holders": [{"name": f"人{number}", "code": code + check, "code_type": "111"}],
        "claims": {"result": "未发现有犯罪记录", "period_from": "2000-01-01", "period_until": str(TODAY - timedelta(days=1))},
    }


def day_of(entry):
    time = datetime.strptime(entry["time"], "%Y-%m-%dT%H:%M:%S.%fZ") + OFFSET.utcoffset(None)
    return time.strftime("%Y %Y-%m %Y-%m-%d").split()


def within(region):
    return [region[:2] + "0000", region[:4] + "00", region]


def counted(entries, start, end):
    """Every leaf of every table, from entries alone: the table and its whole key."""
    slugs, types, found = {}, {}, {}

    def add(table, key, more=1):
        leaves = found.setdefault(table, {})
        leaves[tuple(key)] = leaves.get(tuple(key), 0) + more

    for index, entry in enumerate(json.loads(entry) for entry in entries[:end]):
        kind, body = entry["kind"], entry["body"]
        if kind == "department.registered":
            slugs[body["code"]] = body["slug"]
        grant = body.get("grant", body)
        if kind in ("licence.issued", "licence.recorded"):
            types[grant["handle"]] = grant["type"]
        if index < start:
            continue
        if kind == "licence.issued" or kind == "case.filed" and "corrects" not in body:
            name = "licences" if kind == "licence.issued" else "cases"
            add(f"{name}-by-day", day_of(entry))
            add(f"{name}-by-type", [body["type"], *within(body["region"]), slugs[body["department"]]])
        if kind == "licence.ended":
            add("acts", [body["act"], types[body["handle"]]])
        if kind in ("licence.suspended", "licence.reinstated"):
            add("acts", [kind.split(".")[1], types[body["handle"]]])
        if kind == "case.rated":
            add("ratings", [str(body["level"])])
        if kind == "refusals.counted":
            for row in body["counts"]:
                add("refusals", [row["reason"], row.get("type", "(none)")], row["count"])
    return found


def added_up(leaves):
    """Every count of a table: of each whole key and of each shorter one."""
    every = {}
    for key, count in leaves.items():
        for length in range(len(key) + 1):
            every[key[:length]] = every.get(key[:length], 0) + count
    return every


def withheld(counts, k):
    """Which of these siblings are withheld, by the rule in words: small ones, and with them the first by name of the others, until each
    small one could be anything from 1 to k - 1 for whoever knows which are small. None where no number of them is enough."""
    small = sorted(name for name, count in counts.items() if count < k)
    if not small:
        return set()
    large = sorted(set(counts) - set(small))
    for number in range(len(large) + 1):
        chosen = small + large[:number]
        total, others = sum(counts[name] for name in chosen), len(small) - 1
        least = others + number * k + k - 1 if number else others + k
        if total >= least and (number or total <= others * (k - 1) + 1):
            return set(chosen)
    return None


def told_of(every, k, key=()):
    """The rows of a table by that rule."""
    if not every.get(key):
        return {}
    if every[key] < k:
        return {key: None}
    rows, below = {key: every[key]}, [other for other in every if len(other) == len(key) + 1 and other[: len(key)] == key]
    hidden = withheld({other: every[other] for other in below}, k)
    for other in below if hidden is not None else []:
        rows |= {other: None} if other in hidden else told_of(every, k, other)
    return rows


def attack(rows):
    """What each withheld count can be, by bounds that are drawn closer until nothing moves: a row that is told is its count, a
    withheld one is 1 or more, and every row is the sum of those right below it where any are told of."""
    bounds = {key: [count, count] if count is not None else [1, float("inf")] for key, count in rows.items()}
    moved = True
    while moved:
        moved = False
        for key in rows:
            below = [other for other in rows if len(other) == len(key) + 1 and other[: len(key)] == key]
            if not below:
                continue
            least, most = sum(bounds[other][0] for other in below), sum(bounds[other][1] for other in below)
            for one, low, high in [(key, least, most)] + [
                (other, bounds[key][0] - most + bounds[other][1] if most < float("inf") else 1, bounds[key][1] - least + bounds[other][0])
                for other in below
            ]:
                closer = [max(bounds[one][0], low), min(bounds[one][1], high)]
                moved, bounds[one] = moved or closer != bounds[one], closer
    return {key: tuple(bounds[key]) for key, count in rows.items() if count is None}


def broken(rows, k):
    """The withheld rows of which the attacker knows too much: that they are small, or what they are."""
    return sorted(key for key, (least, most) in attack(rows).items() if least > 1 or most < k)


def the_attacker_is_one():
    """He breaks what is withheld without its siblings, and where all are ones; and not what is withheld well."""
    alone = {(): 60, ("a",): 3, ("b",): 57}
    tally.equal("one alone is broken", broken({**alone, ("a",): None}, 10), [("a",)])
    tally.equal("twelve ones are broken", len(broken({(): 12, **{(str(n),): None for n in range(12)}}, 10)), 12)
    tally.equal("two small ones are known to be small", len(broken({(): 60, ("a",): None, ("b",): None, ("c",): 54}, 10)), 2)
    tally.equal("with a large one they are not", broken({(): 60, ("a",): None, ("b",): None}, 10), [])
    deep = {(): 60, ("m",): 20, ("n",): 40, ("m", "x"): None, ("m", "y"): 17}
    tally.equal("nor one below", broken(deep, 10), [("m", "x")])


def judge(name, found, entries, folder):
    k, start, end = found["k"], found["range"]["from"], found["range"]["until"]
    again, hidden = counted(entries, start, end), 0
    for table in found["tables"]:
        every = added_up(again.get(table["table"], {}))
        rows = {tuple(row["key"]): row.get("count") for row in table["rows"]}
        told = {key: count for key, count in rows.items() if count is not None}
        tally.equal(f"{name}, {table['table']}: what is told is so", told, {key: every[key] for key in told})
        tally.check(f"{name}, {table['table']}: nothing small is told", all(count >= k for count in told.values()), told)
        tally.check(f"{name}, {table['table']}: what is withheld says so", all(row.get("withheld", False) == ("count" not in row) for row in table["rows"]))
        tally.equal(f"{name}, {table['table']}: withheld is what the rule says", rows, told_of(every, k))
        tally.equal(f"{name}, {table['table']}: the attacker finds nothing", broken(rows, k), [])
        hidden += sum(count is None for count in rows.values())
        written = (folder / f"{table['table']}.csv").read_bytes()
        tally.equal(f"{name}, {table['table']}: the CSV is the one of the document", sha256(written).hexdigest(), table["csv_sha256"])
        read = list(csv.reader(io.StringIO(written.decode(), newline=""), strict=True))
        tally.equal(f"{name}, {table['table']}: its head", read[0], [*table["columns"], "count", "withheld"])
        width = len(table["columns"])
        of_csv = {tuple(cell for cell in row[:width] if cell != "*"): int(row[width]) if row[width] else None for row in read[1:]}
        tally.equal(f"{name}, {table['table']}: its rows", of_csv, rows)
        tally.check(f"{name}, {table['table']}: no formula", not any(cell.startswith(("=", "+", "-", "@")) for row in read for cell in row))
    last = json.loads(entries[end - 1])["time"]
    tally.equal(f"{name}: fresh", (found["last_entry"], found["size"]), (last, end))
    return hidden


def main():
    the_attacker_is_one()
    with home() as folder:
        service = Service(folder / "authority").start()
        handles = [service.issue(business(f"统计企业{number}"))["handle"] for number in range(24)]
        for number in range(3):
            service.issue(person(number), who="public-security")
        for handle in handles[:2]:
            service.post(f"/v1/licences/{handle}/suspend", {"reason": "核查"}, who="market-regulation")
        export = folder / "export"
        tally.equal("exported", run("ledger", "export", export, "--from", service.url, "--json").returncode, 0)
        size = int((export / "checkpoint").read_text().split("\n")[1])
        entries = entries_of(export, size)
        hidden = {}
        for k in (3, 5, 10):
            into = folder / f"k{k}"
            done = run("audit", "statistics", "--from", export, "--range", f"0..{size}", "--k", k, "--into", into, "--json")
            tally.equal(f"k of {k}", done.returncode, 0)
            text = done.stdout.removesuffix("\n")
            document = json.loads(text)
            tally.equal(f"k of {k}: canonical, and in its file", (canonical(document).decode(), (into / "statistics.json").read_text()), (text, text))
            hidden[k] = judge(f"k of {k}", document["statistics"], entries, into)
        tally.check("more is withheld for a larger k", hidden[3] < hidden[5] <= hidden[10], hidden)
        tables = {table["table"]: table["rows"] for table in document["statistics"]["tables"]}
        first = {tuple(row["key"]): row.get("count") for row in tables["licences-by-type"] if len(row["key"]) < 2}
        tally.equal("three of one type take the other along", first, {(): 27, ("business-licence",): None, ("no-criminal-record",): None})
        again = run("audit", "statistics", "--from", export, "--range", f"0..{size}", "--into", folder / "k10", "--json")
        tally.equal("what is there is not written over", again.returncode, 1)
        tally.equal("no range beyond the end", run("audit", "statistics", "--from", export, "--range", f"0..{size + 1}").returncode, 20)
        for k in (1, 2):
            tally.equal(f"no k of {k}", run("audit", "statistics", "--from", export, "--range", f"0..{size}", "--k", k).returncode, 2)
        service.stop()
    return tally.end()


if __name__ == "__main__":
    sys.exit(main())
