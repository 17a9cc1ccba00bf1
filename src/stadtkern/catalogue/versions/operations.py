# SPDX-License-Identifier: EUPL-1.2
"""Brings a version back: as a new one, so that nothing is lost on the way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stadtkern.catalogue import operations
from stadtkern.catalogue.entities import Dataset, Distribution, Metadata
from stadtkern.catalogue.versions import keeping
from stadtkern.catalogue.versions.queries import Version
from stadtkern.core.database import Connection
from stadtkern.identity.permissions import Person

# When it was published, when the data changed and which series it belongs to is no description.
_STAYS = {"issued", "modified", "series_id"}
_FORM = set(Distribution.__struct_fields__) - {
    "id", "uuid", "dataset_id", "made_by", "byte_size", "checksum", "issued", "modified", "service_uuid",
}  # fmt: skip
# What follows from the data themselves, where we make the form.
_ADDRESSES = {"access_url", "download_url", "format", "media_type"}


async def restore(connection: Connection, *, by: Person, dataset: Dataset, version: Version) -> None:
    """Let the dataset say again what it said then; its state, its room and the data themselves stay.

    Forms that are still there get their words back. One that is gone comes back where it was a link to
    elsewhere. Raises NotInCatalogue, InvalidMetadata.
    """
    said = version.document["dataset"]
    names = set(Metadata.__struct_fields__) - _STAYS
    present = {str(form.uuid): form for form in dataset.distributions}
    async with connection.transaction():
        with keeping.as_one():
            await operations.change(
                connection,
                by=by,
                dataset_id=dataset.id,
                **{name: value for name, value in said.items() if name in names},
            )
            for form in version.document["distributions"]:
                await _form(connection, by=by, dataset=dataset, form=form, now=present.get(form["uuid"]))
        note = f"#{version.number}"
        await keeping.keep(connection, dataset_id=dataset.id, by=by.principal_id, note=note)


def outcome(now: Mapping[str, Any], then: Mapping[str, Any]) -> dict[str, Any]:
    """What the description will be once a version is brought back: then's words, and now's what stays."""
    present = {form["uuid"]: form for form in now["distributions"]}
    forms = []
    for form in [*now["distributions"], *(f for f in then["distributions"] if f["uuid"] not in present)]:
        old = next((f for f in then["distributions"] if f["uuid"] == form["uuid"]), None)
        if form["uuid"] in present and old is not None:
            names = _FORM - (_ADDRESSES if form.get("made_by") else set())
            forms.append(form | {name: old[name] for name in names if name in old})
        elif form["uuid"] in present or _returns(form):
            forms.append(form)
    stays = {name: now["dataset"].get(name) for name in _STAYS}
    return {"dataset": {**then["dataset"], **stays}, "distributions": forms}


def _returns(form: Mapping[str, Any]) -> bool:
    return not form.get("made_by") and str(form["access_url"]).startswith("http")


async def _form(
    connection: Connection, *, by: Person, dataset: Dataset, form: Mapping[str, Any], now: Distribution | None
) -> None:
    fields = {name: value for name, value in form.items() if name in _FORM}
    if now is not None:
        if now.made_by:
            fields = {name: value for name, value in fields.items() if name not in _ADDRESSES}
        await operations.change_distribution(connection, by=by, dataset_id=dataset.id, id=now.id, **fields)
    elif _returns(form):
        await operations.add_distribution(connection, by=by, dataset_id=dataset.id, **fields)
