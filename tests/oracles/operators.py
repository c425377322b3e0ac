"""What an operator does to a running authority: departments, powers, keys, types, tokens; and registrars who sign elsewhere, one
of them with openssl alone.

    python3 tests/oracles/operators.py

Standard library and openssl.
"""

import base64
import hashlib
import json
import shutil
import subprocess
import sys
from datetime import datetime, timedelta, timezone

sys.dont_write_bytecode = True

from service import PROJECT, Service, Tally, business, home, run, stamp

tally = Tally()
BASIS = 'basis = { zh = "样例条例第一条", en = "Sample regulations, article 1" }'
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def credit_code(organisation):
    """A credit code of the sample city (GB 32100 over GB 11714) from eight characters."""
    total = sum(weight * int(c, 36) for weight, c in zip((3, 7, 9, 10, 5, 8, 4, 2), organisation))
    code = "11430700" + organisation + "0123456789X"[-total % 11]
    return code + ALPHABET[-sum(pow(3, n, 31) * ALPHABET.index(c) for n, c in enumerate(code)) % 31]


TRANSPORT, FISHERIES = credit_code("MB000100"), credit_code("MB000200")


def plan(path, slug="transport", code=TRANSPORT, type_="business-licence", region="430700", power=""):
    path.write_text(
        f'[[departments]]\nslug = "{slug}"\ncode = "{code}"\nregion = "{region}"\n'
        'name = { zh = "样例市交通运输局", en = "Sample City Transport Bureau" }\n'
        f'[[departments.powers]]\ntype = "{type_}"\n{power}\n{BASIS}\n', "utf-8")
    return path


class Operator:
    """The command line beside one service, in its own directory."""

    def __init__(self, service):
        self.service = service
        self.flags = ("--to", service.url, "--token", service.token_file("operator"))

    def run(self, *words, lang="en", flags=None):
        return run(*words, *(self.flags if flags is None else flags), "--lang", lang, cwd=self.service.home)

    def told(self, *words, flags=None):
        """The JSON that a command ends with; an error with what it said."""
        done = self.run(*words, "--json", flags=flags)
        if done.returncode != 0:
            raise RuntimeError(f"{words}: {done.returncode} {done.stdout} {done.stderr}")
        return json.loads(done.stdout.splitlines()[-1])

    def refused(self, what, *words, says, flags=None):
        """A refusal ends with 1 and says this, in both languages, and enters nothing."""
        before = self.size()
        for lang in ("en", "zh"):
            done = self.run(*words, lang=lang, flags=flags)
            tally.check(f"{what}: refused ({lang})", done.returncode == 1 and all(word in done.stderr for word in says),
                        f"{done.returncode} {done.stdout} {done.stderr}")
            foreign = any("\u4e00" <= c <= "\u9fff" for c in done.stderr)
            tally.check(f"{what}: in its language ({lang})", foreign == (lang == "zh"), done.stderr)
        tally.equal(f"{what}: nothing is entered", self.size(), before)

    def size(self):
        return int(self.service.get("/ledger/checkpoint").body.split(b"\n")[1])

    def keys(self, purpose, owner=None):
        return [key for key in self.told("keys", "list")["items"]
                if key["purpose"] == purpose and owner in (None, key["department"])]


def signer(credential):
    """The id of the key in a credential's certificate, by openssl."""
    head = credential.split(".")[0]
    head = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))
    spki = subprocess.run(["openssl", "x509", "-inform", "DER", "-noout", "-pubkey"], input=base64.b64decode(head["x5c"][0]),
                          capture_output=True, check=True).stdout
    der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "DER"], input=spki, capture_output=True, check=True).stdout
    return hashlib.sha256(der).hexdigest()[:32]


def pinned(service, path):
    """The verifier keys of the checkpoint, as they are now, in a file."""
    path.write_bytes(service.get("/ledger/vkey").body)
    return path


def replayed(service, vkey):
    done = run("audit", "replay", "--from", service.url, "--vkey", vkey, "--lang", "en")
    return tally.check("audit replay holds with the first vkey pinned", done.returncode == 0, done.stdout[-1500:] + done.stderr[-1500:])


