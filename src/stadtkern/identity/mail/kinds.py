# SPDX-License-Identifier: EUPL-1.2
"""What mails are about, in words; packages above add theirs."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

_kinds: dict[str, object] = {
    "identity/invitation": _("Einladung"),
    "identity/probe": _("Probe"),
    "identity/password_reset_key": _("Neues Passwort"),
    "identity/unknown_account": _("Neues Passwort, ohne Konto"),
    "identity/email_confirmation": _("Adresse bestätigen"),
    "identity/email_confirmation_signup": _("Adresse bestätigen"),
    "identity/account_already_exists": _("Konto gibt es schon"),
}
_OTHER = _("Hinweis zum Konto")


def register(kind: str, words: object) -> None:
    """Make a kind known. Words may be lazy."""
    _kinds[kind] = words


def words(kind: str) -> str:
    """What a mail of this kind is about."""
    return str(_kinds.get(kind, _OTHER))
