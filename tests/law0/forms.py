"""The closed schema of every kind of entry (law 0, section 2), written from the design and not from the code."""

import re
from datetime import date, datetime

import base64url
import keys

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z")


def is_time(text):
    """Section 1: exactly YYYY-MM-DDTHH:MM:SS.mmmZ, of a day and a moment that exist; no leap seconds."""
    if not TIME.fullmatch(text):
        return False
    try:
        datetime(*(int(part) for part in re.split(r"[-T:.]", text[:-5])))
    except ValueError:
        return False
    return True


def is_date(text):
    try:
        return re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text) is not None and bool(date.fromisoformat(text))
    except ValueError:
        return False


def is_code(text):
    """A unified social credit code, GB 32100, with its check character."""
    if len(text) != 18 or not set(text) <= set(ALPHABET):
        return False
    total = sum(ALPHABET.index(c) * pow(3, i, 31) for i, c in enumerate(text[:17]))
    return ALPHABET[(31 - total % 31) % 31] == text[17]


def is_handle(text):
    return re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", text) is not None


def pattern(expression):
    return lambda text: re.fullmatch(expression, text) is not None


def is_binary(length):
    return lambda text: len(base64url.decode(text) or b"") == length


def is_spki(text):
    return keys.key_id(base64url.decode(text) or b"") is not None


def one_of(*words):
    return lambda text: text in words


DIGEST, KEY_ID = pattern("[0-9a-f]{64}"), pattern("[0-9a-f]{32}")
SLUG = pattern("(?=.{1,64}$)[a-z][a-z0-9]*(-[a-z0-9]+)*")
POWER = pattern("[a-z0-9-]{1,64}")
REGION = pattern("[1-9][0-9]{5}")
ORIGIN = pattern(r"(?!vidimus/|cosignature/)(?=.{1,255}$)[a-z0-9.-]+(/[a-z0-9._-]+)*")
OFFSET = pattern(r"(?!-00:00)[+-](0[0-9]|1[0-7]):[0-5][0-9]|[+-]18:00")
TEXT = lambda text: True
TRUE = object()
PURPOSE = one_of(
    "root", "issuing", "registry", "registrar", "officer", "credential", "seal", "status", "report", "checkpoint", "witness"
)


def is_owner(text):
    return text == "authority" or is_code(text)


ABOUT = {"case": is_handle, "licence": is_handle, "officer": is_handle, "department": is_code}


def about(value):
    """What a card is about; a form of its own: exactly one member of `ABOUT`."""
    return fits(value, about)