def departments(folder):
    with Service(folder / "authority") as service:
        operator = Operator(service)
        vkey = pinned(service, folder / "first.vkey")
        file = plan(folder / "transport.toml")
        before = operator.size()
        tally.check("a dry run", operator.told("department", "add", file, "--dry-run")["about"], "")
        tally.equal("enters nothing", operator.size(), before)
        added = operator.told("department", "add", file)
        tally.check("a department is entered at once where the registrar's key is on the server",
                    added["done"] and added["approvals_prove"] == "form", added)
        tally.equal("department, its three keys and its power", operator.size() - before, 5)
        tally.equal("its token lies with the others", added["token_file"], str(service.token_file("transport")))
        issued = service.issue(business(), who="transport")
        report = service.verify(issued["credential"])
        tally.equal("it issues, and the licence verifies", report["verdict"], "valid")
        listed = operator.run("department", "list", flags=("--to", service.url))
        tally.check("department list needs no token", listed.returncode == 0 and TRANSPORT in listed.stdout and "Transport" in listed.stdout, listed.stdout)
        listed = operator.run("department", "list", lang="zh", flags=("--to", service.url))
        tally.check("and speaks Chinese", "样例市交通运输局" in listed.stdout, listed.stdout)

        wrong = folder / "wrong.toml"
        for what, said, says in (
            ("a taken slug", {"code": FISHERIES}, ["transport", "/department/slug"]),
            ("a reserved slug", {"slug": "operator", "code": FISHERIES}, ["operator", "/department/slug"]),
            ("a taken code", {"slug": "fisheries"}, [TRANSPORT, "/department/code"]),
            ("a wrong check digit", {"slug": "fisheries", "code": FISHERIES[:-1] + ("1" if FISHERIES[-1] != "1" else "2")}, ["/department/code"]),
            ("an unknown type", {"slug": "fisheries", "code": FISHERIES, "type_": "fishing"}, ["fishing", "/department/powers/0/type"]),
            ("a region outside", {"slug": "fisheries", "code": FISHERIES, "region": "110000"}, ["110000", "430700", "/department/region"]),
            ("a power's region outside", {"slug": "fisheries", "code": FISHERIES, "power": 'region = "110000"'},
             ["110000", "430700", "/department/powers/0/region"]),
            ("a power that ends before it begins", {"slug": "fisheries", "code": FISHERIES, "power": 'from = "2026-01-02"\nuntil = "2026-01-01"'},
             ["business-licence", "/department/powers/0/until"]),
            ("a slug that is none", {"slug": "Housing Office", "code": FISHERIES}, ["/department/slug"]),
        ):
            operator.refused(what, "department", "add", plan(wrong, **said), says=says)
        wrong.write_text("")
        done = operator.run("department", "add", wrong)
        tally.check("an empty file is told", done.returncode == 1 and "departments" in done.stderr, done.stderr)
        wrong.write_text('[[departments]]\nslug = "x"\n')
        operator.refused("a missing name", "department", "add", wrong, says=["/department/"])
        done = operator.run("department", "list", flags=("--to", "http://127.0.0.1:9"))
        tally.check("nobody there is told", done.returncode == 1 and "127.0.0.1:9" in done.stderr, done.stderr)

        wish = {"rotate": {"purpose": "status"}}
        path = "/v1/operator/ceremonies"
        tally.equal("without a token 401", service.post(path, wish).status, 401)
        for who in ("market-regulation", "auditor", "transport"):
            answer = service.post(path, wish, who=who)
            tally.equal(f"{who} is not the operator", (answer.status, answer.problem), (403, "not-yours"))
        tally.equal("nor may anybody see the keys", [service.get("/v1/operator/keys").status, service.get("/v1/operator/keys", who="auditor").status], [401, 403])
        for who, says in (("auditor", "403"), (None, "401")):
            token = service.token_file(who) if who else folder / "nonsense"
            (folder / "nonsense").write_text("nonsense\n")
            done = operator.run("keys", "rotate", "--purpose", "status", flags=("--to", service.url, "--token", token))
            tally.check(f"the command says {says}", done.returncode == 1 and says in done.stderr, done.stderr)
        replayed(service, vkey)


