"""Mirrors of a running ledger: killed and resumed, brought up to date by the difference, damaged, of servers that lie or are busy;
and a ledger with two faces, whose proof is checked by code of its own and openssl.

    python3 tests/oracles/mirror.py

Standard library and openssl only.
"""

import base64
import http.client
import json
import random
import resource
import shutil
import signal
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "law0"))

import note
import split_view
from service import PROGRAM, Service, Tally, business, home, run

tally = Tally()
CHANCE = random.Random(20261127)
REHASH = Path(__file__).with_name("rehash.py")


# --- what stands between a mirror and a ledger -----------------------------------------------------------------------


class Between:
    """A server that counts what is asked of it and answers by `answer(path)`: status, headers, body, or None to break off."""

    def __init__(self, answer):
        self.answer, self.asked, self.lock, self.heard = answer, [], threading.Lock(), None
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                with outer.lock:
                    outer.asked.append(self.path)
                    count = len(outer.asked)
                if outer.heard:
                    outer.heard(count)
                answered = outer.answer(self.path)
                if answered is None:
                    self.close_connection = True
                    return
                status, headers, body = answered
                self.send_response(status)
                for name, value in {**headers, "Content-Length": len(body)}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


def forwarded(url):
    """Answers as the server at `url` does."""

    def answer(path):
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
        try:
            connection.request("GET", path)
            found = connection.getresponse()
            return found.status, {}, found.read()
        finally:
            connection.close()

    return answer


def served(export):
    """Answers with the files of an export, as a service would."""
    tokens = {path.parent.name: path for path in sorted((export / "status").rglob("*")) if path.is_file()}

    def answer(path):
        if path == "/status":
            return 200, {}, json.dumps({"status_lists": [f"http://x/status/{n}" for n in tokens]}).encode()
        if path.startswith("/status/"):
            return 200, {}, tokens[path.rsplit("/", 1)[1]].read_bytes()
        file = export / path.removeprefix("/ledger/")
        return (200, {}, file.read_bytes()) if file.is_file() else (404, {}, b"")

    return answer


def mirror(source, folder, vkey, *more, **options):
    return run("ledger", "mirror", source, folder, "--vkey", vkey, "--lang", "en", "--json", *more, **options)


def summary(found):
    return json.loads(found.stdout.splitlines()[-1])


def replayed(source, vkey):
    found = run("audit", "replay", "--from", source, "--vkey", vkey, "--json")
    return found.returncode, summary(found)


def files(folder):
    """Path and bytes of every file but what is on its way."""
    found = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return {path: data for path, data in found.items() if not path.startswith(".mirror/")}


# --- parts -----------------------------------------------------------------------------------------------------------


def growing(folder, service, vkey):
    copy = folder / "mirror"
    service.batch([business(f"企业{n}") for n in range(700)])
    first = mirror(service.url, copy, vkey)
    tally.check("mirrored", first.returncode == 0 and summary(first)["split"] is None, first)
    code, here = replayed(copy, vkey)
    tally.equal("replay of the mirror holds", code, 0)
    tally.equal("and says what it says of the service", (code, here), replayed(service.url, vkey))
    again = subprocess.run([sys.executable, REHASH, copy, vkey], capture_output=True, text=True)
    tally.check("the independent script agrees", again.returncode == 0, again.stdout + again.stderr)
    held = files(copy)
    service.batch([business(f"后来{n}") for n in range(40)])
    with Between(forwarded(service.url)) as between:
        delta = mirror(between.url, copy, vkey)
        asked = list(between.asked)
    tally.check("brought up to date", delta.returncode == 0, delta)
    now = files(copy)
    new = {path for path in now if path not in held}
    tally.check("what was there is not fetched", summary(delta)["fetched"]["files"] == len(new) and summary(delta)["before"] == summary(first)["size"],
                (summary(delta), sorted(new)))
    # What witnesses cosigned is another one each time, where there is any.
    each_time = ("/status", "/ledger/witnessed-checkpoint")
    others = [path for path in asked if path not in {f"/ledger/{name}" for name in new} and not path.startswith(each_time)]
    tally.check("asked for besides: the checkpoint and tiles that prove it goes on",
                all(path == "/ledger/checkpoint" or path.startswith("/ledger/tile/") and "entries" not in path for path in others), others)
    entries = [path for path in asked if "entries" in path]
    tally.check("bundles: the new ones only, each once", sorted(entries) == sorted(f"/ledger/{name}" for name in new if "entries" in name), entries)
    tally.check("nothing that was there changed", all(now[path] == data for path, data in held.items() if path != "checkpoint"))
    tally.equal("the mirror holds", replayed(copy, vkey)[0], 0)
    with Between(forwarded(service.url)) as between:
        before = files(copy)
        idle = mirror(between.url, copy, vkey)
        # The list is published within a tick of the last issue: its token alone may be new.
        new = [path for path in files(copy) if path not in before]
        tally.check("nothing new, nothing fetched",
                    summary(idle)["fetched"]["files"] == len(new) and all(path.startswith("status/") for path in new)
                    and not any("tile" in path for path in between.asked), (summary(idle), new, between.asked))
    code, here = replayed(copy, vkey)
    tally.equal("the same as the service", (code, here), replayed(service.url, vkey))
    of_it = folder / "mirror-of-mirror"
    tally.equal("a mirror of a mirror", mirror(copy, of_it, vkey).returncode, 0)
    tally.equal("is the same, file by file", files(of_it), files(copy))


