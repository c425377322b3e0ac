"""A register of real enterprises issued by `vidimus issue --csv`, twice: nothing twice, the bad rows named.

    python3 tests/oracles/bulk.py BUSINESS_REGISTRATIONS_CSV

Standard library only. Which rows must be refused is worked out here, from GB 32100 alone.
"""

import csv
import json
import sys
from pathlib import Path

sys.dont_write_bytecode = True

from service import Service, Tally, home, run

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
tally = Tally()


def is_credit_code(code):
    """GB 32100: weights 3^i mod 31 over the first 17 characters."""
    if len(code) != 18 or any(c not in ALPHABET for c in code):
        return False
    total = sum(ALPHABET.index(c) * pow(3, i, 31) for i, c in enumerate(code[:17]))
    return ALPHABET[(31 - total % 31) % 31] == code[17]



def size(service):
    return int(service.get("/ledger/checkpoint").body.split(b"\n")[1])


def issue(service, register, folder):
    return run("issue", "--type", "business-licence", "--csv", register, "--to", service.url,
               "--token", service.token_file("market-regulation"), "--json", cwd=folder)


def main():
    source = Path(sys.argv[1])
    with open(source, encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    code = next(name for name in rows[0] if is_credit_code(rows[0][name]))
    bad = [row[code] for row in rows if not is_credit_code(row[code])]
    tally.check(f"{len(rows)} rows, {len(bad)} with a wrong check character", bad)
    with home() as folder, Service(folder / "authority") as service:
        register = folder / "register.csv"
        register.write_bytes(source.read_bytes())
        before = size(service)
        first = issue(service, register, folder)
        tally.check("some of many: 13", first.returncode == 13, f"{first.returncode} {first.stdout[-800:]} {first.stderr[-800:]}")
        print(first.stdout.strip().splitlines()[-1] if first.stdout.strip() else "")
        after = size(service)
        refused = (folder / "register.csv.refused.csv")
        text = refused.read_text("utf-8-sig") if refused.exists() else ""
        tally.equal("the refused rows are written", len(list(csv.reader(text.splitlines()))) - 1 if text else 0, len(bad))
        tally.check("each with its code", all(one in text for one in bad), text[:1500])
        second = issue(service, register, folder)
        tally.equal("again: 13", second.returncode, 13)
        tally.equal("again: nothing is issued twice", size(service), after)
        replay = run("audit", "replay", "--from", service.url, "--json")
        summary = json.loads(replay.stdout.strip().splitlines()[-1])
        tally.equal("it holds", (replay.returncode, summary["holds"]), (0, True))
        tally.equal("issued", summary["licences"]["by_type"], {"business-licence": len(rows) - len(bad)})
        tally.check("in as many entries", after - before >= len(rows) - len(bad))

        row = next(row for row in rows if row[code] not in bad)
        page = service.get(f"/v1/licences?holder_code={row[code]}", who="market-regulation").json
        handle = page["items"][0]["handle"]
        credential = service.get(f"/v1/licences/{handle}/credential", who="market-regulation")
        text = credential.body.decode()
        if text.lstrip().startswith("{"):
            text = json.loads(text)["credential"]
        licence = service.verify(text)["licence"]
        told = json.dumps(licence, ensure_ascii=False)
        missing = [cell for cell in row.values() if cell and json.dumps(cell, ensure_ascii=False)[1:-1] not in told]
        tally.equal("nothing of a row is lost", missing, [])
        service.stop()

    with home() as folder, Service(folder / "authority") as service:
        small = folder / "small.csv"
        small.write_text("\n".join(source.read_text("utf-8-sig").splitlines()[:4]) + "\n", "utf-8")
        tally.equal("all of them: 0", issue(service, small, folder).returncode, 0)
        shorn = folder / "shorn.csv"
        shorn.write_text("colour\nred\n", "utf-8")
        tally.check("a column nobody knows is refused", issue(service, shorn, folder).returncode in (1, 2, 13))
        tally.check("a missing file is said", issue(service, folder / "none.csv", folder).returncode in (1, 2))
    tally.end()


if __name__ == "__main__":
    main()