def grant_file(path, more="", days=3):
    path.write_text(
        f'{more}\n{BASIS}\n[responsibility]\noffice = {{ zh = "运输许可科", en = "Transport Permit Office" }}\n'
        f'promised = {{ working_days = {days} }}\ncomplaints = {{ zh = "电话 0700-5550188", en = "Telephone 0700-5550188" }}\n', "utf-8")
    return path


def powers(folder):
    with Service(folder / "authority") as service:
        operator = Operator(service)
        file, several = grant_file(folder / "grant.toml"), folder / "several.toml"
        here = ("power", "list", "--from", service.url)

        def listed(*words, lang="en"):
            return operator.run(*here, *words, lang=lang, flags=())

        def tried(who):
            answer = service.post("/v1/licences?dry_run=true", business(), who=who)
            return answer.status if answer.status == 200 else answer.problem

        told = listed("--json")
        items = json.loads(told.stdout)["items"]
        tally.check("the list needs no token, and says who answers for each of the sample's",
                    told.returncode == 0 and all(item["responsibility"] for item in items if item["department"] != "transport"), told.stdout)
        tally.equal("a power whose plan did not say is listed too", [item["responsibility"] for item in items if item["department"] == "transport"], [None])
        for lang, words in (("en", ("power ", "Registration Office, within 3 working days; complaints: ", "article 21", "no end", "not said")),
                            ("zh", ("编号", "登记注册科,3 个工作日内办结;投诉:", "第二十一条", "长期", "未载明"))):
            told = listed(lang=lang)
            tally.check(f"as a table ({lang})", told.returncode == 0 and all(word in told.stdout for word in words), told.stdout)
        told = listed("--department", TRANSPORT)
        tally.check("of one department, by code", told.returncode == 0 and told.stdout.count("business-licence") == 1 and "tax" not in told.stdout, told.stdout)
        tally.equal("of one that has none", listed("--department", "education").returncode, 20)
        tally.equal("before the first entry", listed("--at", "2020-01-01T00:00:00.000Z").returncode, 20)
        told = listed("--at", "2999-01-01T00:00:00.000Z")
        tally.check("not of the future", told.returncode == 1 and "422" in told.stderr, told.stderr)

        grant = ("power", "grant", "education", "--file", file)
        tally.equal("without a power nothing is issued", tried("education"), "no-power")
        before = operator.size()
        tally.check("a dry run", operator.told(*grant, "--type", "business-licence", "--dry-run")["about"]["grant_powers"], "")
        tally.equal("enters nothing", operator.size(), before)
        told = operator.told(*grant, "--type", "business-licence")
        tally.check("granted at once where the registrar's key is on the server", told["done"] and operator.size() == before + 1, told)
        power = told["about"]["grant_powers"]["powers"][0]
        told = listed("--department", "education")
        tally.check("and listed with its office", power in told.stdout and "Transport Permit Office, within 3 working days" in told.stdout, told.stdout)
        tally.equal("it lets issue", tried("education"), 200)
        midday = stamp(datetime.now(timezone.utc))

        operator.refused("the same again", *grant, "--type", "business-licence", says=[power, "/grant_powers/powers/0"])
        operator.refused("an unknown department", "power", "grant", "nobody", "--file", file, "--type", "business-licence", says=["nobody", "/grant_powers/department"])
        operator.refused("no type", *grant, says=["/grant_powers/powers/0/type"])
        operator.refused("an unknown type", *grant, "--type", "fishing", says=["fishing", "/grant_powers/powers/0/type"])
        operator.refused("a region outside", *grant, "--type", "business-licence", "--region", "110000", says=["110000", "430700", "/grant_powers/powers/0/region"])
        operator.refused("an end that is over", *grant, "--type", "business-licence", "--until", "2020-01-01", says=["2020-01-01", "/grant_powers/powers/0/until"])
        operator.refused("no responsibility", "power", "grant", "education", "--type", "business-licence", "--file", several_of(several, BASIS),
                         says=["/grant_powers/powers/0/responsibility"])
        operator.refused("a promise of years", "power", "grant", "education", "--type", "business-licence", "--file", grant_file(folder / "long.toml", days=1000),
                         says=["365", "/grant_powers/powers/0/responsibility/promised/working_days"])
        operator.refused("a type said in two ways", "power", "grant", "education", "--type", "business-licence",
                         "--file", grant_file(several, 'type = "tax-payment"'), says=["several.toml", "tax-payment", "business-licence"])
        done = operator.run("power", "grant", "education", "--file", folder / "none.toml")
        tally.check("no such file", done.returncode == 1 and "none.toml" in done.stderr, done.stderr)
        done = operator.run(*grant, "--type", "business-licence", "--region", "43")
        tally.equal("a region that is none", done.returncode, 2)

        body = grant_file(several, 'type = "tax-payment"\nfrom = "2027-01-01"').read_text("utf-8")
        body = "[[powers]]\n" + body.replace("[responsibility]", "[powers.responsibility]").replace("2027", "2097")
        several.write_text(body + body.replace("tax-payment", "food-operation-licence"), "utf-8")
        before = operator.size()
        told = operator.told("power", "grant", "education", "--file", several)
        tally.check("several in one ceremony", told["done"] and operator.size() == before + 2, told)
        tally.equal("not listed before their day", listed("--department", "education", "--json").stdout.count('"power"'), 1)

        operator.refused("an unknown power", "power", "withdraw", "p-0", says=["p-0", "/withdraw_power/power"])
        operator.refused("a power that it has not", "power", "withdraw", "housing", "--type", "tax-payment", says=["housing tax-payment", "/withdraw_power"])
        told = operator.told("power", "withdraw", "education", "--type", "business-licence")
        tally.equal("withdrawn by department and type", (told["done"], told["about"]["withdraw_power"]["power"]), (True, power))
        tally.equal("and no longer listed", listed("--department", "education").returncode, 20)
        tally.check("but as it stood", power in listed("--at", midday).stdout)
        tally.equal("nothing is issued any more", tried("education"), "no-power")
        operator.refused("withdrawn twice", "power", "withdraw", power, says=[power, "/withdraw_power/power"])
        replayed(service, folder / "first.vkey")


