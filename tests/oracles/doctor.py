"""What an operator relies on: doctor on healthy and broken authorities, TLS by others' clients, a proxy in front, limits, a
graceful end under load, and logs without anybody's name.

    python3 tests/oracles/doctor.py

Standard library, openssl and curl; a small disk where it may be mounted.
"""

import json
import os
import shutil
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True

from service import Service, Tally, business, home, run, until

tally = Tally()


def doctor(*flags, lang="en"):
    done = run("doctor", *flags, "--json", "--lang", lang)
    return done.returncode, json.loads(done.stdout.splitlines()[-1])


def grades(report, check):
    return [line["grade"] for line in report["lines"] if line["check"] == check]


def text(report, grade):
    return " ".join(line["text"] for line in report["lines"] if line["grade"] == grade)


def examined(folder):
    place = folder / "authority"
    with Service(place, "--log-format", "json", "--log", "debug") as service:
        service.issue()
        inside = ("--to", service.url, "--token", service.token_file("operator"))
        # A list is published within a tick of its first place.
        until(lambda: doctor(*inside)[1]["worst"] == "ok")
        code, report = doctor(*inside, "--keys", service.keys)
        # How full this machine's disk is, is not the service's matter; a small one is examined below.
        unwell = [line for line in report["lines"] if line["grade"] != "ok" and line["check"] != "disk"]
        tally.equal("a healthy service is well", (unwell, code in (0, 13)), ([], True))
        tally.check("item by item", {"disk", "ledger", "certificates", "clock"} <= {line["check"] for line in report["lines"]}, report)
        code, report = doctor("--to", service.url)
        tally.equal("from outside too", (code, report["worst"]), (0, "ok"))
        code, report = doctor("--to", service.url, "--token", service.token_file("auditor"))
        tally.check("another role's token is told", code == 1 and "operator" in text(report, "fail"), report)
        code, report = doctor("--data", service.data, "--keys", service.keys)
        tally.check("its directory is left alone, with the way to ask", code == 13 and "--to" in text(report, "warn"), report)
        service.stop()
    code, report = doctor("--data", place / "data", "--keys", place / "keys")
    tally.check("a stopped one is read from its directories", grades(report, "head") == ["ok"] and code in (0, 13), report)
    code, report = doctor("--to", "http://127.0.0.1:9")
    tally.equal("nobody there is a failure", (code, report["worst"]), (1, "fail"))

    shutil.copytree(place / "data", folder / "old-data")
    with Service(place) as service:
        service.issue()
        service.stop()
    code, report = doctor("--data", folder / "old-data", "--keys", place / "keys")
    tally.check("old data: the cure", code == 1 and "--roll-forward" in text(report, "fail"), report)
    code, report = doctor("--data", folder / "old-data", "--keys", place / "keys", lang="zh")
    tally.check("in Chinese", "不要删除" in text(report, "fail"), report)
    signed = place / "keys/last-signed"
    signed.chmod(0o644)
    code, report = doctor("--data", place / "data", "--keys", place / "keys")
    tally.check("exposed keys: the cure", code == 1 and f"chmod 600 {signed}" in text(report, "fail"), report)
    signed.chmod(0o600)
    kept = signed.read_bytes()
    signed.write_bytes(b"nothing\n")
    code, report = doctor("--data", place / "data", "--keys", place / "keys")
    tally.check("a damaged last-signed", code == 1 and "Do not delete" in text(report, "fail"), report)
    signed.write_bytes(kept)
    code, report = doctor("--data", folder / "nowhere", "--keys", place / "keys")
    tally.equal("no data", code, 1)
    wrong = folder / "wrong.toml"
    wrong.write_text('trusted_proxy = ["everyone"]\n')
    code, report = doctor("--to", "http://127.0.0.1:9", "--config", wrong)
    tally.check("a bad configuration: line and key", "1: trusted_proxy" in text(report, "fail"), report)
    run("token", "revoke", "tax", "--keys", place / "keys")
    code = next(entry["code"] for entry in departments(place) if entry["department"] == "tax")
    run("token", "new", "tax", "--code", code, "--days", "3", "--keys", place / "keys")
    code, report = doctor("--data", place / "data", "--keys", place / "keys")
    tally.check("a token about to end", code == 13 and "token tax" in text(report, "warn"), report)


