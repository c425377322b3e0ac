"""The auditor's page, as an auditor sees it (auditor.mjs), the commands that it shows, run as they stand there, and what is left
when its process is killed: a ledger with a witness, a mirror and, in the end, another face.

    python3 tests/browser/auditor.py CACHE

CACHE has `node/node_modules`; pictures go to CACHE/auditor. Needs chromium and curl; standard library only.
"""

import base64
import http.client
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "oracles"))

from looking import look
from mirror import Between, forwarded
from service import PROGRAM, PROJECT, STARTS_WITHIN, Service, Tally, business, home, identity, run
from witness import Witness

tally = Tally()


class Held:
    """Forwards to a service; entry bundles wait while somebody says so."""

    def __init__(self, service):
        self.answer, self.open = forwarded(service.url), threading.Event()
        self.open.set()

    def __call__(self, path):
        if path in ("/hold", "/release"):
            (self.open.clear if path == "/hold" else self.open.set)()
            return 200, {}, b"ok"
        if path.startswith("/ledger/tile/entries/"):
            self.open.wait(60)
        return self.answer(path)


def exported(folder, lines):
    """The ledger of the vectors, whose cases raised cards, as an export; of fewer entries than a tile holds. Returns its key."""
    vectors = PROJECT / "schemas/vectors/cases"
    origin, seed = "ledger.example/sample-0123456789abcdef", sha256(b"vidimus/vector/key\ncheckpoint-1").digest()
    key = folder.with_suffix(".der")
    key.write_bytes(bytes.fromhex("302e020100300506032b657004220420") + seed)
    spki = subprocess.run(["openssl", "pkey", "-inform", "DER", "-in", key, "-pubout", "-outform", "DER"], capture_output=True, check=True).stdout
    leaves = [sha256(b"\0" + line).digest() for line in lines]

    def root(hashes):
        if len(hashes) == 1:
            return hashes[0]
        half = 1 << (len(hashes) - 1).bit_length() - 1
        return sha256(b"\1" + root(hashes[:half]) + root(hashes[half:])).digest()

    text = f"{origin}\n{len(lines)}\n{base64.b64encode(root(leaves)).decode()}\n"
    message = folder.with_suffix(".text")
    message.write_text(text)
    signed = subprocess.run(["openssl", "pkeyutl", "-sign", "-rawin", "-keyform", "DER", "-inkey", key, "-in", message], capture_output=True, check=True).stdout
    named = sha256(origin.encode() + b"\n\x01" + spki[-32:]).digest()[:4]
    blobs = json.loads((vectors / "blobs.json").read_text())
    files = {
        "checkpoint": f"{text}\n\u2014 {origin} {base64.b64encode(named + signed).decode()}\n".encode(),
        f"tile/0/000.p/{len(lines)}": b"".join(leaves),
        f"tile/entries/000.p/{len(lines)}": b"".join(len(line).to_bytes(2, "big") + line for line in lines),
        **{f"blob/sha256/{name}": base64.urlsafe_b64decode(data + "==") for name, data in blobs.items()},
    }
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    vkey = folder.with_suffix(".vkey")
    vkey.write_text(f"{origin}+{named.hex()}+{base64.b64encode(bytes([1]) + spki[-32:]).decode()}\n")
    return vkey


class Page:
    """`vidimus audit serve` over a ledger."""

    def __init__(self, folder, *options):
        self.folder, self.options, self.process = folder, options, None

    def __enter__(self):
        self.process = subprocess.Popen(
            [PROGRAM, "audit", "serve", "--lang", "en", "--listen", "127.0.0.1:0", *self.options],
            stdout=subprocess.PIPE, stderr=open(self.folder / "page.log", "ab"), cwd=self.folder)
        watchdog = threading.Timer(STARTS_WITHIN, self.process.kill)
        watchdog.start()
        line = self.process.stdout.readline().decode()
        watchdog.cancel()
        if not line.startswith("listening on http://"):
            raise RuntimeError(f"did not start: {line!r} {(self.folder / 'page.log').read_text()[-1500:]}")
        self.url = line.removeprefix("listening on ").strip()
        return self

    def __exit__(self, *_):
        self.stop(signal.SIGKILL)

    def stop(self, how=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(how)
        return self.process.wait(60)

    def ask(self, path, method="GET", **headers):
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=60)
        connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        return answer.status, answer.read().decode("utf-8", "replace")

    def until(self, path, words):
        for _ in range(600):
            found = self.ask(path)[1]
            if words in found:
                return True
            time.sleep(0.1)
        return False