def several_of(path, power):
    path.write_text(f"[[powers]]\n{power}\n", "utf-8")
    return path


def tokens(folder):
    with Service(folder / "authority") as service:
        here = ("--keys", service.keys)
        done = run("token", "new", "nobody", *here, "--to", service.url, "--lang", "en")
        tally.check("no token for a department that nobody registered", done.returncode == 1 and "no department nobody" in done.stderr, done.stderr)
        done = run("token", "new", "transport", *here, "--to", service.url, "--code", FISHERIES, "--lang", "zh")
        tally.check("nor with another's code", done.returncode == 1 and TRANSPORT in done.stderr and FISHERIES in done.stderr, done.stderr)
        done = run("token", "new", "transport", *here, "--to", service.url, "--lang", "en")
        tally.check("nor a second while one is good", done.returncode == 1 and "revoke" in done.stderr, done.stderr)
        tally.equal("revoked", run("token", "revoke", "transport", *here).returncode, 0)
        tally.check("its file is gone", not service.token_file("transport").exists())
        done = run("token", "new", "transport", *here, "--to", "http://127.0.0.1:9", "--lang", "en")
        tally.check("where no service answers its code is asked for", done.returncode == 1 and "--code" in done.stderr, done.stderr)
        done = run("token", "new", "transport", *here, "--to", service.url, "--days", "3")
        tally.equal("a new one, its code from the ledger", done.returncode, 0)
        tally.equal("works at once", service.get("/v1/licences", who="transport").status, 200)
        listed = json.loads(run("token", "list", *here, "--json").stdout)["items"]
        mine = [token for token in listed if token["name"] == "transport"]
        tally.check("as JSON, the revoked one too", len(mine) == 2 and mine[0]["revoked"] and not mine[1]["revoked"]
                    and mine[1]["caller"] == {"department": {"code": TRANSPORT, "slug": "transport"}}, mine)
        for lang, words in (("en", ("name", "role", "expires", "revoked 20", "good", "operator")), ("zh", ("名称", "身份", "到期", "吊销", "有效", "运维"))):
            text = run("token", "list", *here, "--lang", lang).stdout
            tally.check(f"as a table ({lang})", all(word in text for word in words) and len(text.splitlines()) == len(listed) + 1, text)


