"""Ids that say nothing about the person: a keyed hash, cut short.

``E-`` and eight letters (base32 of HMAC-SHA256) come from the identity number, or from name and
address where there is none. With the same key an elder keeps the id from day to day; without it
nobody can go back, not even by trying all numbers. Eight letters are 40 bits: among 10,000 people
two meet with a chance of 1 in 20,000, and then the ledger says so (CC-S062).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re

from scenarios.cells import fold

__all__ = ["Pseudonyms", "looks_personal"]

_LETTERS = 8
_ID_NUMBER = re.compile(r"\d{15}|\d{17}[\dXx]")
_PHONE = re.compile(r"(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}|0\d{2,3}[- ]?\d{7,8}")
_CHINESE_ONLY = re.compile(r"[\u4e00-\u9fff·]+")


class Pseudonyms:
    """Makes ids with a secret key; its ``repr`` does not show the key."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def __repr__(self) -> str:
        return "Pseudonyms(...)"

    def of(self, *identity: str, prefix: str = "E") -> str:
        """The id of whoever has this identity (an identity number, or name and address)."""
        parts = [fold(part).casefold().replace(" ", "") for part in identity]
        message = "\x1f".join(parts).encode()
        digest = hmac.new(self._secret, message, hashlib.sha256).digest()
        return f"{prefix}-{base64.b32encode(digest).decode()[:_LETTERS]}"


def looks_personal(text: str) -> bool:
    """Whether an id looks like an identity number, a phone number or a Chinese name.

    Chinese characters with no digit or letter among them count as a name: an id has a number.
    """
    word = fold(text).replace(" ", "")
    return any(form.fullmatch(word) for form in (_ID_NUMBER, _PHONE, _CHINESE_ONLY))