def safe(page):
    """From outside: other names, other sites, and addresses that are not offered."""
    tally.equal("by another name it does not answer", page.ask("/en", Host="evil.example")[0], 421)
    tally.equal("by localhost it does", page.ask("/en", Host=f"localhost:{urlsplit(page.url).port}")[0], 200)
    for what, headers in (("nobody's", {}), ("another site's", {"Origin": "http://evil.example"}),
                          ("a sandboxed", {"Origin": "null"}), ("a cross-site", {"Sec_Fetch_Site": "cross-site", "Origin": page.url})):
        tally.equal(f"{what} form starts nothing", page.ask("/en/replay", "POST", **headers)[0], 403)
    tally.check("and nothing was started", "<progress" not in page.ask("/en/replay")[1])
    for path in ("/evidence/kept/last-seen.vkey", "/evidence/kept/../../log.vkey", "/evidence/run-1/run.json", "/evidence/run-1/%2e%2e%2flast-seen", "/nowhere"):
        tally.equal(f"{path} is not there", page.ask(path)[0], 404)


def same_by_command(folder, commands):
    """Each command as it is shown; what it writes is what the page lets one download."""
    runs = [path for path in sorted((folder / "audit").glob("run-*")) if not path.name.endswith(".unfinished")]
    kept = runs[-1]
    tried = set()
    for command in sorted(commands):
        words = shlex.split(command)
        verb = " ".join(words[:3] if words[0] == "vidimus" else words[:1])
        if "--range" not in words and verb.endswith("report"):
            continue  # as it is shown before there is a run
        if words[0] == "vidimus":
            words[0] = str(PROGRAM)
        shutil.rmtree(folder / "statistics", ignore_errors=True)
        found = subprocess.run(words, capture_output=True, cwd=folder, timeout=600, env={**os.environ, "LC_ALL": "C.UTF-8"})
        if not tally.equal(f"{command[:60]}… ends well", found.returncode, 0):
            print(found.stderr.decode())
            continue
        if verb.endswith("audit report"):
            tally.check("the findings are the page's, to the byte", found.stdout == (kept / "findings.json").read_bytes())
            if "--html" in words:
                tally.check("so is the report", (folder / "findings.html").read_bytes() == (kept / "findings.html").read_bytes())
                verb += " --html"
        elif verb.endswith("audit statistics"):
            files = {path.name: path.read_bytes() for path in (folder / "statistics").iterdir()}
            tally.check("so are the statistics and their tables", files and all(data == (kept / name).read_bytes() for name, data in files.items()))
        elif verb == "curl":
            tally.check("the witness says what the page says", b"witness.example" in found.stdout, found.stdout)
        tried.add(verb)
    expected = {"vidimus audit report", "vidimus audit report --html", "vidimus audit statistics", "vidimus ledger head", "vidimus ledger compare", "vidimus audit replay", "curl"}
    tally.equal("every kind of command was tried", tried, expected)
    verdict = run("audit", "roll-up", kept / "findings.json", "--auditor", folder / "auditor.pub.pem", "--json")
    tally.equal("the signed findings can be rolled up", verdict.returncode, 0)


def another_face(cache, folder, between, copied, options):
    """The ledger goes on from an old copy of itself: another face, proved."""
    with Service(copied) as other, Page(folder, *options) as page:
        other.batch([business(f"另一面{n}") for n in range(300)])
        between.answer = Held(other)
        look(tally, cache, "auditor.mjs", {"url": page.url, "stage": "alarm", "pictures": str(cache / "auditor"), "profile": str(folder / "profiles")})
        proof = folder / "audit/ledger.split-view"
        found = run("ledger", "split-view", proof, "--vkey", folder / "log.vkey")
        tally.equal("the proof stands alone", found.returncode, 0)
        tally.equal("and is downloaded", page.ask("/evidence/kept/ledger.split-view"), (200, proof.read_text("utf-8")))


