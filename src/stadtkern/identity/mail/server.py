# SPDX-License-Identifier: EUPL-1.2
"""Hands mails in to the mail server of the settings (RFC 5321, RFC 6409) and says what came of each."""

from __future__ import annotations

import smtplib
import ssl
import time
from collections.abc import Iterator, Sequence
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Literal
from urllib.parse import unquote, urlsplit

import msgspec

from stadtkern.core import times
from stadtkern.core.settings import Settings

_SECONDS = 20.0
# A server that answers ever so slowly must not outlast the lease.
_MOST_SECONDS = 240.0
_LOCAL = ("localhost", "127.0.0.1", "::1")
Fate = Literal["sent", "later", "never"]


class Post(msgspec.Struct, frozen=True, kw_only=True):
    """Where mails are handed in. `tls`: from the first byte, by STARTTLS, or not at all."""

    host: str
    port: int
    tls: Literal["first", "start", "none"]
    user: str = ""
    password: str = ""
    ca: str | None = None
    sender: str
    name: str


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """A mail as it goes out. `headers`: those beyond the usual ones."""

    id: int
    uuid: str
    address: str
    subject: str
    body: str
    language: str
    headers: dict[str, str] = {}


class Outcome(msgspec.Struct, frozen=True):
    """What came of a mail: taken, to be tried again, or refused for good, with the server's words."""

    id: int
    fate: Fate
    error: str = ""


def post(settings: Settings) -> Post | None:
    """The mail server of the settings, if there is one."""
    if settings.mail_url is None:
        return None
    parts = urlsplit(settings.mail_url)
    host = parts.hostname or "localhost"
    plain = parts.scheme == "smtp+plain" or host in _LOCAL
    name = urlsplit(settings.base_url).hostname or "localhost"
    return Post(
        host=host,
        port=parts.port or {"smtps": 465, "smtp+plain": 25}.get(parts.scheme, 587),
        tls="first" if parts.scheme == "smtps" else "none" if plain else "start",
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        ca=str(settings.mail_ca) if settings.mail_ca else None,
        sender=settings.mail_from or f"stadtkern@{name}",
        name=name,
    )


def hand_in(post: Post, letters: Sequence[Letter]) -> Iterator[Outcome]:
    """Hand mails in over one connection; each outcome comes as soon as it is known."""
    rest = list(letters)
    if not rest:
        return
    until = time.monotonic() + _MOST_SECONDS
    try:
        with _connected(post) as server:
            while rest:
                if time.monotonic() > until:
                    raise TimeoutError("the mail server takes too long")
                outcome = _one(server, post, rest[0])
                rest.pop(0)
                yield outcome
    except (OSError, smtplib.SMTPException) as error:
        for letter in rest:
            yield Outcome(letter.id, "later", _words(error))


def _connected(post: Post) -> smtplib.SMTP:
    context = ssl.create_default_context(cafile=post.ca)
    if post.tls == "first":
        server: smtplib.SMTP = smtplib.SMTP_SSL(
            post.host, post.port, local_hostname=post.name, timeout=_SECONDS, context=context
        )
    else:
        server = smtplib.SMTP(post.host, post.port, local_hostname=post.name, timeout=_SECONDS)
    try:
        if post.tls == "start":
            server.starttls(context=context)
        if post.user:
            server.login(post.user, post.password)
    except BaseException:
        server.close()
        raise
    return server


def _one(server: smtplib.SMTP, post: Post, letter: Letter) -> Outcome:
    """Raises what ends the connection; a refusal of this mail alone is an outcome."""
    try:
        server.send_message(message(letter, post=post), to_addrs=[letter.address])
    except smtplib.SMTPRecipientsRefused as error:
        code, text = next(iter(error.recipients.values()))
        return Outcome(letter.id, _fate(code), f"{code} {_text(text)}")
    except smtplib.SMTPSenderRefused as error:  # our own fault, which can be mended
        return Outcome(letter.id, "later", _words(error))
    except smtplib.SMTPDataError as error:
        return Outcome(letter.id, _fate(error.smtp_code), _words(error))
    except (smtplib.SMTPNotSupportedError, ValueError) as error:
        return Outcome(letter.id, "never", _words(error))
    return Outcome(letter.id, "sent")


def message(letter: Letter, *, post: Post) -> EmailMessage:
    """The mail with its headers; the same number each time, so that a mail sent twice is known as one."""
    made = EmailMessage()
    made["From"] = post.sender
    made["To"] = letter.address
    made["Subject"] = " ".join(letter.subject.split())
    made["Date"] = format_datetime(times.now())
    made["Message-ID"] = f"<{letter.uuid}@{post.name}>"
    made["Auto-Submitted"] = "auto-generated"  # RFC 3834: no machine answers it
    for name, value in letter.headers.items():
        made[name] = value
    made.set_content(letter.body.strip() + "\n", cte="quoted-printable")
    made["Content-Language"] = letter.language
    return made


def _fate(code: int) -> Fate:
    return "never" if code >= 500 else "later"


def _words(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_text(error.smtp_error)}"
    return f"{type(error).__name__}: {error}"[:500]


def _text(given: bytes | str) -> str:
    text = given.decode("utf-8", "replace") if isinstance(given, bytes) else given
    return " ".join(text.split())[:400]
