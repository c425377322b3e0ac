"""An auditor's findings checked again: canonical bytes, openssl over the signature, every proof hashed by hand, and the
state at a time beside what the entries say. Used by cases.py, whose ledger has cards.

Standard library and openssl only.
"""

import base64
import hashlib
import json
import subprocess

import scorecard
from rehash import entries as entries_of
from rehash import node


def canonical(value):
    """RFC 8785 of a value that has strings, whole numbers, truth, lists and ASCII names only."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def unpadded(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def climb(index, size, leaf, path):
    """RFC 9162, section 2.1.3.2: the root that an inclusion proof leads to."""
    place, last, root = index, size - 1, leaf
    for sibling in path:
        if place % 2 or place == last:
            root = node(sibling, root)
            while not place % 2 and place:
                place, last = place // 2, last // 2
        else:
            root = node(root, sibling)
        place, last = place // 2, last // 2
    return root if last == 0 else None


def signed_by_openssl(folder, jws, public):
    head, payload, signature = jws.split(".")
    (folder / "input").write_text(f"{head}.{payload}")
    (folder / "sig").write_bytes(unpadded(signature))
    command = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", public, "-rawin", "-in", folder / "input", "-sigfile", folder / "sig"]
    return subprocess.run(command, capture_output=True).returncode == 0


def rolled_up(tally, run, folder, export, keys, entries):
    """Two signed reports of one ledger come to what its entries come to; what does not fit is refused, and named."""
    (key, public), size, half = keys, len(entries), len(entries) // 2
    stranger = folder / "stranger.pem"
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", stranger], check=True)

    def report(name, span, signer=key):
        path = folder / f"{name}.json"
        path.write_text(run("audit", "report", "--from", export, "--range", span, "--key", signer, "--json").stdout)
        return path

    first, second = report("first", f"0..{half}"), report("second", f"{half}..{size}")

    def roll_up(*reports):
        return run("audit", "roll-up", *reports, "--auditor", public, "--lang", "en", "--json", "--key", key, "--html", folder / "roll-up.html")

    done = roll_up(second, first)
    tally.equal("two reports roll up", done.returncode, 0)
    text = done.stdout.removesuffix("\n")
    document = json.loads(text)
    found = document["roll-up"]
    tally.equal("canonical", canonical(document).decode(), text)
    tally.check("signed, says openssl", signed_by_openssl(folder, document["signature"], public), document["signature"])
    tally.equal("in any order", roll_up(first, second).stdout, done.stdout)
    ledger, outermost = found["ledgers"][0], found["regions"][0]
    read = [json.loads(entry) for entry in entries]
    tally.equal("up to the head", (ledger["size"], ledger["missing"], ledger["region"]), (size, [], read[0]["body"]["region"]))
    kinds = {entry["kind"]: sum(other["kind"] == entry["kind"] for other in read) for entry in read}
    tally.equal("entries by kind, counted again", (outermost["region"], outermost["entries"]), ("100000", kinds))
    tally.equal("the regions lie in each other", [row["level"] for row in found["regions"]], ["country", "province", "city", "county"][: len(found["regions"])])
    again = scorecard.measured(entries, 0, size)
    # A pair of entries may be cut apart where the ranges meet.
    pairs = ("rated", "rectified")
    by_entry = {name: outermost["indicators"][name] for name in again if name not in pairs}
    tally.equal("and the scorecard, measured again", by_entry, {name: again[name] for name in by_entry})
    tally.check("but for what two ranges cut apart", {*pairs} <= {*outermost["untold"]} and not {*pairs} & {*outermost["indicators"]}, outermost)
    tally.equal("a sample that nobody witnesses is marked", (outermost["noticed"], outermost["unwitnessed"]), (1, 1))
    tally.equal("and holds", (found["verdict"], {row["verdict"] for row in ledger["reports"]}), ("holds", {"holds"}))
    tally.check("a page without a script", "<script" not in (folder / "roll-up.html").read_text(), "a script")
    hole = json.loads(roll_up(second).stdout)["roll-up"]["ledgers"][0]
    tally.equal("what is missing is told", hole["missing"], [{"from": 0, "until": half}])
    overlapping = report("overlapping", f"{half - 1}..{size}")
    done = roll_up(first, overlapping)
    tally.equal("entries are not counted twice", done.returncode, 2)
    tally.check("and both are named", all(str(path) in done.stderr for path in (first, overlapping)), done.stderr)
    foreign = report("foreign", f"{half}..{size}", stranger)
    tally.equal("nor what nobody known signed", roll_up(first, foreign).returncode, 10)
    changed = json.loads(second.read_text())
    changed["findings"]["counts"] = {}
    second.write_bytes(canonical(changed))
    tally.equal("nor what is not what was signed", roll_up(first, second).returncode, 10)


def judge(tally, run, folder, export):
    """Findings over all of an export, over a part, and by a key of openssl's."""
    key, public = folder / "auditor.pem", folder / "auditor.pub"
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", key], check=True)
    subprocess.run(["openssl", "pkey", "-in", key, "-pubout", "-out", public], check=True)
    page = folder / "findings.html"
    done = run("audit", "report", "--from", export, "--key", key, "--html", page, "--json")
    tally.equal("findings over all of it", done.returncode, 0)
    text = done.stdout.removesuffix("\n")
    document = json.loads(text)
    found = document["findings"]
    tally.equal("canonical", canonical(document).decode(), text)
    tally.check("signed, says openssl", signed_by_openssl(folder, document["signature"], public), document["signature"])
    tally.equal("what is signed are the findings", unpadded(document["signature"].split(".")[1]), canonical(found))
    changed = document["signature"].split(".")
    changed[1] = base64.urlsafe_b64encode(canonical({**found, "holds": False})).decode().rstrip("=")
    tally.check("other findings are not", not signed_by_openssl(folder, ".".join(changed), public), "verified")

    size, root = found["range"]["until"], base64.b64decode(found["roots"][1])
    entries = entries_of(export, size)
    tally.check("there are cards", len(found["cards"]) > 0, found["counts"])
    named = {card["index"] for card in found["cards"]} | {card["facts"]["since"] for card in found["cards"] if "since" in card["facts"]}
    tally.equal("each entry that raised a card, or that one counts from, is proved", sorted(named), [proved["index"] for proved in found["entries"]])
    for proved in found["entries"]:
        at = proved["index"]
        leaf = hashlib.sha256(b"\0" + entries[at]).digest()
        path = [base64.b64decode(hash) for hash in proved["proof"]]
        tally.equal(f"entry {at}: its leaf", leaf.hex(), proved["leaf"])
        tally.check(f"entry {at}: proved", climb(at, size, leaf, path) == root, proved)
        tally.check(f"entry {at}: not elsewhere", climb(at ^ 1, size, leaf, path) != root, proved)
    html = page.read_text()
    tally.check("a page with plots and no script", "<svg" in html and "<script" not in html, html[:200])

    half = size // 2
    part = run("audit", "report", "--from", export, "--range", f"{half}..{size}", "--json")
    again = run("audit", "report", "--from", export, "--range", f"{half}..{size}", "--json")
    tally.equal("two auditors write the same", part.stdout, again.stdout)
    told = scorecard.judge(tally, entries, found)
    tally.check("what nobody did has no data", told["promises-kept"] == "no-data", told)
    scorecard.judge(tally, entries, json.loads(part.stdout)["findings"])
    cards = json.loads(part.stdout)["findings"]["cards"]
    tally.equal("a part has its own cards", [card["index"] for card in cards], [card["index"] for card in found["cards"] if card["index"] >= half])
    tally.equal("no range beyond the end", run("audit", "report", "--from", export, "--range", f"0..{size + 1}").returncode, 20)

    rolled_up(tally, run, folder, export, (key, public), entries)
    last = json.loads(entries[half - 1])["time"]
    state = run("audit", "state", "--from", export, "--at", last, "--json")
    then = json.loads(state.stdout)
    kinds = [json.loads(entry)["kind"] for entry in entries if json.loads(entry)["time"] <= last]
    tally.equal("the state at a time", (state.returncode, then["size"]), (0, len(kinds)))
    tally.equal("departments then", len(then["departments"]), kinds.count("department.registered"))
    tally.equal("licences then", sum(then["licences"].values()), kinds.count("licence.issued") + kinds.count("licence.recorded"))
