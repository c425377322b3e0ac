"""What entries are: how bytes are read (law 0, section 2), what is signed (sections 2 and 4), what days are (section 1)."""

from datetime import datetime, timedelta

import base64url
import canonical
import forms
import keys


class Broken(Exception):
    """The name of the broken rule, `unknown-law` or `unknown-kind`."""


def demand(holds, rule):
    if not holds:
        raise Broken(rule)


def without(body, kind):
    """A body without its approvals."""
    if kind == "licence.recorded":
        return body | {"grant": without(body["grant"], "")}
    return {name: value for name, value in body.items() if name != "approvals"}


def statement(entry, origin):
    said = {"body": without(entry["body"], entry["kind"])} | ({"prev": entry["prev"]} if "prev" in entry else {})
    return f"vidimus/statement/{entry['kind']}/v1\n{origin}\n".encode() + canonical.write(said)


def preimage(entry, origin):
    unsigned = {name: value for name, value in entry.items() if name != "sig"}
    return f"vidimus/entry/{entry['kind']}/v1\n{origin}\n".encode() + canonical.write(unsigned)


def possession(origin, title):
    claim = {name: title[name] for name in ("not_after", "owner", "purpose", "spki")}
    return f"vidimus/possession/v1\n{origin}\n".encode() + canonical.write(claim)


def key_id(title):
    return keys.key_id(base64url.decode(title["spki"]))


def good(spki, message, signature):
    return keys.verifies(base64url.decode(spki), message, base64url.decode(signature))


def minutes(offset):
    return (1 if offset[0] == "+" else -1) * (int(offset[1:3]) * 60 + int(offset[4:6]))


def day(time, offset):
    return (datetime.fromisoformat(time[:-1]) + timedelta(minutes=minutes(offset))).date().isoformat()


def handle_time(handle):
    made = datetime(1970, 1, 1) + timedelta(milliseconds=int(handle.replace("-", "")[:12], 16))
    return made.isoformat(timespec="milliseconds") + "Z"


def subject(kind, body):
    family = kind.split(".")[0]
    if kind in ("refusals.counted", "ledger.anchored", "supervision.published"):
        return kind
    if family == "state":
        return "state"
    if family in ("authority", "registrars", "law", "ledger"):
        return "authority"
    if family == "key":
        return "key", body.get("key") or key_id(body["title"])
    names = {
        "department": "code", "type": "type", "power": "power", "officer": "officer", "process": "type",
        "calendar": "year", "card": "card", "content": "content", "case": "case",
    }
    return family, body.get("grant", body)[names.get(family, "handle")]


def read(given):
    """Section 2, before any state is looked at."""
    demand(len(given) <= 16384, "size")
    demand(canonical.is_canonical(given), "canonical")
    entry = canonical.parse(given)
    demand(forms.is_envelope(entry), "schema")
    kind, body = entry["kind"], entry["body"]
    demand(kind in forms.BODIES, "unknown-kind")
    demand(forms.fits(body, forms.BODIES[kind]), "schema")
    spared = body.get("grant", body).get("approvals") if kind.startswith("licence.") else None
    length = len(given) - (len(canonical.write({"approvals": spared})) - 1 if spared else 0)
    demand(length <= 2048 or not kind.startswith("licence."), "size")
    demand(given.isascii() or kind in ("authority.founded", "department.registered"), "ascii")
    return entry