def rotations(folder):
    with Service(folder / "authority") as service:
        operator = Operator(service)
        vkey = folder / "first.vkey"
        old = service.issue(business("旧钥企业"), who="transport")
        waiting = service.issue(business("待吊销企业"), who="transport")
        tally.equal("the certificate in a credential is that of the key in force", signer(old["credential"]), operator.keys("credential", "transport")[-1]["key"])
        done = operator.run("keys", "list", lang="zh")
        tally.check("keys list speaks Chinese", done.returncode == 0 and "在用" in done.stdout, done.stdout)
        for purpose, owner in (("issuing", None), ("registry", None), ("registry", "transport"), ("credential", "transport"), ("seal", "transport"),
                               ("status", None), ("report", None), ("checkpoint", None)):
            whose = ("--department", owner) if owner else ()
            before = [key for key in operator.keys(purpose) if key["department"] == owner and key["state"] != "retired"]
            if not before:  # departments have registry keys only where they bring them
                continue
            told = operator.told("keys", "rotate", "--purpose", purpose, *whose)
            after = [key for key in operator.keys(purpose) if key["department"] == owner and key["state"] != "retired"]
            tally.check(f"{purpose}: rotated with overlap", told["done"] and len(after) == len(before) + 1
                        and [key["state"] for key in after] == ["overlap"] * len(before) + ["in_force"], after)
            tally.check(f"{purpose}: both lie here", all(key["held"] for key in after), after)
            new = service.issue(business(f"{purpose}企业"), who="transport")
            for what, licence in (("an old", old), ("a new", new)):
                report = service.verify(licence["credential"])
                tally.equal(f"{purpose}: {what} credential verifies", report["verdict"], "valid")
        new = service.issue(business("新钥企业"), who="transport")
        credential = operator.keys("credential", "transport")
        tally.equal("a new credential has the new key", signer(new["credential"]), credential[-1]["key"])
        tally.check("an old one the old", signer(old["credential"]) == credential[-2]["key"])
        vkeys = service.get("/ledger/vkey").body.split()
        tally.check("two verifier keys in the overlap, the newest first", len(vkeys) == 2 and vkeys[1] in vkey.read_bytes().split(), vkeys)
        replayed(service, vkey)

        operator.refused("an issuing key with leaves", "keys", "retire", "--old", "issuing", says=["credential", "seal"])
        operator.refused("a department's purpose without one", "keys", "rotate", "--purpose", "credential", says=["/rotate"])
        operator.refused("an unknown department", "keys", "rotate", "--purpose", "seal", "--department", "nobody", says=["nobody", "/rotate/department"])
        operator.refused("a purpose that is none", "keys", "rotate", "--purpose", "door", says=["/rotate/purpose"])
        operator.refused("the root", "keys", "rotate", "--purpose", "root", says=["/rotate/purpose"])
        operator.refused("nothing older", "keys", "retire", "--old", "credential", "--department", "public-security", says=["keys rotate"])
        operator.refused("the last of its kind", "keys", "retire", operator.keys("seal", "public-security")[0]["key"], says=["keys rotate"])
        for purpose, owner in (("credential", "transport"), ("seal", "transport"), ("status", None), ("report", None), ("registry", None), ("checkpoint", None)):
            whose = ("--department", owner) if owner else ()
            told = operator.told("keys", "retire", "--old", purpose, *whose)
            states = [key["state"] for key in operator.keys(purpose) if key["department"] == owner]
            tally.check(f"{purpose}: the overlap ends", told["done"] and states == ["retired", "in_force"], states)
        for what, licence in (("sealed by the retired key", old), ("by the new one", new)):
            tally.equal(f"a licence {what} still verifies", service.verify(licence["credential"])["verdict"], "valid")
        answer = service.post(f"/v1/licences/{waiting['handle']}/end", {"reason": "样例", "act": "penalty"}, who="transport")
        tally.equal("one from before can be ended", answer.status, 200)
        tally.equal("and reads so", service.verify(waiting["credential"])["verdict"], "not_valid")
        replayed(service, vkey)
        tally.equal("SIGTERM ends with 0", service.stop(), 0)
    with Service(folder / "authority") as service:
        tally.equal("after a start too", service.verify(old["credential"])["verdict"], "valid")
        replayed(service, vkey)