def what_is_found(cache, folder):
    """A ledger with cards, and one with an entry that its tree has and the law does not."""
    lines = (PROJECT / "schemas/vectors/cases/entries.jsonl").read_bytes().splitlines()
    broken = [*lines[:40], lines[41], lines[40], *lines[42:]]
    for name, these, sign in (("cards", lines, "✓"), ("broken", broken, "✕")):
        vkey = exported(folder / name, these)
        with Page(folder, "--from", name, "--into", f"audit-{name}", "--vkey", vkey.name) as page:
            look(tally, cache, "auditor.mjs", {
                "url": page.url, "stage": name, "sign": sign, "pictures": str(cache / "auditor"), "profile": str(folder / "profiles"),
            })
            command = ("audit", "report", "--json", "--from", name, "--range", f"0..{len(lines)}", "--vkey", vkey.name)
            found = run(*command, cwd=folder)
            tally.equal(f"{name}: the command ends as the page says", found.returncode, 0 if name == "cards" else 12)
            tally.equal(f"{name}: to the byte", page.ask("/evidence/run-1/findings.json"), (200, found.stdout))


def killed(page, between):
    between.answer("/hold")
    tally.equal("a replay is started", page.ask("/en/replay", "POST", Origin=page.url)[0], 303)
    tally.check("it runs", page.until("/en/replay?refresh=off", "<progress"))
    page.stop(signal.SIGKILL)
    between.answer("/release")


def main():
    cache = Path(sys.argv[1]).resolve()
    pictures = cache / "auditor"
    shutil.rmtree(pictures, ignore_errors=True)
    pictures.mkdir(parents=True)
    with home() as folder, Service(folder / "authority") as service:
        service.issue(identity(), who="public-security")
        ended = service.issue(business())
        service.post(f"/v1/licences/{ended['handle']}/end", {"reason": "x", "act": "cancelled"}, who="market-regulation")
        service.stop()
        copied = folder / "copied"
        shutil.copytree(folder / "authority", copied)
        service.start()
        service.batch([business(f"第{n}家") for n in range(120)])
        (folder / "log.vkey").write_bytes(service.get("/ledger/vkey").body)
        tally.equal("a mirror", run("ledger", "mirror", service.url, folder / "mirror", "--vkey", folder / "log.vkey").returncode, 0)
        service.batch([business(f"再{n}家") for n in range(60)])
        subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", folder / "auditor.pem"], check=True)
        subprocess.run(["openssl", "pkey", "-in", folder / "auditor.pem", "-pubout", "-out", folder / "auditor.pub.pem"], check=True)
        with Witness(folder / "w", "witness.example/1", folder / "log.vkey") as witness, Between(Held(service)) as between:
            (folder / "policy").write_text(f"log {(folder / 'log.vkey').read_text().split()[0]}\nwitness W {witness.vkey} {witness.url}\nquorum W\n")
            tally.equal("a witness cosigns", run("witness", "ask", "--policy", folder / "policy", "--from", service.url).returncode, 0)
            options = ("--from", between.url, "--into", "audit", "--vkey", "log.vkey", "--policy", "policy", "--mirror", "mirror", "--key", "auditor.pem")
            told = folder / "told.json"
            with Page(folder, *options) as page:
                safe(page)
                look(tally, cache, "auditor.mjs", {
                    "url": page.url, "stage": "replay", "hold": between.url, "told": str(told), "pictures": str(pictures), "profile": str(folder / "profiles"),
                })
                with tally.part("commands"):
                    same_by_command(folder, json.loads(told.read_text("utf-8")))
                tally.equal("a second process is refused", run("audit", "serve", *options[:2], "--into", folder / "audit", "--listen", "127.0.0.1:0").returncode, 1)
                killed(page, between)
            with Page(folder, *options) as page:
                again = page.ask("/en/replay?refresh=off")[1]
                tally.check("after a kill it says that the run was interrupted", "ended while the replay ran" in again, again)
                tally.check("and shows what was found before", "The ledger holds" in page.ask("/en/result")[1])
                tally.equal("SIGTERM ends it", page.stop(), 0)
            with tally.part("another face"):
                another_face(cache, folder, between, copied, options)
        with tally.part("what is found"):
            what_is_found(cache, folder)
        found = run("audit", "serve", "--lang", "en", "--from", service.url, "--into", folder / "other", "--listen", "0.0.0.0:0")
        tally.check("beyond this machine only where it is asked for", found.returncode == 1 and "--host" in found.stderr, found)
    tally.end()


if __name__ == "__main__":
    main()
