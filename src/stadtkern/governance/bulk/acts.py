# SPDX-License-Identifier: EUPL-1.2
"""What can be done to several datasets at once: what stands in the way, what it does, how it is undone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from django.utils.translation import gettext, gettext_lazy

from stadtkern.catalogue import operations as catalogue
from stadtkern.catalogue import vocabularies
from stadtkern.catalogue.browse import wording
from stadtkern.catalogue.entities import Dataset
from stadtkern.catalogue.operations import datasets, moving
from stadtkern.core.database import Connection
from stadtkern.identity.permissions import Person, Role


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What shall be done, as the form and the database have it; `title`: of room, theme or licence."""

    act: str
    value: str = ""
    title: str = ""
    attribution: str = ""


class Line(NamedTuple):
    """One dataset in the preview: how it is, how it would be, or what stands in the way."""

    dataset: Dataset
    title: str
    before: str
    after: str
    hindrance: str


class Act(NamedTuple):
    """One kind of step. `role`: who may take it, where the dataset belongs."""

    title: Any
    about: Any
    role: Role
    look: Callable[[Dataset, Said, Mapping[int, str]], tuple[str, str, str]]
    before: Callable[[Dataset], Any]
    apply: Callable[[Connection, Person, Dataset, Said], Awaitable[Any]]
    undo: Callable[[Connection, Person, Dataset, Any], Awaitable[Any]]


def preview(
    found: Sequence[Dataset], said: Said, *, person: Person, partners: Mapping[int, str]
) -> list[Line]:
    """What would happen to each. `partners`: kinds of the organisations that the datasets belong to."""
    act, lines = ACTS[said.act], []
    for dataset in found:
        before, after, hindrance = act.look(dataset, said, partners)
        if not person.may(role=act.role, organisation_id=dataset.organisation.id):
            hindrance = gettext("Dafür fehlt Ihnen die Rolle.")
        lines.append(
            Line(dataset, wording.said(dict(dataset.title)) or dataset.key, before, after, hindrance)
        )
    return lines


def title(said: Said, *, rooms: Mapping[str, str]) -> str:
    """A step's room, theme or licence in the page's language; a room that is gone as it was called then."""
    match said.act:
        case "move":
            return rooms.get(said.value, said.title)
        case "theme":
            return wording.name("theme", said.value)
        case "licence":
            return vocabularies.licence(said.value).name
    return said.title


def _look_publish(dataset: Dataset, said: Said, kinds: Mapping[int, str]) -> tuple[str, str, str]:  # noqa: ARG001
    before, after = str(wording.STATES[dataset.state]), str(wording.STATES["published"])
    if dataset.state == "published":
        return before, before, gettext("Ist schon veröffentlicht.")
    lacking = [str(wording.MISSING[name]) for name in datasets.missing(dataset)]
    return before, after, gettext("Es fehlt: %(what)s.") % {"what": ", ".join(lacking)} if lacking else ""


def _look_withdraw(dataset: Dataset, said: Said, kinds: Mapping[int, str]) -> tuple[str, str, str]:  # noqa: ARG001
    before, after = str(wording.STATES[dataset.state]), str(wording.STATES["withdrawn"])
    return before, after, gettext("Ist schon zurückgezogen.") if dataset.state == "withdrawn" else ""


def _look_move(dataset: Dataset, said: Said, kinds: Mapping[int, str]) -> tuple[str, str, str]:
    before = wording.said(dict(dataset.room.title)) or dataset.room.key
    hindrance = gettext("Liegt schon dort.") if dataset.room.key == said.value else ""
    if said.value == "internal" and kinds.get(dataset.organisation.id) == "partner":
        hindrance = gettext("Partner sehen nichts Internes.")
    return before, said.title, hindrance


def _look_theme(dataset: Dataset, said: Said, kinds: Mapping[int, str]) -> tuple[str, str, str]:  # noqa: ARG001
    names = [wording.name("theme", code) for code in dataset.themes]
    before = ", ".join(names) or gettext("kein Thema")
    after = ", ".join([*names, said.title])
    return before, after, gettext("Hat dieses Thema schon.") if said.value in dataset.themes else ""


