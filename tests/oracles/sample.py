"""A spot check from the witnesses' lines to what departments open, drawn and judged a second time here, by hashes and HMAC of the
standard library: what is drawn, what is opened, what is refused, and what is not what its entry committed to.

    python3 tests/oracles/sample.py

Standard library only.
"""

import base64
import hmac
import json
import shutil
import sys
from datetime import datetime, timedelta
from hashlib import sha256

sys.dont_write_bytecode = True

from findings import canonical, unpadded
from rehash import entries as entries_of
from service import OFFSET, Service, Tally, business, home, run
from witness import Witness

tally = Tally()
DEPARTMENTS = ("market-regulation", "public-security")
TODAY = datetime.now(OFFSET).date()
PERSON = {
    "type": "no-criminal-record", "valid_from": str(TODAY), "valid_until": str(TODAY + timedelta(days=60)),
    "claims": {"result": "未发现有犯罪记录", "period_from": "2000-01-01", "period_until": str(TODAY - timedelta(days=1))},
}


def seed_of(note):
    """Of the text and the lines of the witnesses, in the order of their bytes; the log's own line is the first."""
    text, lines = note.split("\n\n", 1)
    cosigned = sorted(lines.splitlines()[1:])
    return sha256(b"vidimus/sample/v1\n" + f"{text}\n".encode() + "".join(f"{line}\n" for line in cosigned).encode()).digest()


def drawn_again(records, seed, until, number):
    kinds = ("licence.issued", "licence.recorded")
    found = [index for index, record in enumerate(records[:until]) if record["kind"] in kinds]
    ranked = sorted(found, key=lambda index: sha256(seed + index.to_bytes(8, "big")).digest())
    return sorted(ranked[:number]), len(found)


def committed(record, opening):
    """Whether an opening is what a record holds digests of."""
    grant = record["body"].get("grant", record["body"])
    head = f"vidimus/commit/payload/v1\n{opening['handle']}\n".encode()
    made = hmac.new(unpadded(opening["salt"]), head + canonical(opening["payload"]), sha256).hexdigest()
    signing_input = opening["credential"].split("~")[0].rsplit(".", 1)[0]
    return made == grant["commitment"] and sha256(signing_input.encode()).hexdigest() == grant["credential_digest"]


class Check:
    """One ledger, two witnesses, and the commands about its sample."""

    def __init__(self, folder, service, policy, checkpoint):
        self.folder, self.service, self.policy, self.checkpoint = folder, service, policy, checkpoint

    def draw(self, *more, number=8, checkpoint=None, policy=None):
        return run("audit", "sample", "--lang", "en", "--json", "--n", number, "--from", self.service.url,
                   "--policy", policy or self.policy, "--checkpoint", checkpoint or self.checkpoint, *more)

    def judge(self, lines):
        path = self.folder / "given.ndjson"
        path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines))
        return self.draw("--openings", path)

    def expect(self, name, lines, code, index, **outcome):
        """Judged so: the exit code, and what is said of one of them."""
        done = self.judge(lines)
        tally.equal(f"{name}: the exit code", done.returncode, code)
        opened = json.loads(done.stdout)["sample"]["opened"]
        tally.equal(f"{name}: what is said of it", {k: v for k, v in opened[index].items() if k not in ("handle", "index")}, outcome)
        others = [one["result"] for place, one in enumerate(opened) if place != index]
        tally.check(f"{name}: the others hold", set(others) <= {"holds"}, others)


def cosigned(folder, service):
    """A checkpoint with the lines of two witnesses, their policy, and a policy that asks for a third."""
    vkey = folder / "vkey"
    vkey.write_bytes(service.get("/ledger/vkey").body)
    with Witness(folder / "a", "a.example/w", vkey) as a, Witness(folder / "b", "b.example/w", vkey) as b:
        log = f"log {vkey.read_text().split()[0]}\n"
        both = "".join(f"witness {name} {one.vkey} {one.url}\n" for name, one in (("A", a), ("B", b)))
        policy, more = folder / "policy", folder / "more"
        policy.write_text(f"{log}{both}group both all A B\nquorum both\n")
        with Witness(folder / "c", "c.example/w", vkey) as c:
            more.write_text(f"{log}{both}witness C {c.vkey} {c.url}\ngroup all3 all A B C\nquorum all3\n")
        found = run("witness", "ask", "--policy", policy, "--from", service.url)
        tally.equal("two witnesses cosign", found.returncode, 0)
        checkpoint = folder / "checkpoint"
        checkpoint.write_text(found.stdout)
        return vkey, policy, more, checkpoint


