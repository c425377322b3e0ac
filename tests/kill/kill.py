"""kill -9 in the middle of bulk issue, again and again; then every promise is held against the ledger.

    python3 tests/kill/kill.py [ROUNDS] [FOUNDINGS]

ROUNDS (10): the service is killed at a random moment while two clients issue in batches; FOUNDINGS (5): it is killed
while founding. Then: every acknowledged licence is in the ledger under the same leaf hash; the same keys sent again
make nothing twice; every entry has its credential; replay holds. Standard library only. The moments come from
VIDIMUS_SEED (printed).
"""

import base64
import collections
import http.client
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from hashlib import sha256
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "oracles"))

from rehash import entries
from service import PROGRAM, Service, Tally, business, home, run

LINES = 200
CLIENTS = 2
tally = Tally()
seed = int(os.environ.get("VIDIMUS_SEED") or random.SystemRandom().randrange(1 << 32))
chance = random.Random(seed)


class Promises:
    """What clients sent, and what they were promised."""

    def __init__(self):
        self.lock = threading.Lock()
        self.sent = []
        self.kept = {}
        self.contradictions = []
        self.problems = collections.Counter()

    def next_keys(self):
        with self.lock:
            keys = [f"key-{len(self.sent) + n}" for n in range(LINES)]
            self.sent.extend(keys)
            return keys

    def promised(self, key, result):
        if "issued" not in result:
            self.problems[str(result.get("problem", result))[:200]] += 1
            return
        issued = result["issued"]
        promise = (issued["handle"], issued["entry"]["index"], issued["entry"]["leaf_hash"])
        with self.lock:
            if self.kept.setdefault(key, promise) != promise:
                self.contradictions.append((key, self.kept[key], promise))


def send(service, promises, keys):
    """One batch; each line that comes back whole is a promise, also where the connection breaks off."""
    lines = "".join(json.dumps(business(f"企业 {key}", key=key), ensure_ascii=False) + "\n" for key in keys)
    connection = service.connect(30)
    try:
        connection.request("POST", "/v1/licences/batch?brief=true", lines.encode(), {
            "Authorization": f"Bearer {service.token('market-regulation')}", "Content-Type": "application/x-ndjson"})
        answer = connection.getresponse()
        while line := answer.readline():
            if not line.endswith(b"\n"):
                break
            result = json.loads(line)
            promises.promised(keys[result["line"] - 1], result)
        return answer.status == 200
    except (OSError, ValueError, EOFError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def client(service, promises):
    while send(service, promises, promises.next_keys()):
        pass


def one_round(place, promises):
    service = Service(place)
    service.start()
    clients = [threading.Thread(target=client, args=(service, promises)) for _ in range(CLIENTS)]
    for one in clients:
        one.start()
    time.sleep(chance.uniform(0.02, 1.2))
    service.kill()
    for one in clients:
        one.join()


def killed_while_founding(folder, count):
    for n in range(count):
        place = folder / f"founding-{n}"
        place.mkdir()
        process = subprocess.Popen([PROGRAM, "serve", "--listen", "127.0.0.1:0", "--data", place / "data", "--keys", place / "keys"],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=place)
        time.sleep(chance.choice([0.005, 0.02, 0.05, 0.1]) * chance.random() * 2)
        process.send_signal(signal.SIGKILL)
        process.wait()
        with tally.part(f"founding {n}"):
            with Service(place) as service:
                issued = service.issue()
                tally.equal(f"founding {n} was gone on with", service.verify(issued["credential"])["verdict"], "valid")
                tally.equal(f"founding {n} holds", run("audit", "replay", "--from", service.url).returncode, 0)
        shutil.rmtree(place)


def all_licences(service):
    after, found = "", []
    while True:
        page = service.get(f"/v1/licences?after={after}" if after else "/v1/licences", who="market-regulation").json
        found += page["items"]
        after = page["next"]
        if not after:
            return found


def main():
    rounds, foundings = (int(given) for given in (sys.argv[1:] + ["10", "5"][len(sys.argv) - 1:])[:2])
    print(f"seed {seed}, {rounds} rounds, {foundings} foundings")
    promises = Promises()
    with home() as folder:
        killed_while_founding(folder, foundings)
        place = folder / "authority"
        with Service(place) as service:
            service.stop()
        for _ in range(rounds):
            one_round(place, promises)
        acknowledged = dict(promises.kept)
        tally.check(f"{len(promises.sent)} sent, {len(acknowledged)} acknowledged", acknowledged)
        with Service(place) as service:
            for at in range(0, len(promises.sent), LINES):
                send(service, promises, promises.sent[at : at + LINES])
            tally.equal("the same key, the same promise", promises.contradictions[:3], [])
            tally.equal("every key has its licence", len(promises.kept), len(promises.sent))
            tally.equal("no line was a problem", dict(promises.problems), {})
            export = folder / "export"
            tally.equal("exported", run("ledger", "export", export, "--from", service.url).returncode, 0)
            replay = run("audit", "replay", "--from", export, "--json")
            tally.check("replay holds", replay.returncode == 0, replay.stdout[-1500:] + replay.stderr[-500:])
            records = entries(export, int((export / "checkpoint").read_text().split("\n")[1]))
            leaves = [base64.b64encode(sha256(b"\0" + record).digest()).decode() for record in records]
            lost = [key for key, (_, index, leaf) in acknowledged.items() if index >= len(leaves) or leaves[index] != leaf]
            tally.equal("every acknowledged licence is in the ledger under the same leaf hash", lost, [])
            issued = collections.Counter(
                entry["body"]["handle"] for entry in map(json.loads, records) if entry["kind"] == "licence.issued")
            tally.equal("no handle twice", [handle for handle, count in issued.items() if count > 1], [])
            tally.equal("nothing twice, nothing beside", sorted(issued), sorted(handle for handle, *_ in promises.kept.values()))
            listed = {one["handle"] for one in all_licences(service)}
            tally.equal("each is listed", len(set(issued) - listed), 0)
            sample = chance.sample(sorted(issued), min(300, len(issued)))
            unsealed = [h for h in sample if service.get(f"/v1/licences/{h}/credential", who="market-regulation").status != 200]
            tally.equal("nothing is unsealed", unsealed[:5], [])
            tally.equal("it stops", service.stop(), 0)
    tally.end()


if __name__ == "__main__":
    main()