def _look_licence(dataset: Dataset, said: Said, kinds: Mapping[int, str]) -> tuple[str, str, str]:  # noqa: ARG001
    known = {vocabularies.licence(f.licence).name for f in dataset.distributions if f.licence}
    hindrance = "" if dataset.distributions else gettext("Hat noch keine Form der Daten.")
    given = {(form.licence, form.attribution) for form in dataset.distributions}
    if given == {(said.value, said.attribution)}:
        hindrance = gettext("Hat diese Lizenz schon.")
    return ", ".join(sorted(known)) or gettext("keine Lizenz"), said.title, hindrance


async def _publish(connection: Connection, by: Person, dataset: Dataset, said: Said) -> Any:  # noqa: ARG001
    return await catalogue.publish(connection, by=by, dataset_id=dataset.id)


async def _withdraw(connection: Connection, by: Person, dataset: Dataset, said: Said) -> Any:  # noqa: ARG001
    return await catalogue.withdraw(connection, by=by, dataset_id=dataset.id)


async def _put_back(connection: Connection, by: Person, dataset: Dataset, before: Any) -> Any:
    issued = datetime.fromisoformat(before["issued"]) if before["issued"] else None
    return await datasets.put_back(
        connection, by=by, dataset_id=dataset.id, state=before["state"], issued=issued
    )


async def _move(connection: Connection, by: Person, dataset: Dataset, said: Said) -> Any:
    await _into(connection, by, dataset, said.value)


async def _into(connection: Connection, by: Person, dataset: Dataset, room: str) -> Any:
    own = dataset.organisation.id
    await moving.move(
        connection, by=by, dataset_id=dataset.id, room=room, organisation_id=own,
        seen=(dataset.room.key, own),
    )  # fmt: skip


async def _theme(connection: Connection, by: Person, dataset: Dataset, said: Said) -> Any:
    themes = (*dataset.themes, said.value)
    return await catalogue.change(connection, by=by, dataset_id=dataset.id, themes=themes)


async def _themes(connection: Connection, by: Person, dataset: Dataset, before: Any) -> Any:
    return await catalogue.change(connection, by=by, dataset_id=dataset.id, themes=tuple(before))


async def _licence(connection: Connection, by: Person, dataset: Dataset, said: Said) -> Any:
    values = [[form.id, said.value, said.attribution] for form in dataset.distributions]
    return await _licences(connection, by, dataset, values)


async def _licences(connection: Connection, by: Person, dataset: Dataset, before: Any) -> Any:
    there = {form.id for form in dataset.distributions}
    for number, licence, attribution in before:
        if number in there:
            await catalogue.change_distribution(
                connection, by=by, dataset_id=dataset.id, id=number, licence=licence, attribution=attribution
            )


def _state(dataset: Dataset) -> Any:
    return {"state": dataset.state, "issued": dataset.issued and dataset.issued.isoformat()}


ACTS: Mapping[str, Act] = {
    "publish": Act(
        gettext_lazy("Veröffentlichen"),
        gettext_lazy("Sehen kann sie dann, wer in ihren Raum darf; im öffentlichen Raum alle."),
        "publisher", _look_publish, _state, _publish, _put_back,
    ),
    "withdraw": Act(
        gettext_lazy("Zurückziehen"),
        gettext_lazy("Nur noch Ihre Stelle sieht sie. Links und Programme anderer laufen ins Leere."),
        "publisher", _look_withdraw, _state, _withdraw, _put_back,
    ),
    "move": Act(
        gettext_lazy("In einen anderen Raum verschieben"),
        gettext_lazy("Damit ändert sich, wer sie sieht. Alles darin geht mit."),
        "publisher", _look_move, lambda dataset: dataset.room.key, _move, _into,
    ),
    "theme": Act(
        gettext_lazy("Ein Thema ergänzen"),
        gettext_lazy("Andere Themen bleiben."),
        "editor", _look_theme, lambda dataset: list(dataset.themes), _theme, _themes,
    ),
    "licence": Act(
        gettext_lazy("Eine Lizenz setzen"),
        gettext_lazy("Für alle Formen der Daten. Was schon heruntergeladen ist, behält die alte Lizenz."),
        "editor", _look_licence,
        lambda dataset: [[form.id, form.licence, form.attribution] for form in dataset.distributions],
        _licence, _licences,
    ),
}  # fmt: skip