def spot_check(folder, service):
    for n in range(20):
        service.issue(business(f"抽查企业{n}"))
    for n in range(20):
        code = f"110101199001{n + 1:02}"
        service.issue({**PERSON, "holders": [{"name": f"人{n}", "code": identity(code), "code_type": "111"}]}, who="public-security")
    vkey, policy, more, checkpoint = cosigned(folder, service)
    size = int(checkpoint.read_text().split("\n")[1])
    # What comes later is not drawn.
    for n in range(20):
        service.issue(business(f"后来企业{n}"))
    check = Check(folder, service, policy, checkpoint)
    inspectors = folder / "inspectors"
    inspectors.write_text("检查员甲\n检查员乙\n")
    done = check.draw("--inspectors", inspectors)
    tally.equal("a draw", done.returncode, 0)
    sample = json.loads(done.stdout)["sample"]
    tally.equal("the same again, byte for byte", check.draw("--inspectors", inspectors).stdout, done.stdout)
    tally.equal("canonical", canonical(json.loads(done.stdout)).decode(), done.stdout.removesuffix("\n"))
    export = folder / "export"
    run("ledger", "export", export, "--from", service.url)
    records = [json.loads(record) for record in entries_of(export, size + 20)]
    seed = seed_of(checkpoint.read_text())
    tally.equal("the seed", sample["seed"], seed.hex())
    indexes, population = drawn_again(records, seed, size, 8)
    tally.equal("the same licences, drawn here", [one["index"] for one in sample["drawn"]], indexes)
    tally.equal("out of as many", sample["population"], population)
    place = {i: int.from_bytes(sha256(seed + b"inspector\n" + i.to_bytes(8, "big")).digest()[:8], "big") % 2 for i in indexes}
    tally.equal("and their inspectors", [one["inspector"] for one in sample["drawn"]],
                [("检查员甲", "检查员乙")[place[i]] for i in indexes])
    tally.equal("by whose lines", sorted(sample["witnesses"]), ["a.example/w", "b.example/w"])
    opened = open_all(folder, service, done.stdout)
    by_handle = {one["handle"]: one for one in opened}
    lines = [by_handle[one["handle"]] for one in sample["drawn"]]
    for one, line in zip(sample["drawn"], lines):
        tally.check(f"what is opened of {one['index']} is what its entry committed to", committed(records[one["index"]], line), line)
    done = check.judge(lines)
    tally.equal("all of it holds", done.returncode, 0)
    outcomes = [one["result"] for one in json.loads(done.stdout)["sample"]["opened"]]
    tally.equal("each of them", outcomes, ["holds"] * 8)
    wrong(check, lines)
    refused(check, lines, more, folder, vkey)


def open_all(folder, service, text):
    """What both departments open of a draw."""
    drawn, lines = folder / "sample.json", []
    drawn.write_text(text)
    for who in DEPARTMENTS:
        into = folder / f"{who}.ndjson"
        command = ("licence", "open", drawn, "--into", into, "--to", service.url, "--token", service.token_file(who), "--json")
        done = run(*command)
        tally.equal(f"{who} opens its own", done.returncode, 0)
        found = [json.loads(line) for line in into.read_text().splitlines()]
        told = json.loads(done.stdout)
        tally.equal("as many as it says", (told["opened"], told["opened"] + told["of_others"]), (len(found), 8))
        tally.equal("readable to its owner alone", oct(into.stat().st_mode & 0o777), "0o600")
        tally.equal("a file that is there is not written over", run(*command).returncode, 1)
        lines += found
    return lines


