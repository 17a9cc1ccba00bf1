# SPDX-License-Identifier: EUPL-1.2
"""A real mail server for tests: it takes mails, or refuses them as its recipients' names say."""

from __future__ import annotations

import asyncio
import contextlib
import email
import email.policy
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from aiosmtpd import smtp
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from stadtkern.core import settings as core_settings
from stadtkern.core.database import Connection
from stadtkern.identity.mail import jobs, queue
from stadtkern.identity.mail import server as mail_server
from stadtkern.identity.mail.server import Post

KEY = "the key of the tests"


class Box:
    """What arrived. `gone@…` is refused for good, `full@…` for now, as is everybody while `busy`."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.to: list[str] = []
        self.port = 0
        self.busy = False
        self.signed_in: list[bytes] = []
        self.came = asyncio.Event()

    async def handle_RCPT(  # noqa: N802  (aiosmtpd's name)
        self, _: smtp.SMTP, __: smtp.Session, envelope: smtp.Envelope, address: str, ___: Any
    ) -> str:
        """Whether it takes mails to this address."""
        if address.startswith("gone@"):
            return "550 5.1.1 no such mailbox"
        if self.busy or address.startswith("full@"):
            return "452 4.2.2 mailbox full"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802
        self, _: smtp.SMTP, __: smtp.Session, envelope: smtp.Envelope
    ) -> str:
        """Take a mail."""
        assert isinstance(envelope.content, bytes)
        self.mails.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        self.to += envelope.rcpt_tos
        self.came.set()
        return "250 taken"

    def text(self, number: int = -1) -> str:
        """The body of a mail."""
        return str(self.mails[number].get_content())


@contextlib.asynccontextmanager
async def server(*, tls: ssl.SSLContext | None = None, password: str = "") -> AsyncIterator[Box]:
    """A mail server on a free port; with `tls` it insists on STARTTLS, with `password` on a sign-in."""
    box = Box()

    def authenticate(*given: Any) -> smtp.AuthResult:
        data = given[-1]
        box.signed_in.append(data.login)
        return smtp.AuthResult(success=data.password == password.encode(), handled=False)

    def serve() -> smtp.SMTP:
        return smtp.SMTP(
            box,
            enable_SMTPUTF8=False,
            tls_context=tls,
            require_starttls=tls is not None,
            authenticator=authenticate if password else None,
            auth_required=bool(password),
            auth_require_tls=tls is not None,
        )

    listening = await asyncio.get_running_loop().create_server(serve, "127.0.0.1", 0)
    box.port = listening.sockets[0].getsockname()[1]
    try:
        yield box
    finally:
        listening.close()
        await listening.wait_closed()


def certificate(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """A certificate for 127.0.0.1 that only those know who are given its file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.example")])
    now = datetime.now(UTC)
    names = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    own, secret = folder / "mail.pem", folder / "mail.key"
    own.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own, secret)
    return context, own


def post(box: Box, **given: Any) -> Post:
    """The box as the settings would name it, apart from what is given."""
    told = core_settings.load(
        environment={}, mail_url=f"smtp://127.0.0.1:{box.port}", mail_from="Stadtdaten <daten@stadt.example>"
    )
    found = mail_server.post(told)
    assert found is not None
    return Post(**{name: getattr(found, name) for name in Post.__struct_fields__} | given)


async def send(connection: Connection, box: Box, *, key: str = KEY, **given: Any) -> int:
    """Hand in what is due; returns how many mails were taken up."""
    return await jobs.once(connection, post=post(box, **given), key=key)


async def left(connection: Connection) -> list[tuple[Any, ...]]:
    """State, tries and error of the mails that are still in the queue."""
    rows = await connection.execute("SELECT state, attempts, error FROM identity.mail ORDER BY id")
    return list(await rows.fetchall())


async def text(connection: Connection, address: str) -> None:
    """Let a mail wait."""
    facts = {"subject": "Grüße", "body": "Ein Tag im Grünen & <mehr>"}
    await queue.put(connection, kind="identity/text", address=address, facts=facts)
