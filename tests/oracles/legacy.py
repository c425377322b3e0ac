"""Existing licences recorded by `vidimus issue --legacy`, then compared by `vidimus reconcile` with a table that was
spoilt on purpose: every planted difference is found, and none to spare.

    python3 tests/oracles/legacy.py [BUSINESS_REGISTRATIONS_CSV]

Standard library only. With a register its names are used, else made-up ones. What must be found is worked out here, from
how the table was spoilt. Rows by $VIDIMUS_LEGACY_ROWS (3000).
"""

import csv
import json
import os
import random
import sys
import time
from collections import Counter
from pathlib import Path

sys.dont_write_bytecode = True

from service import Service, Tally, finding, home, run

tally = Tally()
ROWS = int(os.environ.get("VIDIMUS_LEGACY_ROWS", "3000"))
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
WORDS = {"有效": "valid", "暂扣": "suspended", "撤回": "recalled", "撤销": "rescinded", "吊销": "penalty", "废止": "annulled",
         "注销": "cancelled"}
VALUES = {"valid": 0, "suspended": 2}  # every ending is 1
HEADER = ["name", "uscc", "established", "address", "证照编号", "有效期起", "有效期止", "发证日期", "来源", "可信等级", "状态",
          "状态日期", "状态原因"]


def credit_code(body):
    """GB 32100: the check character behind 17 others."""
    total = sum(ALPHABET.index(c) * pow(3, i, 31) for i, c in enumerate(body))
    return body + ALPHABET[(31 - total % 31) % 31]


def names(path):
    if path is None:
        return [f"样例市第{n}商行" for n in range(ROWS)]
    with open(path, encoding="utf-8-sig", newline="") as file:
        found = [row["name"] for row in csv.DictReader(file) if row["name"]]
    return [found[n % len(found)] for n in range(ROWS)]


def table(path):
    """Rows in mixed standing: words in both languages, with and without an end, some long over."""
    chance = random.Random(108)
    rows = []
    for n, name in enumerate(names(path)):
        word = chance.choice(["有效"] * 6 + list(WORDS)[1:])
        since = f"{chance.randint(1990, 2020)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"
        until = chance.choice(["长期", "", f"{int(since[:4]) + 20}{since[4:]}", f"{int(since[:4]) + 5}{since[4:]}"])
        ended = word != "有效"
        rows.append(dict(zip(HEADER, [
            name, credit_code(f"914307{n:011}"), since, f"样例市第{n % 97}路{n}号", f"旧照字第{n:06}号", since, until, since,
            chance.choice(["登记档案", "业务系统导出", "纸质底册"]), chance.choice("ABCD"),
            chance.choice([word, WORDS[word]]), "2021-03-05" if ended else "", "据来文办理" if ended else "",
        ])))
    return rows