def killed(folder, service, vkey):
    """SIGKILL at the k-th request of a first copy and of an update, and after a while where nothing is asked."""
    service.batch([business(f"第三批{n}") for n in range(400)])
    export = folder / "export"
    tally.equal("exported", run("ledger", "export", export, "--from", service.url).returncode, 0)
    with Between(served(export)) as between:
        mirror(between.url, folder / "whole", vkey)
        all_of_it = len(between.asked)
    good = files(export)
    start = folder / "start"
    tally.equal("a mirror to go on from", mirror(folder / "mirror", start, vkey).returncode, 0)
    old = files(start)
    rounds = came = 0
    for base in (None, start):
        for at in sorted(CHANCE.sample(range(2, 12 if base else all_of_it), 8)):
            copy = folder / "killed"
            if base:
                shutil.copytree(base, copy)
            with Between(served(export)) as between:
                process = subprocess.Popen([PROGRAM, "ledger", "mirror", between.url, copy, "--vkey", vkey], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                between.heard = lambda count, process=process, at=at: process.kill() if count == at else None
                process.wait(120)
            if process.returncode != -signal.SIGKILL:
                tally.check(f"killed at request {at}", False, process.returncode)
            if base:
                tally.check(f"killed at request {at} it is the old mirror", files(copy) == old and replayed(copy, vkey)[0] == 0, replayed(copy, vkey))
            else:
                tally.check(f"killed at request {at} there is no mirror yet", files(copy) == {} if copy.exists() else True, sorted(files(copy)))
            waiting = {str(path.relative_to(copy / ".mirror/next")) for path in (copy / ".mirror/next").rglob("*") if path.is_file()}
            with Between(served(export)) as between:
                resumed = mirror(between.url, copy, vkey)
                again = {path for path in waiting if f"/ledger/{path}" in between.asked and ("entries" in path or "blob" in path)}
            tally.check(f"killed at request {at} and resumed", resumed.returncode == 0 and files(copy) | old == good | old and replayed(copy, vkey)[0] == 0, resumed)
            tally.check(f"what had come ({len(waiting)} files) is not fetched again", not again, sorted(again))
            came += len(waiting)
            shutil.rmtree(copy)
            rounds += 1
    for _ in range(12):
        copy = folder / "killed"
        shutil.copytree(start, copy)
        process = subprocess.Popen([PROGRAM, "ledger", "mirror", export, copy, "--vkey", vkey], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            process.wait(CHANCE.uniform(0.005, 0.25))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        code, said = replayed(copy, vkey)
        if not tally.check("killed at any moment it holds, old or new", code == 0, said):
            print(sorted(str(path.relative_to(copy)) for path in copy.rglob("*"))[:60])
        resumed = mirror(export, copy, vkey)
        tally.check("and goes on", resumed.returncode == 0 and files(copy) | old == good | old and not (copy / ".mirror").exists(), resumed)
        shutil.rmtree(copy)
        rounds += 1
    tally.check(f"{rounds} rounds, in which something had come", came > 50, came)


def damaged(folder, service, vkey):
    copy = folder / "mirror"
    tally.equal("up to date", mirror(service.url, copy, vkey).returncode, 0)
    good = files(copy)
    kinds = {}
    # Partial tiles that were outgrown go; those of now lie in an export of now.
    for path in sorted(files(folder / "export")):
        if path != "checkpoint" and not path.startswith("status/"):
            kinds.setdefault(path.split("/")[1], []).append(path)
    for paths in kinds.values():
        path = CHANCE.choice(paths)
        data = bytearray(good[path])
        data[CHANCE.randrange(len(data))] ^= 1 << CHANCE.randrange(8)
        (copy / path).write_bytes(data)
        tally.equal(f"one bit of {path}: replay finds it", replayed(copy, vkey)[0], 12)
        found = mirror(service.url, copy, vkey, "--check")
        tally.check("--check fetches it anew", found.returncode == 0 and summary(found)["repaired"] == 1 and (copy / path).read_bytes() == good[path], found)
        (copy / path).unlink()
        found = mirror(service.url, copy, vkey, *(["--check"] if path.startswith("blob") else []))
        tally.check("missing, it is fetched", found.returncode == 0 and (copy / path).read_bytes() == good[path], found)
    tally.equal("the mirror holds", replayed(copy, vkey)[0], 0)
    (copy / "checkpoint").write_bytes(good["checkpoint"].replace(b"\n", b"\n1", 1))
    found = mirror(service.url, copy, vkey)
    tally.check("its own checkpoint damaged: refused, with what to do", found.returncode == 1 and "make another mirror" in found.stderr, found)
    (copy / "checkpoint").write_bytes(good["checkpoint"])


def lying(folder, vkey):
    export, copy, bad = folder / "export", folder / "lied-to", folder / "bad"
    good = files(export)

    def refused(what, change, code=12):
        shutil.copytree(export, bad)
        change(bad)
        with Between(served(bad)) as between:
            found = mirror(between.url, copy, vkey, "--patience", 0)
        tally.check(f"{what}: refused", found.returncode == code and "error" in summary(found), found)
        placed = {str(path.relative_to(copy)): path.read_bytes() for path in copy.rglob("*") if path.is_file()} if copy.exists() else {}
        waiting = {path.removeprefix(".mirror/next/"): data for path, data in placed.items() if path.startswith(".mirror/next/")}
        tally.check("nothing of it is placed", files(copy) == {} and all(good[path] == data for path, data in waiting.items()), sorted(placed))
        shutil.rmtree(copy)
        shutil.rmtree(bad)

    def flip(path):
        def change(root):
            data = bytearray((root / path).read_bytes())
            data[CHANCE.randrange(len(data))] ^= 1 << CHANCE.randrange(8)
            (root / path).write_bytes(data)

        return change

    def other_root(root):
        lines = (root / "checkpoint").read_text().split("\n")
        lines[2] = base64.b64encode(bytes(32)).decode()
        (root / "checkpoint").write_text("\n".join(lines))

    for path in ("tile/entries/000", "tile/entries/001", "tile/0/000", "tile/0/002", "checkpoint"):
        refused(f"one bit of {path}", flip(path))
    for kind in ("tile/1/", "blob/"):
        path = CHANCE.choice([path for path in sorted(good) if path.startswith(kind)])
        refused(f"one bit of {path}", flip(path))
        refused(f"no {path}", lambda root, path=path: (root / path).unlink())
    refused("a root that nobody signed", other_root)
    refused("a checkpoint that is none", lambda root: (root / "checkpoint").write_text("hello\n"))
    refused("two bundles in each other's places", lambda root: (root / "tile/entries/000").write_bytes(good["tile/entries/001"]))


def busy(folder, vkey):
    export, copy = folder / "export", folder / "patient"
    answer, seen = served(export), {}

    def hesitating(path):
        seen[path] = seen.get(path, 0) + 1
        if seen[path] == 1 and path == "/ledger/checkpoint":
            return 503, {"Retry-After": "1"}, b""
        if seen[path] == 1 and path == "/ledger/tile/entries/001":
            return 429, {"Retry-After": "1"}, b""
        if seen[path] == 1 and path in ("/ledger/tile/0/000", "/ledger/tile/entries/000"):
            return None  # as one that is started again
        return answer(path)

    with Between(hesitating) as between:
        found = mirror(between.url, copy, vkey)
    tally.check("a server that is busy or started again is waited for", found.returncode == 0 and files(copy) == files(export), found)
    shutil.rmtree(copy)
    with Between(lambda path: (429, {"Retry-After": "3600"}, b"") if "entries" in path else answer(path)) as between:
        found = mirror(between.url, copy, vkey)
    tally.check("one that asks for more than our patience is told", found.returncode == 1 and "asks to wait 3600 s" in found.stderr and "goes on" in found.stderr, found)
    found = mirror("http://127.0.0.1:9", copy, vkey, "--patience", 0)
    tally.equal("nobody there", found.returncode, 1)

    def full():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    found = mirror(export, copy, vkey, preexec_fn=full)
    tally.check("no room: told, and no mirror yet", found.returncode == 1 and "make room" in found.stderr and files(copy) == {}, found)
    found = mirror(export, copy, vkey)
    tally.check("with room it goes on", found.returncode == 0 and files(copy) == files(export), found)
    tally.equal("without a key: usage", run("ledger", "mirror", export, copy).returncode, 2)
    (folder / "letters").mkdir()
    (folder / "letters/letter.txt").write_text("x")
    tally.equal("not into somebody's directory", mirror(export, folder / "letters", vkey).returncode, 1)


# --- two faces -------------------------------------------------------------------------------------------------------


def signed_by_openssl(folder):
    """As split_view.signed, the signature by openssl."""

    def signed(text, keys):
        content, ((name, key_id, signature),) = note.parse_note(text)
        for key in map(note.verifier_key, keys):
            if (name, key_id, note.parse_checkpoint(content).origin) != (key.name, key.id, key.name):
                continue
            (folder / "key.der").write_bytes(bytes.fromhex("302a300506032b6570032100") + key.public)
            (folder / "signature").write_bytes(signature)
            (folder / "text").write_text(content, "utf-8")
            found = subprocess.run(["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", folder / "key.der", "-rawin",
                                    "-in", folder / "text", "-sigfile", folder / "signature"], capture_output=True)
            if found.returncode == 0:
                return note.parse_checkpoint(content)
        raise note.Refused("not signed by the log")

    return signed


def splits(folder, proof, vkey):
    """Whether a proof shows a split view, by nothing of the project's code."""
    try:
        return split_view.shown(proof, [vkey], signed_by_openssl(folder)) is not None
    except note.Refused as why:
        print(f"refused: {why}")
        return False


def two_faces(folder, vkey):
    copied = folder / "copied"
    key = vkey.read_text().split()[0]
    scratch = folder / "scratch"
    scratch.mkdir()
    with Service(folder / "authority") as one, Service(copied) as other:
        one.batch([business(f"一面{n}") for n in range(30)])
        other.batch([business(f"另一面{n}") for n in range(90)])
        copy, proof = folder / "shown", folder / "found.split-view"
        tally.equal("a mirror of one face", mirror(one.url, copy, vkey).returncode, 0)
        held = files(copy)
        found = mirror(other.url, copy, vkey, "--proof", proof)
        tally.check("the other face: 12 with a proof", found.returncode == 12 and summary(found)["split"]["proof"] == str(proof), found)
        tally.check("the mirror is as it was", files(copy) == held and replayed(copy, vkey)[0] == 0)
        checked = run("ledger", "split-view", proof, "--vkey", vkey, "--json")
        tally.check("our program confirms it", checked.returncode == 0 and json.loads(checked.stdout)["split"], checked)
        tally.check("other code and openssl confirm it", splits(scratch, proof.read_text("utf-8"), key), proof.read_text("utf-8"))
        default = mirror(other.url, copy, vkey)
        beside = Path(f"{copy}.split-view")
        tally.check("without --proof it lies beside the mirror", default.returncode == 12 and beside.read_bytes() == proof.read_bytes(), default)

        good = proof.read_bytes()
        bad = folder / "bad.split-view"
        for at in CHANCE.sample(range(len(good) * 8), 40):
            data = bytearray(good)
            data[at // 8] ^= 1 << at % 8
            bad.write_bytes(data)
            found = run("ledger", "split-view", bad, "--vkey", vkey)
            if found.returncode != 10:
                tally.check(f"bit {at} turned", False, found)
        tally.check("a proof with a bit turned is refused (40 bits)", True)
        strangers = folder / "strangers.vkey"
        with Service(folder / "stranger") as stranger:
            strangers.write_bytes(stranger.get("/ledger/vkey").body)
        tally.equal("under another key it proves nothing", run("ledger", "split-view", proof, "--vkey", strangers).returncode, 10)

        def compared(first, second, *more):
            found = run("ledger", "compare", first, second, "--vkey", vkey, "--json", "--proof", folder / "compared.split-view", *more)
            return found.returncode, json.loads(found.stdout.splitlines()[-1]).get("result")

        tally.equal("compare: two faces", compared(one.url, other.url), (12, "split"))
        tally.check("its proof too", splits(scratch, (folder / "compared.split-view").read_text("utf-8"), key))
        tally.equal("compare: a ledger and its mirror", compared(one.url, copy), (0, "same"))
        one.batch([business(f"再{n}") for n in range(60)])
        tally.equal("compare: a mirror that is behind", compared(copy, one.url), (0, "continued"))
        small, large = folder / "small", folder / "large"
        small.write_bytes((copy / "checkpoint").read_bytes())
        large.write_bytes(one.get("/ledger/checkpoint").body)
        tally.equal("compare: a checkpoint and the ledger", compared(small, one.url), (0, "continued"))
        tally.equal("compare: two checkpoints alone", compared(small, large), (11, "cannot_tell"))
        tally.equal("compare: another's ledger", run("ledger", "compare", one.url, small, "--vkey", strangers).returncode, 12)
        # Both have as many entries again: one size, two roots.
        tally.equal("as many entries", one.get("/ledger/checkpoint").body.split(b"\n")[1], other.get("/ledger/checkpoint").body.split(b"\n")[1])
        here = folder / "here"
        here.write_bytes(other.get("/ledger/checkpoint").body)
        tally.equal("compare: one size, two roots, by checkpoints alone", compared(here, large), (12, "split"))
        proof = folder / "compared.split-view"
        tally.check("confirmed by other code", splits(scratch, proof.read_text("utf-8"), key), proof.read_text("utf-8"))
        tally.equal("and by ours", run("ledger", "split-view", proof, "--vkey", vkey).returncode, 0)
        tally.equal("the mirror goes on with its own", mirror(one.url, copy, vkey).returncode, 0)
        # What the mirror has is larger now than what it is shown: its own tiles prove it.
        one.batch([business(f"更多{n}") for n in range(5)])
        tally.equal("up to date", mirror(one.url, copy, vkey).returncode, 0)
        found = mirror(other.url, copy, vkey, "--proof", proof)
        tally.check("a smaller face is proved by the mirror's own tiles", found.returncode == 12 and splits(scratch, proof.read_text("utf-8"), key), found)
        back = mirror(folder / "export", copy, vkey)
        tally.check("an older one goes back: 12, and no proof", back.returncode == 12 and "never gets smaller" in back.stderr, back)
        tally.equal("no proof in it", run("ledger", "split-view", small, "--vkey", vkey).returncode, 10)


def main():
    with home() as folder:
        vkey = folder / "vkey"
        with Service(folder / "authority") as service:
            vkey.write_bytes(service.get("/ledger/vkey").body)
            with tally.part("growing"):
                growing(folder, service, vkey)
            with tally.part("killed"):
                killed(folder, service, vkey)
            with tally.part("damaged"):
                damaged(folder, service, vkey)
            with tally.part("lying"):
                lying(folder, vkey)
            with tally.part("busy"):
                busy(folder, vkey)
            service.stop()
        with tally.part("two faces"):
            for part in ("data", "keys"):
                shutil.copytree(folder / "authority" / part, folder / "copied" / part)
            two_faces(folder, vkey)
    tally.end()


if __name__ == "__main__":
    main()