def version(service, licence):
    return service.get(f"/v1/licences/{licence['handle']}", who="market-regulation").json["version"]


def types(folder):
    schemas = folder / "schemas"
    shutil.copytree(PROJECT / "schemas/types", schemas)
    second = schemas / "business-licence/2"
    shutil.copytree(schemas / "business-licence/1", second)
    rules = (second / "type.toml").read_text("utf-8")
    (second / "type.toml").write_text(rules.replace("\nversion = 1\n", "\nversion = 2\n"), "utf-8")
    metadata = (second / "metadata.json").read_text("utf-8")
    (second / "metadata.json").write_text(metadata.replace("business-licence/1", "business-licence/2"), "utf-8")
    schema = json.loads((second / "claims.schema.json").read_text("utf-8"))
    schema["properties"]["capital"]["maxLength"] = 300
    (second / "claims.schema.json").write_text(json.dumps(schema, ensure_ascii=False, indent=2), "utf-8")
    checked = run("types", "check", schemas, "--lang", "en")
    tally.equal("the edited folder is checked", checked.returncode, 0)
    with Service(folder / "authority") as service:
        operator = Operator(service)
        old = service.issue(business("第一版企业"))
        operator.refused("a version that the service does not have", "types", "publish", "business-licence", says=["business-licence"])
        operator.refused("a type that it does not have", "types", "publish", "fishing", says=["fishing", "--schemas"])
        service.stop()
    with Service(folder / "authority", "--schemas", str(schemas)) as service:
        operator = Operator(service)
        tally.equal("until it is published the first is issued", version(service, service.issue(business("仍是第一版"))), 1)
        told = operator.told("types", "publish", "business-licence")
        tally.check("a second version is published", told["done"] and told["about"]["publish_type"]["version"] == 2, told)
        new = service.issue(business("第二版企业", claims={"established": "2018-01-15", "capital": "元" * 300}))
        tally.equal("and issued", version(service, new), 2)
        for licence in (old, new):
            tally.equal("both verify", service.verify(licence["credential"])["verdict"], "valid")
        operator.refused("not twice", "types", "publish", "business-licence", says=["business-licence"])
        replayed(service, folder / "first.vkey")


