"""The rules of law 0, kind by kind, over the state that `law.Ledger` keeps."""

import base64url
import note
import standing
import tree
from cards import Cards
from cases import Cases
from content import Content
from preimages import day, demand, good, handle_time, key_id, possession, preimage, statement, subject

PLACES = 1 << 20


class Judgement(Cases, Cards, Content):
    """One entry against the state just before it. Every rule is checked before anything changes."""

    def __init__(self, ledger, entry):
        self.ledger, self.entry, self.index = ledger, entry, len(ledger.leaves)
        self.kind, self.body, self.time = entry["kind"], entry["body"], entry["time"]
        self.founding, self.owed = self.kind == "authority.founded", []
        self.origin = self.body["origin"] if self.founding else ledger.origin

    def deed(self):
        demand(self.founding == (self.ledger.authority is None), "founding")
        demand(not (self.ledger.authority or {}).get("frozen"), "frozen")
        demand(self.ledger.time is None or self.time >= self.ledger.time, "time-order")
        last = self.ledger.last.get(subject(self.kind, self.body))
        demand(self.entry.get("prev") == last, "prev")
        change = getattr(self, self.kind.replace(".", "_"))()
        self.outer()
        # Signatures come last: of an entry that breaks two rules the one that needs no arithmetic is named.
        for rule, signed in self.owed:
            demand(good(*signed), rule)
        return change

    def outer(self):
        owner = "authority"
        if self.kind.startswith("case."):
            owner = self.body.get("department") or self.ledger.cases[self.body["case"]]["department"]
        if self.kind.startswith("licence."):
            grant = self.body.get("grant", self.body)
            owner = grant.get("department") or self.ledger.licences[grant["handle"]]["department"]
        if self.founding:
            signer = self.body["registry"] if key_id(self.body["registry"]) == self.entry["key"] else None
        else:
            signer = self.ledger.held(self.ledger.keys, self.entry["key"])
        demand(signer and signer["purpose"] == "registry", "outer-key")
        demand(signer["owner"] == owner, "outer-key" if owner == "authority" else "not-yours")
        self.owed.append(("outer-signature", (signer["spki"], preimage(self.entry, self.origin), self.entry["sig"])))

    def approved(self, groups):
        """`groups` of (key ids to spki, how many of them): exactly so many of each, and nobody else."""
        holder = self.body.get("grant", self.body)
        approvals = holder.get("approvals", [])
        demand("not_after" in holder, "approvals")
        demand(self.time <= holder["not_after"], "not-after")
        ids = [approval["key"] for approval in approvals]
        demand(ids == sorted(set(ids)), "approvals")
        known = {}
        for group, count in groups:
            demand(sum(id in group for id in ids) == count, "approvals")
            known |= group
        demand(set(ids) <= known.keys(), "approvals")
        said = statement(self.entry, self.origin)
        self.owed += [("approval-signature", (known[a["key"]], said, a["sig"])) for a in approvals]

    def spkis(self, ids):
        return {id: self.ledger.keys[id]["spki"] for id in ids}

    def decided(self, others=()):
        registrars = self.spkis(self.ledger.keys_of("authority", "registrar"))
        self.approved([(registrars, self.ledger.authority["quorum"]), (dict(others), len(dict(others)))])

    def blob(self, reference):
        found = self.ledger.blobs.get(reference["sha256"])
        demand(found is not None and len(found) == reference["size"] <= 1 << 20, "blob")
        return found

    def proof(self, title):
        demand("possession" in title, "possession")
        demand(self.time <= title["not_after"], "not-after")
        self.owed.append(("possession", (title["spki"], possession(self.origin, title), title["possession"])))

    def new_key(self, title, purpose, beside=()):
        demand(title["purpose"] == purpose, "key-purpose")
        demand(key_id(title) not in self.ledger.keys and key_id(title) not in beside, "key-reuse")
        if purpose == "witness":
            demand("possession" not in title, "possession")
        else:
            self.proof(title)
        return {"owner": title["owner"], "purpose": purpose, "since": self.index, "spki": title["spki"]}

    def certificate(self, reference, title, code):
        """Only that the whole key and the owner stand in it; certificates are judged by other tools."""
        der = self.blob(reference)
        demand(base64url.decode(title["spki"]) in der and f"NTRCN-{code}".encode() in der, "certificate")

    def until(self, record):
        record["until"] = self.index

    # The authority.

    def authority_founded(self):
        body, new = self.body, {}
        self.address(body["base_url"])
        demand(body["law"]["version"] == 0, "law")
        self.blob(body["law"]["text"])
        demand(1 <= body["quorum"] <= len(body["registrars"]) <= 64, "registrars")
        titles = [(title, "registrar") for title in body["registrars"]]
        titles += [(body["registry"], "registry"), (body["checkpoint"]["title"], "checkpoint"), (body["root"]["title"], "root")]
        for title, purpose in titles:
            demand(title["owner"] == "authority", "key-purpose")
            new[key_id(title)] = self.new_key(title, purpose, new)
        self.certificate(body["root"]["certificate"], body["root"]["title"], body["code"])
        public = base64url.decode(body["checkpoint"]["title"]["spki"])[-32:]
        demand(body["checkpoint"]["vkey"] == note.vkey(self.origin, public), "vkey")
        if "succeeds" in body:
            lines = self.blob(body["succeeds"]["checkpoint"]).decode().split("\n")
            root = base64url.decode_standard(lines[2]) if len(lines) > 2 else None
            named = (body["succeeds"]["origin"], str(body["succeeds"]["size"]), bytes.fromhex(body["succeeds"]["root"]))
            demand((*lines[:2], root) == named and named[0] != self.origin, "founding")
        registrars = {key_id(title): title["spki"] for title in body["registrars"]}
        self.approved([(registrars, len(registrars))])

        def change():
            self.ledger.origin, self.ledger.offset, self.ledger.code = self.origin, body["offset"], body["code"]
            self.ledger.keys |= new
            self.ledger.authority = {
                "base_urls": [body["base_url"]], "frozen": False, "law": 0, "quorum": body["quorum"],
            }
        return change

    def address(self, url):
        demand(url.isascii() and url.startswith(("http://", "https://")) and not url.endswith("/"), "name")

    def authority_moved(self):
        self.address(self.body["base_url"])
        demand(self.body["base_url"] not in self.ledger.authority["base_urls"], "name")
        self.decided()
        return lambda: self.ledger.authority["base_urls"].append(self.body["base_url"])

    def registrars_changed(self):
        titles, old, new = self.body["registrars"], self.ledger.keys_of("authority", "registrar"), {}
        demand(1 <= self.body["quorum"] <= len(titles) <= 64, "registrars")
        kept = [key_id(title) for title in titles if key_id(title) in old]
        demand(len(kept) == len(set(kept)), "registrars")
        for title in titles:
            demand((title["owner"], title["purpose"]) == ("authority", "registrar"), "key-purpose")
            if key_id(title) in old:
                self.proof(title)
            else:
                new[key_id(title)] = self.new_key(title, "registrar", new)
        self.decided({id: key["spki"] for id, key in new.items()})

        def change():
            self.ledger.keys |= new
            self.ledger.authority["quorum"] = self.body["quorum"]
            for id in set(old) - set(kept):
                self.until(self.ledger.keys[id])
        return change

    def law_changed(self):
        demand(self.body["law"]["version"] == 1, "law")
        self.blob(self.body["law"]["text"])
        self.decided()
        return lambda: self.ledger.authority.update(law=1)

    def ledger_frozen(self):
        self.decided()
        return lambda: self.ledger.authority.update(frozen=True)

    # Departments, keys, types, powers.

    def department(self, code):
        demand(self.ledger.held(self.ledger.departments, code), "department")

    def department_registered(self):
        code, slug = self.body["code"], self.body["slug"]
        demand(code not in self.ledger.departments, "identifier")
        used = {"operator", "auditor"} | {held["slug"] for held in self.ledger.departments.values()}
        demand(slug not in used, "identifier")
        self.decided()
        return lambda: self.ledger.departments.update({code: {"since": self.index, "slug": slug}})

    def department_withdrawn(self):
        self.department(self.body["code"])
        self.decided()
        return lambda: self.until(self.ledger.departments[self.body["code"]])

    def key_introduced(self):
        title = self.body["title"]
        owner, purpose = title["owner"], title["purpose"]
        if owner == "authority":
            allowed = ("issuing", "registry", "status", "report", "checkpoint", "witness")
        else:
            self.department(owner)
            allowed = ("registry", "officer", "credential", "seal")
        demand(purpose in allowed, "key-purpose")
        key = self.new_key(title, purpose)
        certified = purpose in ("issuing", "credential", "seal", "status")
        demand(("certificate" in self.body) == certified, "certificate")
        if certified:
            self.certificate(self.body["certificate"], title, self.ledger.code if owner == "authority" else owner)
        old = self.ledger.keys_of("authority", "checkpoint")[-1:] if purpose == "checkpoint" else []
        self.decided(self.spkis(old))
        return lambda: self.ledger.keys.update({key_id(title): key})

    def key_retired(self):
        held = self.ledger.held(self.ledger.keys, self.body["key"])
        demand(held, "identifier")
        owner, purpose = held["owner"], held["purpose"]
        last = len(self.ledger.keys_of(owner, purpose)) == 1
        needed = owner == "authority" and purpose in ("registry", "checkpoint") and last
        demand(purpose not in ("registrar", "root") and not needed, "key-purpose")
        self.decided()
        return lambda: self.until(held)

    def type_published(self):
        versions = self.ledger.types.get(self.body["type"], [])
        demand(self.body["version"] == len(versions) + 1, "identifier")
        codes = {held["code"]: slug for slug, held_versions in self.ledger.types.items() for held in held_versions}
        demand(codes.get(self.body["type_code"], self.body["type"]) == self.body["type"], "identifier")
        demand(all(held["code"] == self.body["type_code"] for held in versions), "identifier")
        demand(all("until" not in held for held in versions), "type")
        demand(self.body["officers"] <= 16, "approvals")
        for name in ("claims", "metadata", "rules"):
            self.blob(self.body[name])
        self.decided()
        version = {"since": self.index, "code": self.body["type_code"], "officers": self.body["officers"]}
        return lambda: self.ledger.types.setdefault(self.body["type"], []).append(version)

    def published(self):
        versions = self.ledger.types.get(self.body["type"])
        demand(versions and "until" not in versions[-1], "type")
        return versions

    def type_withdrawn(self):
        versions = self.published()
        self.decided()
        return lambda: [self.until(version) for version in versions]

    def power_granted(self):
        body = self.body
        demand(body["power"] not in self.ledger.powers, "identifier")
        self.department(body["department"])
        self.published()
        demand(body["from"] <= body.get("until", "9999-12-31"), "dates")
        self.blob(body["basis"])
        self.decided()
        named = {name: body[name] for name in ("department", "from", "region", "type")}
        power = named | {"since": self.index, "last": body.get("until")}
        return lambda: self.ledger.powers.update({body["power"]: power})

    def power_withdrawn(self):
        held = self.ledger.held(self.ledger.powers, self.body["power"])
        demand(held, "power")
        self.decided()
        return lambda: self.until(held)

    # Licences.

    def free(self, place):
        demand(place["list"] >= 1 and place["index"] < PLACES, "status-place")
        demand((place["list"], place["index"]) not in self.ledger.statuses, "status-place")

    def granted(self, grant, begins):
        ledger = self.ledger
        demand(grant["handle"] not in ledger.licences, "identifier")
        demand(handle_time(grant["handle"]) <= self.time, "handle-time")
        demand(grant["valid_from"] <= grant.get("valid_until", "9999-12-31"), "dates")
        self.department(grant["department"])
        versions = ledger.types.get(grant["type"], [])
        demand(1 <= grant["version"] <= len(versions) and "until" not in versions[grant["version"] - 1], "type")
        power = ledger.held(ledger.powers, grant["power"])
        today = day(self.time, ledger.offset)
        demand(power and (power["department"], power["type"]) == (grant["department"], grant["type"]), "power")
        inside = power["region"][:2 if power["region"].endswith("0000") else 4 if power["region"].endswith("00") else 6]
        demand(grant["region"].startswith(inside) and power["from"] <= today <= (power["last"] or "9999-12-31"), "power")
        key = ledger.held(ledger.keys, grant["credential_key"])
        demand(key and (key["owner"], key["purpose"]) == (grant["department"], "credential"), "key-purpose")
        self.free(grant["status"])
        process = ledger.processes.get((grant["type"], grant["version"])) if "grant" not in self.body else None
        officers, step = versions[grant["version"] - 1]["officers"], lambda: None
        if process:
            step = self.from_case(grant, process)
        else:
            demand("case" not in grant, "case")
            asked = [version for slug, version in ledger.processes if slug == grant["type"]]
            demand(all(version < grant["version"] for version in asked), "process")
        if process:
            pass
        elif officers:
            self.nobody_stopped()
            self.approved([(self.spkis(ledger.keys_of(grant["department"], "officer")), officers)])
        else:
            demand("approvals" not in grant and "not_after" not in grant, "approvals")
        place = grant["status"]["list"], grant["status"]["index"]
        licence = {name: grant[name] for name in ("department", "region", "type", "version")} | {
            "valid_until": grant.get("valid_until"), "entries": [(self.index, begins)], "erased": False, "places": [place],
            "past_at_first": begins not in ("valid", "suspended") or today > grant.get("valid_until", "9999-12-31"),
        }

        def change():
            step()
            ledger.licences[grant["handle"]] = licence
            ledger.statuses[place] = standing.status(begins)
            if "replaces" in grant:
                licence["replaces"] = grant["replaces"]["handle"]
        return change

    def licence_issued(self):
        replaces = self.body.get("replaces")
        if not replaces:
            return self.granted(self.body, "valid")
        old = self.ledger.licences.get(replaces["handle"], {"entries": [(None, "valid")]})
        begins = old["entries"][-1][1] if replaces["cause"] in ("corrected", "reissued") else "valid"
        enter = self.granted(self.body, begins)
        self.licence(replaces["handle"])
        demand(replaces["prev"] == self.ledger.last["licence", replaces["handle"]], "prev")
        demand(old["department"] == self.body["department"], "not-yours")
        demand(old["type"] == self.body["type"], "type")
        end = self.acted(old, replaces["cause"])

        def change():
            end()
            old["replaced_by"] = self.body["handle"]
            enter()
        return change

    def licence_recorded(self):
        demand("replaces" not in self.body["grant"], "schema")
        return self.granted(self.body["grant"], self.body["standing"])

    def licence(self, handle):
        demand(handle in self.ledger.licences, "licence")
        return self.ledger.licences[handle]

    def expired(self, licence):
        return licence["valid_until"] is not None and day(self.time, self.ledger.offset) > licence["valid_until"]

    def acted(self, licence, act):
        void = any(state == "rescinded" for _, state in licence["entries"])
        demand(not (void and act == "rescinded"), "transition")
        to = standing.after(licence["entries"][-1][1], act, self.expired(licence))
        demand(to, "transition")

        def change():
            licence["entries"].append((self.index, to))
            self.ledger.statuses |= {place: standing.status(to) for place in licence["places"]}
        return change

    def licence_suspended(self):
        return self.acted(self.licence(self.body["handle"]), "suspended")

    def licence_reinstated(self):
        return self.acted(self.licence(self.body["handle"]), "reinstated")

    def licence_ended(self):
        return self.acted(self.licence(self.body["handle"]), self.body["act"])

    def licence_erased(self):
        licence = self.licence(self.body["handle"])
        demand(not licence["erased"], "licence")

        def change():
            licence["erased"] = True
            licence["entries"].append((self.index, licence["entries"][-1][1]))
        return change

    def licence_carried(self):
        licence, ledger = self.licence(self.body["handle"]), self.ledger
        # Section 5 says valid and unexpired. An erased licence has nothing left to be carried, a withdrawn department nobody
        # to carry it: there the text is silent, and both laws refuse.
        demand(licence["entries"][-1][1] == "valid" and not licence["erased"] and not self.expired(licence), "carrier")
        self.department(licence["department"])
        key = ledger.held(ledger.keys, self.body["signing_key"])
        good_key = key and key["owner"] == licence["department"] and key["purpose"] in ("credential", "seal")
        demand(good_key, "key-purpose")
        self.free(self.body["status"])
        place = self.body["status"]["list"], self.body["status"]["index"]

        def change():
            licence["places"].append(place)
            licence["entries"].append((self.index, "valid"))
            ledger.statuses[place] = 0
        return change

    # What the authority's registry key signs alone.

    def refusals_counted(self):
        body = self.body
        demand(body["from"] <= body["until"] <= self.time, "counts")
        demand(self.ledger.counted in (None, body["from"]), "counts")
        order = [(count.get("department", ""), count.get("type", ""), count["reason"]) for count in body["counts"]]
        demand(order == sorted(set(order)) and all(count["count"] > 0 for count in body["counts"]), "counts")

        def change():
            self.ledger.counted = body["until"]
        return change

    def ledger_anchored(self):
        root = tree.root(self.ledger.leaves).hex()
        demand((self.body["size"], self.body["root"]) == (self.index, root), "anchor")
        return lambda: None

    def state_anchored(self):
        size = self.body["size"]
        demand(size > (self.ledger.stated or 0) and size % 256 == 0, "anchor")
        demand(0 <= self.index - size <= 65536, "anchor")

        def change():
            self.ledger.stated = size
        return change