def wrong(check, lines):
    """What is not what was committed to, each in its own way."""
    def changed(place, **more):
        return [{**line, **(more if at == place else {})} for at, line in enumerate(lines)]

    flipped = lines[2]["salt"][:-2] + ("AA" if lines[2]["salt"][-2:] != "AA" else "EA")
    check.expect("another salt", changed(2, salt=flipped), 10, 2, result="differs", what=["commitment"])
    payload = json.loads(json.dumps(lines[3]["payload"]))
    payload["holders"][0]["name"] = "别的名字"
    check.expect("another name", changed(3, payload=payload), 10, 3, result="differs", what=["commitment", "content"])
    check.expect("another's credential", changed(1, credential=lines[0]["credential"]), 10, 1,
                 result="differs", what=["digest", "content"] if same_department(lines[0], lines[1])
                 else ["digest", "signature", "content"])
    jws, rest = lines[4]["credential"].split("~", 1)
    head, signature = jws.rsplit(".", 1)
    forged = bytearray(unpadded(signature))
    forged[5] ^= 1
    forged = base64.urlsafe_b64encode(bytes(forged)).rstrip(b"=").decode()
    check.expect("a forged signature", changed(4, credential=f"{head}.{forged}~{rest}"), 10, 4, result="differs", what=["signature"])
    # Of what is drawn some has disclosures, as good as always.
    for place, line in [(at, line) for at, line in enumerate(lines) if line["credential"].count("~") > 1][:1]:
        withheld = line["credential"].split("~")[0] + "~"
        check.expect("a credential with everything withheld", changed(place, credential=withheld), 10, place,
                     result="differs", what=["content"])
    check.expect("no credential", changed(5, credential="x"), 10, 5, result="differs", what=["unreadable"])
    stripped = {k: v for k, v in lines[6]["payload"].items() if k != "holders"}
    check.expect("a payload without its holders", changed(6, payload=stripped), 10, 6, result="differs", what=["commitment"])


def same_department(one, other):
    def issuer(line):
        return json.loads(unpadded(line["credential"].split(".")[1]))["issuer"]["code"]
    return issuer(one) == issuer(other)


def refused(check, lines, more, folder, vkey):
    """What is not opened, and what is not a draw."""
    check.expect("one is left out", lines[1:], 13, 0, result="not_opened")
    words = [{"handle": lines[7]["handle"], "refused": "档案在库外"}]
    check.expect("one is refused", lines[:7] + words, 13, 7, result="refused", reason="档案在库外")
    done = check.judge([*lines, lines[0]])
    tally.check("one is opened twice", done.returncode == 1 and "line 9" in done.stderr, done.stderr)
    done = check.draw("--openings", folder / "given.ndjson", number=3)
    tally.check("openings of another draw", done.returncode == 1, done.stderr)
    check.judge(lines)
    done = check.draw("--openings", folder / "given.ndjson", number=3)
    named = "was not drawn" in done.stderr and "given.ndjson" in done.stderr
    tally.check("openings of a larger draw", done.returncode == 1 and named, done.stderr)
    shutil.copy(folder / "given.ndjson", folder / "copy.ndjson")
    done = check.draw("--openings", folder / "given.ndjson", "--openings", folder / "copy.ndjson")
    named = "copy.ndjson" in done.stderr and "given.ndjson" in done.stderr
    tally.check("one is opened in two files", done.returncode == 1 and named, done.stderr)
    done = check.draw(policy=more)
    tally.check("a witness is missing", done.returncode == 13 and "witness ask" in done.stderr, done.stderr)
    forged = folder / "forged"
    text = check.checkpoint.read_text().split("\n")
    text[1] = str(int(text[1]) - 1)
    forged.write_text("\n".join(text))
    tally.equal("a checkpoint that was changed", check.draw(checkpoint=forged).returncode, 12)
    done = check.draw("--range", "0..99999")
    tally.check("a range beyond the checkpoint", done.returncode == 1 and "--range" in done.stderr, done.stderr)
    unsigned = ("audit", "sample", "--lang", "en", "--n", "3", "--from", check.service.url)
    done = run(*unsigned)
    tally.check("without a key from elsewhere", done.returncode == 1 and "--vkey" in done.stderr, done.stderr)
    done = run(*unsigned, "--vkey", vkey)
    tally.check("without witnesses it says so", done.returncode == 0 and "could have chosen" in done.stdout, done.stdout)
    done = run(*unsigned, "--vkey", vkey, "--n", "0")
    tally.equal("none at all", done.returncode, 2)
    with Service(folder / "other") as other:
        other.issue()
        key = folder / "other.vkey"
        key.write_bytes(other.get("/ledger/vkey").body)
        done = run("audit", "sample", "--n", "3", "--from", other.url, "--checkpoint", check.checkpoint, "--vkey", vkey)
        tally.equal("a checkpoint of another ledger", done.returncode, 12)
        other.stop()


def identity(first):
    """A number of a resident identity card: 17 digits and what they make (GB 11643)."""
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    digits = (first + "001")[:17]
    return digits + "10X98765432"[sum(int(d) * w for d, w in zip(digits, weights)) % 11]


def main():
    with home() as folder, tally.part("a spot check"):
        with Service(folder / "authority") as service:
            spot_check(folder, service)
            replayed = run("audit", "replay", "--from", service.url)
            tally.equal("the ledger holds", replayed.returncode, 0)
            tally.equal("stopped", service.stop(), 0)
    tally.end()


main()