# A form is a test of a string, `int`, a range, a list of one form, or the members of an object; `?` marks those that may lack.
BLOB = {"sha256": DIGEST, "size": int}
TITLE = {"not_after": is_time, "owner": is_owner, "possession?": is_binary(64), "purpose": PURPOSE, "spki": is_spki}
NAME = {"en": TEXT, "zh": TEXT}
LAW = {"text": BLOB, "version": int}
PLACE = {"index": range(1 << 32), "list": range(1 << 32)}
APPROVED = {"approvals?": [{"key": KEY_ID, "sig": is_binary(64)}], "not_after": is_time}
GRANT = {
    "approvals?": APPROVED["approvals?"], "case?": {"handle": is_handle, "prev": DIGEST}, "commitment": DIGEST,
    "credential_digest": DIGEST, "credential_key": KEY_ID,
    "department": is_code, "handle": is_handle, "not_after?": is_time, "power": POWER, "region": REGION,
    "replaces?": {"cause": one_of("renewed", "changed", "corrected", "reissued"), "handle": is_handle, "prev": DIGEST},
    "status": PLACE, "type": SLUG, "valid_from": is_date, "valid_until?": is_date, "version": int,
}
DAYS = {name: int for name in ("accept", "decide", "deliver", "examine", "issue", "total")}
ACTING = APPROVED | {"case": is_handle}
ENDING = one_of("recalled", "rescinded", "penalty", "annulled", "cancelled")
ACTED = {"commitment": DIGEST, "handle": is_handle}
BODIES = {
    "authority.founded": APPROVED | {
        "base_url": TEXT, "checkpoint": {"title": TITLE, "vkey": TEXT}, "code": is_code, "law": LAW, "name": NAME,
        "offset": OFFSET, "origin": ORIGIN, "quorum": int, "region": REGION, "registrars": [TITLE], "registry": TITLE,
        "root": {"certificate": BLOB, "title": TITLE},
        "succeeds?": {"checkpoint": BLOB, "origin": ORIGIN, "root": DIGEST, "size": int},
    },
    "authority.moved": APPROVED | {"base_url": TEXT},
    "registrars.changed": APPROVED | {"quorum": int, "registrars": [TITLE]},
    "law.changed": APPROVED | {"law": LAW},
    "ledger.frozen": APPROVED,
    "department.registered": APPROVED | {"code": is_code, "name": NAME, "region": REGION, "slug": SLUG},
    "department.withdrawn": APPROVED | {"code": is_code},
    "key.introduced": APPROVED | {"certificate?": BLOB, "title": TITLE},
    "key.retired": APPROVED | {"key": KEY_ID},
    "type.published": APPROVED | {
        "claims": BLOB, "metadata": BLOB, "officers": int, "rules": BLOB, "type": SLUG, "version": int,
        "type_code": lambda text: len(text) == 21 and is_code(text[:18]) and text[18:].isdigit(),
    },
    "type.withdrawn": APPROVED | {"type": SLUG},
    "power.granted": APPROVED | {
        "basis": BLOB, "department": is_code, "from": is_date, "power": POWER, "region": REGION, "type": SLUG,
        "until?": is_date,
    },
    "power.withdrawn": APPROVED | {"power": POWER},
    "officer.appointed": APPROVED | {
        "department": is_code, "from": is_date, "key": KEY_ID, "officer": is_handle,
        "roles": [one_of("intake", "examiner", "signer", "supervisor")], "until?": is_date,
    },
    "officer.left": APPROVED | {"officer": is_handle},
    "process.published": APPROVED | {
        "approvers": [{"department?": is_code, "officers": int}], "promise?": int, "promised": DAYS, "type": SLUG,
        "version": int,
    },
    "calendar.published": APPROVED | {"exceptions": [{"date": is_date, "working": bool}], "year": range(1 << 16)},
    "case.filed": {
        "case": is_handle, "commitment": DIGEST, "corrects?": is_handle, "department": is_code, "matter?": is_handle,
        "promise": bool, "region": REGION, "type": SLUG, "version": int,
    },
    "case.accepted": ACTING,
    "case.declined": ACTING | {"commitment": DIGEST},
    "case.asked": ACTING | {"commitment": DIGEST},
    "case.supplied": {"case": is_handle, "commitment": DIGEST},
    "case.examined": ACTING | {"commitment": DIGEST, "opinion": one_of("grant", "refuse")},
    "case.decided": ACTING | {
        "commitment": DIGEST, "licence?": {"credential_digest": DIGEST, "handle": is_handle}, "upheld?": TRUE,
    },
    "case.delivered": {"case": is_handle},
    "case.rated": {"case": is_handle, "commitment?": DIGEST, "level": range(1, 6)},
    "case.withdrawn": {"case": is_handle, "commitment": DIGEST},
    "case.rectified": ACTING | {"commitment": DIGEST},
    "case.checked": ACTING | {"commitment": DIGEST, "truth": one_of("kept", "false")},
    "supervision.published": APPROVED | {"rules": BLOB},
    "content.found": {
        "at": int, "content": int, "department": is_code, "facts": DIGEST, "licence": is_handle, "rules": [SLUG],
    },
    "card.raised": {
        "about": about, "at": int, "card": int, "colour": one_of("yellow", "red"), "department": is_code, "facts": DIGEST,
        "rule": SLUG, "stops?": TRUE,
    },
    "card.ordered": APPROVED | {"card": int, "within": int},
    "card.answered": APPROVED | {"card": int, "outcome": one_of("corrected", "explained", "accountable")},
    "card.released": APPROVED | {"card": int},
    "licence.issued": GRANT,
    "licence.recorded": {
        "grant": GRANT, "standing": lambda text: text in ("valid", "suspended") or ENDING(text),
        "trust": one_of("A", "B", "C", "D"),
    },
    "licence.carried": {
        "carrier": one_of("wallet", "pdf", "qr"), "digest": DIGEST, "handle": is_handle, "signing_key": KEY_ID,
        "status": PLACE,
    },
    "licence.suspended": ACTED,
    "licence.reinstated": ACTED,
    "licence.ended": ACTED | {"act": ENDING},
    "licence.erased": ACTED,
    "refusals.counted": {
        "counts": [{"count": int, "department?": is_code, "reason": SLUG, "type?": SLUG}], "from": is_time,
        "until": is_time,
    },
    "ledger.anchored": {"root": DIGEST, "size": int},
    "state.anchored": {"root": DIGEST, "size": int},
}


def fits(value, form):
    if form is about:
        return isinstance(value, dict) and len(value) == 1 and any(fits(value, {name: of}) for name, of in ABOUT.items())
    if form is TRUE:
        return value is True
    if form is bool:
        return type(value) is bool
    if form is int:
        return type(value) is int and value >= 0
    if isinstance(form, range):
        return type(value) is int and value in form
    if isinstance(form, list):
        return isinstance(value, list) and all(fits(item, form[0]) for item in value)
    if isinstance(form, dict):
        needed = {name for name in form if not name.endswith("?")}
        known = {name.rstrip("?"): member for name, member in form.items()}
        return (
            isinstance(value, dict)
            and needed <= value.keys() <= known.keys()
            and value.get("approvals") != []
            and all(fits(member, known[name]) for name, member in value.items())
        )
    return isinstance(value, str) and form(value)


def is_envelope(entry):
    needed = {"body", "key", "kind", "sig", "time", "v"}
    return (
        isinstance(entry, dict)
        and needed <= entry.keys() <= needed | {"prev"}
        and entry["v"] == 1
        and all(isinstance(entry[name], str) for name in entry.keys() - {"body", "v"})
        and KEY_ID(entry["key"]) and is_time(entry["time"]) and is_binary(64)(entry["sig"])
        and DIGEST(entry.get("prev", "0" * 64))
    )
