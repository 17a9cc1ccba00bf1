# SPDX-License-Identifier: EUPL-1.2
"""Sessions of browsers: the cookie holds a secret, the tables only its hash, and both planes recognise it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import CreateError, SessionBase, UpdateError
from django.db import connection, transaction

from stadtkern.core import access, statements

# Of those who have not signed in: long enough to find the phone with the second factor.
_WAITING = timedelta(hours=1)
_DEVICE_LETTERS = 200


class SessionStore(SessionBase):
    """Django's sessions in `identity.session` and, once somebody has signed in, in `core.session`.

    A session ends at a fixed time after the sign-in, whatever happens meanwhile. A session that was ended
    elsewhere cannot come back: saving it raises UpdateError.
    """

    device = ""

    def load(self) -> dict[str, Any]:
        """What is remembered; nothing, under no key, where the session is unknown or over."""
        row = _one("load_session", {"secret_hash": self._hash()}) if self.session_key else None
        if row is None:
            self._session_key = None
            return {}
        return self.decode(row[0])

    def exists(self, session_key: str) -> bool:
        """Whether a key is in use."""
        return _one("session_exists", {"secret_hash": access.hash_secret(session_key)}) is not None

    def create(self) -> None:
        """Begin under a new key."""
        while True:
            self._session_key = self._get_new_session_key()  # type: ignore[attr-defined]
            try:
                self.save(must_create=True)
            except CreateError:
                continue
            self.modified = True
            return

    def save(self, must_create: bool = False) -> None:
        """Keep what is remembered. Raises CreateError for a key in use, UpdateError where it ended."""
        if self.session_key is None:
            self.create()
            return
        data = self._get_session(no_load=must_create)  # type: ignore[attr-defined]
        values = {"secret_hash": self._hash(), "data": self.encode(data)}
        if must_create:
            if _one("create_session", {**values, "lasts": _WAITING}) is None:
                raise CreateError
            return
        with transaction.atomic():
            row = _one("save_session", values)
            if row is None:
                raise UpdateError
            if row[0] is None and SESSION_KEY in data:
                self._open(user_id=int(data[SESSION_KEY]))

    def delete(self, session_key: str | None = None) -> None:
        """Forget a session in both planes."""
        key = session_key or self.session_key
        if key:
            _do("end_session", {"secret_hash": access.hash_secret(key)})

    @classmethod
    def clear_expired(cls) -> None:
        """Remove what has ended; the table that both planes read is touched only where there is something."""
        _do("end_old_sessions", {})
        row = _one("old_sign_ins", {})
        if row and row[0]:
            _do("end_old_sign_ins", {})

    def _open(self, *, user_id: int) -> None:
        principal_id = person_of(user_id=user_id)
        if principal_id is None:
            raise UpdateError
        self.clear_expired()
        lasts = timedelta(seconds=settings.SESSION_COOKIE_AGE)
        device = self.device[:_DEVICE_LETTERS]
        _do(
            "open_session",
            {"secret_hash": self._hash(), "principal_id": principal_id, "lasts": lasts, "device": device},
        )

    def _hash(self) -> bytes:
        return access.hash_secret(self.session_key or "")


def person_of(*, user_id: int) -> int | None:
    """The person behind an account that may sign in."""
    row = _one("person_of_user", {"user_id": user_id})
    return None if row is None else int(row[0])


def end_all(*, principal_id: int, but: str | None = None) -> None:
    """Sign somebody out everywhere, except where the session with the key `but` is open."""
    kept = access.hash_secret(but) if but else None
    _do("end_sessions_of", {"principal_id": principal_id, "but": kept})


def _one(name: str, values: Mapping[str, Any]) -> tuple[Any, ...] | None:
    with connection.cursor() as cursor:
        cursor.execute(statements.load("identity")[name], values)
        row: tuple[Any, ...] | None = cursor.fetchone()
        return row


def _do(name: str, values: Mapping[str, Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statements.load("identity")[name], values)
