# SPDX-License-Identifier: EUPL-1.2
"""Datasets, their forms and interfaces, as everything that shows or exports the catalogue reads them.

Texts are keyed by language (BCP 47). Codes stand without their base address. Those of the EU's tables:
`themes` (`TRAN`), `language` (`DEU`), `frequency` (`DAILY`), `access_rights` (`PUBLIC`), `availability`
(`STABLE`), `status` (`COMPLETED`), `format` (`CSV`); of DCAT-AP.de: `political_level` (`municipality`);
`hvd_categories` the last part of the category's address (`c_b79e35eb`); `musterdatensaetze` the slugs
(`verkehr/radverkehr/messung`). A licence is an IRI.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

from stadtkern.city import languages

Kind = Literal["series", "table", "features", "files", "link"]
KINDS: tuple[Kind, ...] = ("series", "table", "features", "files", "link")
State = Literal["draft", "published", "withdrawn"]
Texts = Mapping[str, str]
HVD_LAW = "http://data.europa.eu/eli/reg_impl/2023/138/oj"


class Contact(msgspec.Struct, frozen=True, kw_only=True):
    """Whom to ask about a dataset."""

    name: str = ""
    email: str = ""
    telephone: str = ""
    url: str = ""


class Agent(msgspec.Struct, frozen=True, kw_only=True):
    """The organisation that publishes something; `name` holds at least one language."""

    id: int
    name: Texts
    kind: str
    url: str = ""
    email: str = ""
    contributor_id: str = ""


class Room(msgspec.Struct, frozen=True, kw_only=True):
    """The data room in which a dataset lies."""

    id: int
    key: str
    kind: Literal["public", "internal", "restricted"]
    title: Texts = {}


class Distribution(msgspec.Struct, frozen=True, kw_only=True):
    """One form in which a dataset can be had; `made_by` is empty when people wrote it."""

    id: int
    uuid: UUID
    dataset_id: int
    position: int = 0
    title: Texts = {}
    description: Texts = {}
    access_url: str = ""
    download_url: str = ""
    format: str = ""
    media_type: str = ""
    licence: str = ""
    attribution: str = ""
    byte_size: int | None = None
    checksum: str = ""
    rights: str = ""
    availability: str = ""
    status: str = ""
    languages: tuple[str, ...] = ()
    issued: datetime | None = None
    modified: datetime | None = None
    conforms_to: tuple[str, ...] = ()
    service_uuid: UUID | None = None
    made_by: str = ""


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """An interface that serves datasets."""

    id: int
    uuid: UUID
    organisation_id: int | None = None
    title: Texts = {}
    description: Texts = {}
    endpoint_url: str = ""
    endpoint_description: str = ""
    documentation: tuple[str, ...] = ()
    conforms_to: tuple[str, ...] = ()
    licence: str = ""
    access_rights: str = ""
    availability: str = ""
    contact: Contact = Contact()
    hvd_categories: tuple[str, ...] = ()


class Metadata(msgspec.Struct, kw_only=True, frozen=True):
    """What people say of a dataset: everything that may be edited."""

    title: Texts = {}
    description: Texts = {}
    keywords: Mapping[str, tuple[str, ...]] = {}
    themes: tuple[str, ...] = ()
    language: tuple[str, ...] = ()
    frequency: str = ""
    issued: datetime | None = None
    modified: datetime | None = None
    temporal_from: datetime | None = None
    temporal_until: datetime | None = None
    spatial: Mapping[str, Any] | None = None
    political_level: str = ""
    municipality_key: str = ""
    contact: Contact = Contact()
    access_rights: str = ""
    availability: str = ""
    hvd_categories: tuple[str, ...] = ()
    musterdatensaetze: tuple[str, ...] = ()
    legal_basis: str = ""
    landing_page: str = ""
    documentation: tuple[str, ...] = ()
    identifier: str = ""
    same_as: tuple[str, ...] = ()
    version: str = ""
    version_notes: Texts = {}
    provenance: Texts = {}
    series_id: int | None = None
    extra: Mapping[str, Any] = {}


class Dataset(Metadata, kw_only=True, frozen=True):
    """A dataset with everything the catalogue knows of it."""

    id: int
    uuid: UUID
    key: str
    kind: Kind
    state: State
    room: Room
    organisation: Agent
    created_at: datetime
    changed_at: datetime
    source: Mapping[str, Any] | None = None
    distributions: tuple[Distribution, ...] = ()
    services: tuple[Service, ...] = ()

    @property
    def name(self) -> str:
        """The German title, or another, or the key."""
        return text_of(self.title) or self.key

    @property
    def moved(self) -> datetime:
        """When it changed last, as far as anybody has said."""
        return self.modified or self.issued or self.changed_at


def text_of(texts: Texts, language: str = "de") -> str:
    """The text in this language, else in German, else in whichever there is."""
    return languages.said(texts, language=language)