def departments(place):
    with Service(place) as service:
        found = service.get("/v1/departments").json["items"]
        service.stop()
    return found


def small_disk(folder):
    disk = folder / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=40m,mode=0700", "tmpfs", disk], capture_output=True).returncode:
        print("skipped a disk that is nearly full: it cannot be mounted here")
        return
    try:
        service = Service(folder / "on-disk", data=disk / "data").start()
        code, report = doctor("--to", service.url, "--token", service.token_file("operator"), "--data", service.data)
        tally.check("a disk that is nearly full", code == 1 and "Make room" in text(report, "fail"), report)
        service.stop()
    finally:
        subprocess.run(["umount", "-l", disk], check=False)


def openssl_req(name, key, certificate, *flags):
    made = subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                           "-subj", f"/CN={name}", "-keyout", key, "-out", certificate, *flags], capture_output=True, text=True)
    if made.returncode:
        raise RuntimeError(made.stderr)


def private_authority(folder):
    """A city network's own certificate authority; its certificate and key."""
    ca, key = folder / "ca.pem", folder / "ca.key"
    if not ca.exists():
        openssl_req("the city's network", key, ca)
    return ca, key


def certificate(folder, name, serial):
    """A server's certificate under the private authority, put in place whole."""
    chain, key = folder / "chain.pem", folder / "key.pem"
    ca, ca_key = private_authority(folder)
    openssl_req(name, f"{key}.new", f"{chain}.new", "-CA", ca, "-CAkey", ca_key, "-set_serial", str(serial),
                "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:FALSE")
    os.replace(f"{key}.new", key)
    os.replace(f"{chain}.new", chain)
    return chain, key


def serial_shown(port):
    shown = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-showcerts"], input="", capture_output=True, text=True)
    read = subprocess.run(["openssl", "x509", "-noout", "-serial"], input=shown.stdout, capture_output=True, text=True)
    return read.stdout.strip().removeprefix("serial="), shown.stdout


class Secure(Service):
    """A service whose first line may say https."""

    def start(self):
        self.home.mkdir(parents=True, exist_ok=True)
        self.log = open(self.home / "stderr.log", "ab")
        from service import PROGRAM
        self.process = subprocess.Popen(
            [PROGRAM, "serve", "--lang", "en", "--listen", "127.0.0.1:0", "--data", self.data, "--keys", self.keys, *self.flags],
            stdout=subprocess.PIPE, stderr=self.log, cwd=self.home)
        line = self.process.stdout.readline().decode()
        if not line.startswith("listening on https://"):
            raise RuntimeError(f"did not start: {line!r} {self.said()[-1500:]}")
        self.url = line.removeprefix("listening on ").strip()
        return self


