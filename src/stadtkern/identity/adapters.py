# SPDX-License-Identifier: EUPL-1.2
"""Where allauth asks us: who may sign up, which addresses are ours, how secrets are kept."""

from __future__ import annotations

import base64
import hashlib
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

_SAID = "_said"


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Accounts with e-mail address and password."""

    error_messages: ClassVar[dict[str, Any]] = {
        **DefaultAccountAdapter.error_messages,
        "too_many_login_attempts": gettext_lazy(
            "Das waren zu viele Versuche. Bitte warten Sie ein paar Minuten."
        ),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002
        """Only where the installation says so; everybody else comes by invitation."""
        return bool(settings.SIGNUP_OPEN)

    def is_safe_url(self, url: str | None) -> bool:
        """Redirects stay here: a path, and nothing that a browser could take for another host."""
        return (
            bool(url)
            and str(url).startswith("/")
            and url_has_allowed_host_and_scheme(url, allowed_hosts=None)
        )

    def get_client_ip(self, request: HttpRequest) -> str:
        """Who is asking, for limits of rate: told by our own front, or by the connection itself."""
        direct = str(request.META.get("REMOTE_ADDR") or "")
        if direct:
            return direct
        return request.headers.get("x-forwarded-for", "").rpartition(",")[2].strip() or "unknown"

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Mails speak of our public address, whatever the Host header says."""
        name = urlsplit(settings.PUBLIC_URL).netloc
        context = {**context, "current_site": SimpleNamespace(name=name, domain=name)}
        kind = "identity/" + template_prefix.rpartition("/")[2]
        self.render_mail(template_prefix, email, context, headers={"X-Kind": kind}).send()

    def format_email_subject(self, subject: str) -> str:
        """As it is written; the sender says whose it is."""
        return subject

    def add_message(
        self,
        request: HttpRequest,
        level: int,  # noqa: ARG002
        message_template: str | None = None,  # noqa: ARG002
        message_context: dict[str, Any] | None = None,  # noqa: ARG002
        extra_tags: str = "",  # noqa: ARG002
        message: str | None = None,
    ) -> None:
        """Remember what went wrong until the next page of the account; what went well shows by itself."""
        if message:
            request.session[_SAID] = str(message)


def said(request: HttpRequest) -> str:
    """What was to be said on the next page, once."""
    return str(request.session.pop(_SAID, ""))


class MFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Second factors and passkeys."""

    def encrypt(self, text: str) -> str:
        """Keys of authenticator apps and recovery codes are of no use to whoever only has the database."""
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """The counterpart. Raises InvalidToken where the installation's secret key was changed."""
        return _cipher().decrypt(encrypted_text.encode()).decode()

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Passkeys are made for our public address, whatever the Host header says."""
        return {"id": urlsplit(settings.PUBLIC_URL).hostname or "localhost", "name": self._get_site_name()}

    def _get_site_name(self) -> str:
        return urlsplit(settings.PUBLIC_URL).hostname or "Stadtkern"


def _cipher() -> Fernet:
    from cryptography.fernet import Fernet  # large, and needed by few

    key = hashlib.sha256(b"stadtkern.identity.mfa" + settings.SECRET_KEY.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(key))
