# SPDX-License-Identifier: EUPL-1.2
"""Keeps programs from filling the form, without asking a third party and without keeping who wrote.

A form carries a ticket of its own: signed, some seconds to a day old, good for one request.
Of addresses only a keyed digest is held, in memory, for an hour, under a key that dies with the process.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import time
from collections import defaultdict

from django.conf import settings
from django.core import signing
from django.http import HttpRequest

TOO_FAST, TOO_OLD = 3, 86_400
PER_HOUR = 5
MOST_LINKS = 2
MOST_WAITING = 300
_MOST_ADDRESSES = 10_000
_HOUR = 3600.0
_LINK = re.compile(r"https?://|www\.|\[url|<a\s", re.IGNORECASE)
_signer = signing.Signer(salt="ui.guard.tickets")


def ticket() -> str:
    """A ticket for one form; the millisecond of its handing out is in it."""
    return _signer.sign(f"{secrets.token_urlsafe(12)}.{signing.b62_encode(round(time.time() * 1000))}")


def age(given: str) -> float | None:
    """Seconds since the ticket was handed out; None for one that is not ours."""
    try:
        since = _signer.unsign(given).partition(".")[2]
    except signing.BadSignature:
        return None
    return time.time() - signing.b62_decode(since) / 1000


def secret(given: str) -> str:
    """The secret address that belongs to a ticket: sending the same form twice leads to the same place."""
    key = settings.SECRET_KEY.encode()
    return hmac.new(key, b"catalogue.requests:" + given.encode(), hashlib.sha256).hexdigest()[:40]


def links(text: str) -> int:
    """How many links stand in a text."""
    return len(_LINK.findall(text))


class Patience:
    """How often one address may ask; forgets by itself."""

    per_hour = PER_HOUR

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._asked: defaultdict[bytes, list[float]] = defaultdict(list)

    def take(self, request: HttpRequest) -> bool:
        """Count one request; False when there were enough within the hour."""
        now = time.monotonic()
        last = request.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
        address = last or request.META.get("REMOTE_ADDR", "")
        digest = hashlib.blake2b(address.encode(), key=self._key, digest_size=16).digest()
        if len(self._asked) > _MOST_ADDRESSES:
            self._asked.clear()
        recent = [at for at in self._asked[digest] if now - at < _HOUR]
        self._asked[digest] = recent
        if len(recent) >= self.per_hour:
            return False
        recent.append(now)
        return True

    def forget(self) -> None:
        """Forget everybody."""
        self._asked.clear()


PATIENCE = Patience()