def write(path, rows, header=None, encoding="utf-8", newline="\r\n"):
    with open(path, "w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, header or HEADER, lineterminator=newline, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    return path


def command(service, verb, path, *more):
    return run(verb, "--type", "business-licence", "--csv", path, "--to", service.url,
               "--token", service.token_file("market-regulation"), "--json", "--lang", "en", *more)


def last(done):
    lines = done.stdout.strip().splitlines()
    return json.loads(lines[-1]) if lines else {"error": done.stderr}


def size(service):
    return int(service.get("/ledger/checkpoint").body.split(b"\n")[1])


def own(service, number):
    from urllib.parse import quote
    return service.get(f"/v1/licences?content=true&licence_number={quote(number)}", who="market-regulation").json["items"]


def recorded(service, folder, rows):
    path = write(folder / "existing.csv", rows, encoding="utf-8-sig")
    before = size(service)
    started = time.monotonic()
    first = command(service, "issue", path, "--legacy")
    took = time.monotonic() - started
    summary = last(first)
    tally.equal("every row is recorded", (first.returncode, summary.get("recorded"), summary.get("issued"), summary.get("refused")),
                (0, len(rows), 0, 0))
    print(f"        {len(rows)} rows in {took:.1f} s, {len(rows) / took:.0f} a second")
    tally.check("nothing is left of refusals", not (folder / "existing.csv.refused.csv").exists())
    tally.equal("one entry each", size(service) - before, len(rows))
    head = size(service)
    again = command(service, "issue", path, "--legacy")
    tally.equal("again: the same, and no entry", (again.returncode, last(again).get("recorded"), size(service)), (0, len(rows), head))
    replay = run("audit", "replay", "--from", service.url, "--json")
    audit = last(replay)
    tally.equal("replay holds", (replay.returncode, audit.get("holds")), (0, True))
    tally.equal("as recorded, not as issued", (audit["entries"].get("licence.recorded"), audit["entries"].get("licence.issued")),
                (len(rows), None))
    expected = Counter(WORDS.get(row["状态"], row["状态"]) for row in rows)
    tally.equal("in the standing they have", audit["licences"]["by_standing"], dict(expected))
    for word in WORDS.values():
        row = next(row for row in rows if WORDS.get(row["状态"], row["状态"]) == word)
        item = own(service, row["证照编号"])[0]
        credential = service.get(f"/v1/licences/{item['handle']}/credential", who="market-regulation").body.decode()
        report = service.verify(credential)
        tally.equal(f"{word}: the report says recorded",
                    (finding(report, "ledger")["code"], report["licence"]["standing"], report["licence"]["recorded"]["trust"]),
                    (f"recorded_{row['可信等级'].lower()}", word, row["可信等级"]))
        tally.equal(f"{word}: what was said is kept", (item["recorded"]["source"], item["recorded"]["issued_on"]),
                    (row["来源"], row["发证日期"]))


def spoilt(rows):
    """The table after years beside the ledger, and what reconcile must say of it."""
    rows = [dict(row) for row in rows]
    expected = set()
    chance = random.Random(9)
    picked = chance.sample(range(len(rows)), 66)
    number = lambda n: rows[n]["证照编号"]

    def change(places, column, field, new, shown=lambda row, column: row[column]):
        for n in places:
            old = shown(rows[n], column)
            rows[n][column] = new(rows[n])
            expected.add(("differs", number(n), field, shown(rows[n], column), old))

    standing = lambda row, column: WORDS.get(row[column], row[column])
    other = lambda row: "注销" if standing(row, "状态") != "cancelled" else "有效"
    change(picked[0:10], "name", "/holders/0/name", lambda row: row["name"] + "（新）")
    change(picked[10:15], "uscc", "/holders/0/code", lambda row: credit_code("91430799" + row["uscc"][8:17]))
    change(picked[15:25], "状态", "/recorded/standing", other, standing)
    change(picked[25:30], "有效期止", "/valid_until", lambda row: "2099-12-31",
           lambda row, column: "" if row[column] == "长期" else row[column])
    change(picked[30:35], "address", "/claims/address", lambda row: "")
    change(picked[35:38], "可信等级", "/recorded/trust", lambda row: "A" if row["可信等级"] != "A" else "B")
    change(picked[38:40], "发证日期", "/recorded/issued_on", lambda row: "1989-06-30")
    # Two fields of one licence.
    change(picked[40:42], "name", "/holders/0/name", lambda row: row["name"] + "甲")
    change(picked[40:42], "状态", "/recorded/standing", other, standing)
    different = 42
    # A cell about the recording that is left empty says nothing.
    for n in picked[42:46]:
        rows[n]["来源"] = rows[n]["状态原因"] = ""
    gone = sorted(picked[46:56])
    expected |= {("only_in_ledger", number(n), "", "", rows[n]["name"]) for n in gone}
    doubled = [dict(rows[n]) for n in picked[56:60]]
    new = [{**rows[n], "证照编号": f"新照字第{n:06}号", "name": f"新商行{n}"} for n in picked[60:66]]
    kept = [row for n, row in enumerate(rows) if n not in gone]
    chance.shuffle(kept)
    expected |= {("only_in_table", row["证照编号"], "", row["name"], "") for row in new}
    expected |= {("double", row["证照编号"], "", row["name"], "") for row in doubled}
    return kept + new + doubled, expected, different


def reconciled(service, folder, rows):
    path = write(folder / "same.csv", rows, newline="\n")
    same = command(service, "reconcile", path)
    tally.equal("nothing differs: 0", (same.returncode, last(same).get("licences")), (0, len(rows)))
    tally.check("and no file of differences", not (folder / "same.csv.differences.csv").exists())

    kept, expected, different = spoilt(rows)
    path = write(folder / "spoilt.csv", kept, encoding="utf-8-sig")
    with open(path, "a", encoding="utf-8", newline="") as file:
        file.write("only,two\r\n")
    started = time.monotonic()
    done = command(service, "reconcile", path)
    print(f"        {len(kept)} rows against {len(rows)} licences in {time.monotonic() - started:.1f} s")
    tally.equal("something differs: 13", done.returncode, 13)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    found = [line for line in lines if "difference" in line]
    shape = lambda one: (one["difference"], one["licence_number"], one["field"], one["table"], one["ledger"])
    unreadable = [one for one in found if one["difference"] == "unreadable"]
    tally.equal("a row that cannot be read is named", [(one["line"], "2" in one["detail"]) for one in unreadable],
                [(len(kept) + 2, True)])
    rest = Counter(shape(one) for one in found if one["difference"] != "unreadable")
    tally.equal("everything planted is found", sorted(expected - set(rest)), [])
    tally.equal("and none to spare", sorted(set(rest) - expected), [])
    tally.equal("each once", [one for one, times in rest.items() if times != 1], [])
    doubled = [one for one in found if one["difference"] == "double"]
    of = {row["证照编号"]: n + 2 for n, row in reversed(list(enumerate(kept)))}
    tally.check("a double names the first", all(one["detail"].endswith(f"line {of[one['licence_number']]}") for one in doubled), doubled)
    summary = {name: lines[-1].get(name) for name in ("only_in_table", "only_in_ledger", "different", "doubles", "unreadable")}
    tally.equal("the sum", summary, {"only_in_table": 6, "only_in_ledger": 10, "different": different, "doubles": 4, "unreadable": 1})
    with open(folder / "spoilt.csv.differences.csv", encoding="utf-8", newline="") as file:
        written = list(csv.DictReader(file))
    tally.equal("the file has them all", sorted(map(shape, written)), sorted(map(shape, found)))


def lived(service, folder, rows):
    """Acts after the recording, and a licence issued today."""
    valid = [row for row in rows if row["状态"] in ("有效", "valid") and row["有效期止"] in ("", "长期")][:2]
    first, second = (own(service, row["证照编号"])[0] for row in valid)
    act = lambda item, verb, body: service.post(f"/v1/licences/{item['handle']}/{verb}", body, who="market-regulation")
    tally.equal("a recorded licence is suspended", act(first, "suspend", {"reason": "复查"}).status, 200)
    renewal = {"type": "business-licence", "holders": second["holders"], "claims": second["claims"],
               "valid_from": second["valid_from"], "valid_until": None, "licence_number": valid[1]["证照编号"]}
    done = act(second, "replace", {"reason": "换证", "cause": "renewed", "licence": renewal})
    tally.equal("another is replaced by one issued today", done.status, 200)
    service.issue()
    path = write(folder / "lived.csv", rows)
    lines = [json.loads(line) for line in command(service, "reconcile", path).stdout.splitlines()]
    found = sorted((line["difference"], line["field"], line["table"]) for line in lines if line.get("difference"))
    tally.check("what was done since differs", ("differs", "/recorded/standing", "valid") in found, found)
    tally.equal("and nothing else of them", [line for line in found if line[0] == "differs"], [("differs", "/recorded/standing", "valid")])
    legacy = [json.loads(line) for line in command(service, "reconcile", path, "--legacy").stdout.splitlines()]
    tally.equal("--legacy leaves out what was issued here", (lines[-1]["only_in_ledger"], legacy[-1]["only_in_ledger"]), (3, 2))
    replaced = [line["ledger"] for line in legacy if line.get("licence_number") == valid[1]["证照编号"]]
    tally.equal("but not what replaced a recorded licence", replaced, [])
    tally.equal("replay still holds", run("audit", "replay", "--from", service.url, "--json").returncode, 0)


def refused(service, folder, rows):
    head = size(service)
    row = {**rows[0], "证照编号": "旧照字第999999号"}

    def tried(what, path, *flags, code=13, said="", legacy=True):
        done = command(service, "issue", path, *(["--legacy"] if legacy else []), *flags)
        beside = Path(f"{path}.refused.csv")
        told = done.stderr + (beside.read_text("utf-8") if beside.exists() else "")
        tally.check(what, done.returncode == code and said in told, f"{done.returncode} {told}")

    def one(name, **cells):
        return write(folder / f"{name}.csv", [{**row, **cells}])

    tried("a trust that is none", one("trust", 可信等级="E"), said="/recorded/trust")
    tried("a standing that is none", one("standing", 状态="过期"), said="/recorded/standing")
    tried("no number", one("number", 证照编号=""), said="/licence_number")
    tried("days the wrong way round", one("order", 有效期起="2020-01-02", 有效期止="2020-01-01"), said="/valid_until")
    tried("no such day", one("day", 有效期起="2019-02-29"), said="/valid_from")
    tried("granted tomorrow", one("tomorrow", 发证日期="2999-01-01"), said="/recorded/issued_on")
    tried("a wrong check character", one("code", uscc="914307000000000009"), said="/holders/0/code")
    tried("a number that was recorded before", one("again", 证照编号=rows[1]["证照编号"]), said="/licence_number")
    tried("without --legacy", one("plain"), legacy=False, code=1, said="--legacy")
    tried("a column is missing", write(folder / "missing.csv", [row], [c for c in HEADER if c not in ("可信等级", "来源")]), code=1,
          said="可信等级")
    tried("a word that is none on the command line", one("flag"), "--standing", "过期", code=2, said="注销")
    tried("an empty file", write_bytes(folder / "empty.csv", b""), code=1, said="header")
    gbk = write(folder / "gbk.csv", [row], encoding="gbk")
    tried("another encoding", gbk, code=1, said="UTF-8")
    tally.equal("nothing of it was entered", size(service), head)
    given = write(folder / "given.csv", [row], [c for c in HEADER if c not in ("可信等级", "来源", "状态")])
    tried("flags say what the table does not", given, "--trust", "C", "--source", "底册", "--standing", "吊销", code=0)
    item = own(service, row["证照编号"])[0]
    tally.equal("and it stands so", (item["standing"], item["recorded"]["trust"], item["recorded"]["source"]), ("penalty", "C", "底册"))
    mapped = write(folder / "mapped.csv", [{"n": "商行", "c": rows[2]["uscc"], "d": "2001-01-01", "no": "旧-1", "w": "暂扣", "t": "D", "s": "底册"}],
                   ["n", "c", "d", "no", "w", "t", "s"])
    mapping = folder / "map.toml"
    mapping.write_text('[columns]\nn = ["/holders/0/name"]\nc = ["/holders/0/code"]\nd = ["/claims/established", "/valid_from"]\n'
                       'no = ["/licence_number"]\nw = ["/recorded/standing"]\nt = ["/recorded/trust"]\ns = ["/recorded/source"]\n'
                       '[constants]\n"/holders/0/code_type" = "001"\n', "utf-8")
    tried("a mapping of one's own", mapped, "--map", mapping, code=0)
    tally.equal("is followed", own(service, "旧-1")[0]["standing"], "suspended")


def write_bytes(path, content):
    path.write_bytes(content)
    return path


def main():
    rows = table(sys.argv[1] if len(sys.argv) > 1 else None)
    with home() as folder, Service(folder / "authority") as service:
        with tally.part("recording"):
            recorded(service, folder, rows)
        with tally.part("reconciling"):
            reconciled(service, folder, rows)
        with tally.part("refusals"):
            refused(service, folder, rows)
        with tally.part("acts and reconciling"):
            lived(service, folder, rows)
        tally.equal("it stops cleanly", service.stop(), 0)
        with Service(folder / "authority") as service:
            tally.equal("and opens again", service.get("/readyz").status, 200)
    tally.end()


if __name__ == "__main__":
    main()
