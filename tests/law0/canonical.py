"""Canonical JSON of law 0, section 2: RFC 8785 restricted to strings, booleans, integers, arrays and objects."""

import json

MAX_INTEGER = 2**53 - 1
MAX_DEPTH = 8

SHORT = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}


class Refused(ValueError):
    """Why bytes are not canonical JSON."""


def _members(pairs):
    members = dict(pairs)
    if len(members) != len(pairs):
        raise Refused("duplicate member")
    return members


def _integer(text):
    if text == "-0":
        raise Refused("-0")
    # Bounded before int(), which refuses thousands of digits with an error of its own.
    if len(text) > 17 or abs(int(text)) > MAX_INTEGER:
        raise Refused("integer beyond 2^53 - 1")
    return int(text)


def _refused(text):
    raise Refused(text)


def parse(given):
    """The value of JSON bytes; no duplicate members, floats, or constants that JSON does not have."""
    try:
        text = given.decode("utf-8")
        if text.startswith("\ufeff"):
            raise Refused("byte-order mark")
        return json.loads(
            text, object_pairs_hook=_members, parse_int=_integer, parse_float=_refused, parse_constant=_refused
        )
    except (ValueError, RecursionError) as error:
        raise Refused(str(error)) from error


def write(value, depth=0):
    """The canonical bytes of a value."""
    if isinstance(value, bool):
        return b"true" if value else b"false"
    if isinstance(value, int):
        if abs(value) > MAX_INTEGER:
            raise Refused("integer beyond 2^53 - 1")
        return str(value).encode()
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, (list, dict)) and depth == MAX_DEPTH:
        raise Refused("too deep")
    if isinstance(value, list):
        return b"[" + b",".join(write(item, depth + 1) for item in value) + b"]"
    if isinstance(value, dict):
        if not all(name.isascii() for name in value):
            raise Refused("member name beyond ASCII")
        members = (_string(name) + b":" + write(value[name], depth + 1) for name in sorted(value))
        return b"{" + b",".join(members) + b"}"
    raise Refused(f"{type(value).__name__} in canonical JSON")


def _string(text):
    try:
        return ('"' + "".join(_escaped(c) for c in text) + '"').encode("utf-8")
    except UnicodeEncodeError as error:
        raise Refused("lone surrogate") from error


def _escaped(c):
    return SHORT.get(c) or (f"\\u{ord(c):04x}" if c < " " else c)


def is_canonical(given):
    try:
        return write(parse(given)) == given
    except Refused:
        return False
