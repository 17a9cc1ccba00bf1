# SPDX-License-Identifier: EUPL-1.2
"""Roles, verbs and kinds of organisations as people call them."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

ROLES: dict[str, Promise] = {
    "reader": _("Lesen"),
    "editor": _("Bearbeiten"),
    "steward": _("Daten verantworten"),
    "publisher": _("Veröffentlichen"),
    "administrator": _("Verwalten"),
}
ROLES_IN_FULL: dict[str, Promise] = {
    "reader": _("Lesen – sieht, was intern ist"),
    "editor": _("Bearbeiten – pflegt Beschreibungen und Entwürfe"),
    "steward": _("Daten verantworten – entscheidet über Daten und Geräte"),
    "publisher": _("Veröffentlichen – gibt Datensätze frei"),
    "administrator": _("Verwalten – lädt Menschen ein und vergibt Rollen"),
}
KINDS: dict[str, Promise] = {
    "city": _("Stadt"),
    "department": _("Amt oder Abteilung"),
    "municipal": _("Städtisches Unternehmen"),
    "partner": _("Partner"),
}
VERBS: dict[str, Promise] = {
    "read": _("lesen"),
    "create": _("Messwerte senden"),
    "update": _("ändern"),
    "delete": _("löschen"),
    "entities": _("Messorte und Messreihen anlegen"),
}
# What allauth says; spelled our way in English (in the catalogue of words), as it is in German.
BORROWED = (
    _("Email"),
    _("Email address"),
    _("Current Password"),
    _("New Password"),
    _("New Password (again)"),
    _("The email address and/or password you specified are not correct."),
    _("This email address is already associated with this account."),
    _("A user is already registered with this email address."),
)


def role(key: str) -> str:
    """A role in a word."""
    return str(ROLES.get(key, key))


def verb(key: str) -> str:
    """What a key may do."""
    return str(VERBS.get(key, key))


def organisation_kind(key: str) -> str:
    """What sort of organisation it is."""
    return str(KINDS.get(key, key))