def encrypted(folder):
    chain, key = certificate(folder, "one", 0x1001)
    authority, _ = private_authority(folder)
    alone = run("serve", "--tls-cert", chain, cwd=folder)
    tally.check("a certificate without its key is refused", alone.returncode == 1 and "--tls-key" in alone.stderr, alone)
    swapped = run("serve", "--tls-cert", key, "--tls-key", chain, "--listen", "127.0.0.1:0", "--data", folder / "no/data", "--keys", folder / "no/keys")
    tally.check("files that are not a pair are refused by name", swapped.returncode == 1 and "key.pem" in swapped.stderr, swapped)
    with Secure(folder / "tls", "--tls-cert", str(chain), "--tls-key", str(key), "--tick", "200ms") as service:
        port = service.url.rsplit(":", 1)[1]

        def curl(*flags):
            return subprocess.run(["curl", "-sS", "-i", "--cacert", authority, *flags, f"https://localhost:{port}/readyz"], capture_output=True, text=True)

        good = curl()
        tally.check("curl verifies and is answered", "200 OK" in good.stdout and '"ready":true' in good.stdout, good)
        tally.check("HSTS is said", "strict-transport-security: max-age" in good.stdout.lower(), good.stdout)
        for version, flag, works in (("1.2", "--tls-max", True), ("1.1", "--tls-max", False)):
            answer = curl(flag, version)
            tally.equal(f"TLS {version}", "200 OK" in answer.stdout, works)
        ours = lambda authorities: run("ledger", "head", "--from", f"https://localhost:{port}", env={"SSL_CERT_FILE": str(authorities)})
        tally.equal("our own commands believe the authority in SSL_CERT_FILE", ours(authority).returncode, 0)
        public = run("ledger", "head", "--from", f"https://localhost:{port}", env={"SSL_CERT_FILE": ""})
        tally.check("and else the public ones only", public.returncode != 0 and "UnknownIssuer" in public.stderr, public)
        none = ours(key)
        tally.check("a file without one is refused by name", none.returncode == 1 and str(key) in none.stderr and "PEM" in none.stderr, none)
        plain = subprocess.run(["curl", "-sS", f"http://127.0.0.1:{port}/readyz"], capture_output=True, text=True)
        tally.check("plain HTTP is not spoken there", plain.returncode != 0, plain)
        serial, shown = serial_shown(port)
        tally.equal("openssl s_client sees the certificate", serial, "1001")
        tally.check("over TLS 1.3", "TLSv1.3" in shown, shown[-800:])
        certificate(folder, "two", 0x2002)
        tally.check("a renewed certificate is taken up", until(lambda: serial_shown(port)[0] == "2002"), serial_shown(port)[0])
        chain.write_text("nothing\n")
        tally.check("a bad one is told", until(lambda: "stay in force" in service.said()), service.said()[-500:])
        tally.equal("and the last stays in force", serial_shown(port)[0], "2002")
        tally.equal("SIGTERM ends with 0", service.stop(), 0)


def proxied(folder):
    def guesses(service, address):
        """How many wrong codes an address may try."""
        for n in range(1, 60):
            answer = service.post("/v1/verifications", {"licence_number": f"X{n}", "verification_code": "ABCD-EFGH"}, X_Forwarded_For=address)
            if answer.status == 429:
                return n, answer
        return None, answer

    with Service(folder / "proxy", "--trusted-proxy", "127.0.0.1") as service:
        first, refused = guesses(service, "198.51.100.7")
        tally.check("an address behind the proxy has its budget", first and int(refused.headers["retry-after"]) > 0, refused)
        second, _ = guesses(service, "198.51.100.8")
        tally.equal("and the next one its own", second, first)
        lied, _ = guesses(service, "203.0.113.1, 198.51.100.7")
        tally.equal("what a client writes before it is not believed", lied, 1)
        service.stop()
    with Service(folder / "proxy") as service:
        guesses(service, "198.51.100.7")
        stranger, _ = guesses(service, "198.51.100.8")
        tally.equal("without --trusted-proxy nobody's word is taken", stranger, 1)
        service.stop()
    with Service(folder / "proxy", "--address-rate", "2", "--token-rate", "3") as service:
        open_ = [service.get("/v1/types") for _ in range(40)]
        limited = open_[-1]
        tally.check("too many requests of an address", open_[0].status == 200 and limited.status == 429, limited)
        tally.check("told with Retry-After", limited.problem == "too-many" and int(limited.headers["retry-after"]) >= 1, limited)
        made_up = [service.get("/v1/types", Authorization=f"Bearer never-made-{n}").status for n in range(3)]
        tally.equal("a token that nobody made counts for its address", made_up, [429] * 3)
        held = [service.get("/v1/licences", who="market-regulation").status for _ in range(60)]
        tally.check("and of a token", held[0] == 200 and held[-1] == 429, held)
        service.stop()


