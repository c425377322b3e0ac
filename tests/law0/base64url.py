"""Unpadded base64url with zero trailing bits (RFC 4648 section 5), and the padded standard alphabet of notes."""

import base64
import binascii
import re


def encode(given):
    return base64.urlsafe_b64encode(given).rstrip(b"=").decode()


def decode(text):
    """The bytes, or None. Python's decoder forgives much, so what it gives must be written back the same."""
    if not re.fullmatch(r"[A-Za-z0-9_-]*", text) or len(text) % 4 == 1:
        return None
    given = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    return given if encode(given) == text else None


def decode_standard(text):
    """The bytes of strict, padded, standard base64, or None."""
    try:
        given = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return given if base64.b64encode(given).decode() == text else None