def openssl_approval(statements, pem, path):
    """An approval by openssl alone: each statement signed as it stands."""
    asked = json.loads(statements.read_text("utf-8"))
    der = subprocess.run(["openssl", "pkey", "-in", pem, "-pubout", "-outform", "DER"], capture_output=True, check=True).stdout
    signatures = []
    for statement in asked["statements"]:
        message = path.with_suffix(".bin")
        text = statement["sign"]
        message.write_bytes(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        signed = subprocess.run(["openssl", "pkeyutl", "-sign", "-rawin", "-inkey", pem, "-in", message], capture_output=True, check=True)
        signatures.append(base64.urlsafe_b64encode(signed.stdout).rstrip(b"=").decode())
    said = {"key": hashlib.sha256(der).hexdigest()[:32], "signatures": signatures}
    if asked.get("ceremony"):
        said["ceremony"] = asked["ceremony"]
    path.write_text(json.dumps(said), "utf-8")
    return path


def sign(statements, pem, path):
    done = run("registrar", "sign", statements, "--key", pem)
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    path.write_text(done.stdout, "utf-8")
    return path


def founded(folder):
    """A real authority under three registrars, two of whom must approve; its directory, and their keys."""
    place = folder / "real"
    place.mkdir()
    origin = "licences.example.cn/ledger"
    until = stamp(datetime.now(timezone.utc) + timedelta(days=60))
    pems, possessed = [], []
    for n in range(3):
        pems.append(folder / f"registrar-{n}.pem")
        if n == 2:
            subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", pems[n]], capture_output=True, check=True)
        else:
            run("registrar", "new", pems[n], check=True)
        possessed.append(run("registrar", "possess", "--key", pems[n], "--origin", origin, "--not-after", until, check=True).stdout)
    text = (PROJECT / "schemas/sample/authority.toml").read_text("utf-8").replace("\nquorum = 1\n", "\nquorum = 2\n")
    head, rest = text.split("[[departments]]", 1)
    file = folder / "authority.toml"
    file.write_text(f'{head}base_url = "https://licences.example.cn"\norigin = "{origin}"\n' + "\n".join(possessed) + "\n[[departments]]" + rest, "utf-8")
    flags = ("--data", place / "data", "--keys", place / "keys", "--lang", "en")
    done = run("init", "--plan", file, "--unwitnessed", *flags)
    tally.equal("a real authority's keys are made", done.returncode, 0)
    statements = place / "keys/statements.json"
    approvals = [sign(statements, pems[n], folder / f"founding-{n}.json") for n in range(2)]
    approvals.append(openssl_approval(statements, pems[2], folder / "founding-2.json"))
    done = run("init", "--approval", approvals[0], *flags)
    tally.check("one of three founds nothing", done.returncode == 1 and "panicked" not in done.stderr, done.stdout + done.stderr)
    done = run("init", *[word for approval in approvals for word in ("--approval", approval)], *flags)
    tally.check("all three found it, one by openssl", done.returncode == 0, done.stdout + done.stderr)
    return place, pems


def registrars(folder):
    place, pems = founded(folder)
    bad = folder / "bad.json"
    with Service(place) as service:
        operator = Operator(service)
        vkey = pinned(service, folder / "real.vkey")
        before = operator.size()
        begun = operator.told("department", "add", plan(folder / "transport.toml"))
        tally.check("nothing is entered by the operator alone", not begun["done"] and begun["approvals_prove"] == "people"
                    and operator.size() == before and not service.token_file("transport").exists(), begun)
        asked = place / begun["statements_file"]
        operator.refused("the same again", "department", "add", folder / "transport.toml", says=[begun["ceremony"]])
        listed = operator.run("ceremony", "list")
        tally.check("it waits", listed.returncode == 0 and begun["ceremony"] in listed.stdout and "0 of 2" in listed.stdout, listed.stdout)

        run("registrar", "new", folder / "stranger.pem", check=True)
        operator.refused("a stranger", "ceremony", "approve", sign(asked, folder / "stranger.pem", folder / "stranger.json"), says=["/key"])
        good = json.loads(sign(asked, pems[0], folder / "a0.json").read_text())
        swapped = good["signatures"][1:] + good["signatures"][:1]
        for what, change, says in (("signatures of other statements", {"signatures": swapped}, ["/signatures/0"]),
                                   ("too few signatures", {"signatures": good["signatures"][:-1]}, ["/signatures"]),
                                   ("another ceremony's", {"ceremony": "c-0000000000000000"}, [])):
            bad.write_text(json.dumps({**good, **change}))
            operator.refused(what, "ceremony", "approve", bad, says=says)
        operator.refused("a founding's approval", "ceremony", "approve", folder / "founding-0.json", says=["vidimus init"])
        bad.write_text("{}")
        done = operator.run("ceremony", "approve", bad)
        tally.check("no approval at all", done.returncode == 1 and "bad.json" in done.stderr, done.stderr)

        told = operator.told("ceremony", "approve", folder / "a0.json")
        tally.check("one of two is not enough", not told["done"] and len(told["approved_by"]) == 1 and operator.size() == before, told)
        told = operator.told("ceremony", "approve", folder / "a0.json")
        tally.check("nor the same one twice", not told["done"] and len(told["approved_by"]) == 1, told)
        service.kill()
    with Service(place) as service:
        operator = Operator(service)
        told = operator.told("ceremony", "approve", openssl_approval(asked, pems[2], folder / "a2.json"))
        tally.check("two are, after a kill -9, the second by openssl", told["done"] and operator.size() == before + 5, told)
        tally.equal("its token works and its licence verifies", service.verify(service.issue(who="transport")["credential"])["verdict"], "valid")
        shown = operator.told("ceremony", "show", told["ceremony"])
        tally.check("a finished ceremony is still shown", shown["done"], shown)
        done = operator.run("ceremony", "drop", told["ceremony"])
        tally.check("and cannot be dropped", done.returncode == 1, done.stdout + done.stderr)

        begun = operator.told("power", "grant", "education", "--type", "business-licence", "--file", grant_file(folder / "grant.toml"))
        asked = place / begun["statements_file"]
        told = run("registrar", "sign", asked, "--key", pems[0], "--lang", "en")
        tally.check("a registrar reads who will answer", "Sample regulations, article 1" in told.stderr and "Transport Permit Office answers" in told.stderr, told.stderr)
        altered = json.loads(asked.read_text("utf-8"))
        altered["statements"][0]["basis"] = base64.urlsafe_b64encode(b"{}").rstrip(b"=").decode()
        bad.write_text(json.dumps(altered))
        told = run("registrar", "sign", bad, "--key", pems[0], "--lang", "en")
        tally.check("and signs no other basis", told.returncode == 1 and "do not sign" in told.stderr and not told.stdout, told.stderr)
        told = operator.told("ceremony", "approve", sign(asked, pems[0], folder / "p0.json"), openssl_approval(asked, pems[2], folder / "p2.json"))
        tally.check("a power granted by two registrars", told["done"], told)
        held = service.issue(business("授权企业"), who="education")
        begun = operator.told("power", "withdraw", told["about"]["grant_powers"]["powers"][0])
        asked = place / begun["statements_file"]
        told = operator.told("ceremony", "approve", sign(asked, pems[0], folder / "w0.json"), sign(asked, pems[1], folder / "w1.json"))
        tally.check("and withdrawn by two", told["done"], told)
        answer = service.post("/v1/licences", business("迟来企业"), who="education")
        tally.equal("what comes after is refused", (answer.status, answer.problem), (403, "no-power"))
        tally.equal("what came before is valid", service.verify(held["credential"])["verdict"], "valid")

        begun = operator.told("keys", "rotate", "--purpose", "checkpoint")
        asked = place / begun["statements_file"]
        told = operator.told("ceremony", "approve", sign(asked, pems[1], folder / "b1.json"), openssl_approval(asked, pems[2], folder / "b2.json"))
        tally.check("a checkpoint key rotated by two registrars", told["done"], told)
        service.issue(business("轮换后企业"), who="transport")
        begun = operator.told("keys", "retire", "--old", "checkpoint")
        asked = place / begun["statements_file"]
        told = operator.told("ceremony", "approve", sign(asked, pems[0], folder / "c0.json"), sign(asked, pems[1], folder / "c1.json"))
        tally.check("and the old one retired", told["done"], told)
        begun = operator.told("keys", "rotate", "--purpose", "status")
        done = operator.run("ceremony", "drop", begun["ceremony"])
        tally.check("one that is not begun can be dropped", done.returncode == 0, done.stderr)
        tally.equal("then none is left", operator.run("ceremony", "list").returncode, 20)
        done = run("audit", "replay", "--from", service.url, "--vkey", vkey, "--lang", "en")
        tally.check("audit replay holds with the first vkey pinned", done.returncode == 0, done.stdout[-1500:] + done.stderr[-1500:])


def main():
    with home() as folder:
        for part in (departments, powers, tokens, rotations, types, registrars):
            with tally.part(part.__name__):
                part(folder)
    tally.end()


if __name__ == "__main__":
    main()