def issued(service):
    """Licences, as an auditor counts them."""
    replay = run("audit", "replay", "--from", service.url, "--json")
    return json.loads(replay.stdout.splitlines()[-1])["licences"]["issued"]


def ending(folder):
    """What was accepted is answered, though SIGTERM came: nothing is entered that nobody was told of."""
    with Service(folder / "authority") as service:
        before = issued(service)
        answered, broken, stop = [], [], threading.Event()

        def issue(worker):
            n = 0
            while not stop.is_set():
                try:
                    answered.append(service.issue(business(f"终{worker}-{n}"))["handle"])
                except (ConnectionError, OSError, RuntimeError) as error:
                    broken.append(str(error))
                    return
                except Exception as error:  # half an answer is what must not be
                    broken.append(f"half: {type(error).__name__} {error}")
                    return
                n += 1

        workers = [threading.Thread(target=issue, args=(worker,)) for worker in range(6)]
        for worker in workers:
            worker.start()
        time.sleep(1.5)
        tally.equal("SIGTERM under load ends with 0", service.stop(), 0)
        stop.set()
        for worker in workers:
            worker.join()
        halves = [error for error in broken if error.startswith("half")]
        tally.check("no answer broke off", answered and not halves, halves)
    with Service(folder / "authority") as service:
        tally.equal("no request that was accepted went unanswered", issued(service) - before, len(answered))
        known = [service.get(f"/v1/licences/{handle}", who="market-regulation").status for handle in answered]
        tally.equal("and all of them are there", set(known), {200})
        service.stop()


def logs(folder):
    place = folder / "authority"
    with Service(place, "--log-format", "json", "--log", "debug") as service:
        issued = service.issue(business("不该出现的企业名", holders=[
            {"name": "不该出现的企业名", "code": "91430111MA4L16JQ9B", "code_type": "001"}]))
        service.get(f"/v1/licences/{issued['handle']}?x=%E4%B8%8D%E8%AF%A5", who="market-regulation")
        service.verify(issued["credential"])
        service.get("/v1/licences?holder_code=91430111MA4L16JQ9B", who="market-regulation")
        service.ask("POST", "/v1/licences", "{", who="market-regulation")
        service.get("/nowhere/11010519491231002X")
        service.post(f"/v1/licences/{issued['handle']}/suspend", {"reason": "检查"}, who="market-regulation")
        until(lambda: b"lists_published" in service.get("/metrics").body)
        metrics = service.get("/metrics").body.decode()
        token = service.token("market-regulation")
        service.stop()
    said = service.said()
    lines = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    requests = [line for line in lines if line.get("route")]
    tally.check("each request is a line of JSON with route, status and time", len(requests) >= 6 and all(
        {"route", "method", "status", "ms"} <= set(line) for line in requests), requests[:2])
    for what, secret in (("a token", token), ("a name", "不该出现的企业名"), ("a holder's code", "91430111MA4L16JQ9B"), ("a resident number", "11010519491231002X"),
                         ("a credential", issued["credential"][:60]), ("a query", "holder_code="), ("a number", issued["licence_number"])):
        tally.check(f"no log holds {what}", secret not in said, [line for line in said.splitlines() if secret in line][:2])
    for name in ("vidimus_ledger_size", "vidimus_last_entry_age_seconds", "vidimus_writing", "vidimus_http_requests_total", "vidimus_problems_total",
                 "vidimus_group_entries", "vidimus_status_lists_published_total", "vidimus_verifications_total"):
        tally.check(f"{name} is measured", name in metrics, metrics[:400])


def main():
    with home() as folder:
        for part in (examined, small_disk, encrypted, proxied, ending, logs):
            with tally.part(part.__name__):
                part(folder)
    tally.end()


if __name__ == "__main__":
    main()
