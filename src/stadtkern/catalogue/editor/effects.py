# SPDX-License-Identifier: EUPL-1.2
"""What follows when a dataset moves: who sees it then, who no longer does, and who looks after it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from django.utils.translation import gettext, ngettext

from stadtkern.catalogue.browse import wording
from stadtkern.catalogue.editor.desk import Desk
from stadtkern.core import problems, statements
from stadtkern.ui import formats

_NAMED = 10


class Room(msgspec.Struct, frozen=True):
    """A room from or into which a dataset moves."""

    id: int
    key: str
    kind: str
    title: dict[str, str]
    organisation_id: int | None

    @property
    def name(self) -> str:
        """As people call it."""
        return wording.said(self.title) or self.key


class Effects(msgspec.Struct, frozen=True, kw_only=True):
    """Sentences: what moves, who sees it then, what others lose, what changes in the work."""

    content: str
    gains: Sequence[str]
    losses: Sequence[str]
    work: Sequence[str]


async def room(desk: Desk, *, key: str) -> Room:
    """A room by its key. Raises NotFound."""
    row = await _row(desk, "room_to_move", {"key": key})
    if row is None:
        raise problems.NotFound()
    return Room(*row)


async def organisation(desk: Desk, *, id: int) -> tuple[str, str]:
    """Kind and name of an organisation. Raises NotFound."""
    row = await _row(desk, "kind_of_organisation", {"id": id})
    if row is None:
        raise problems.NotFound()
    return row[0], wording.said(row[1]) or row[2]


async def of(desk: Desk, *, before: Room, after: Room, organisation_id: int) -> Effects:
    """What follows."""
    values = {"dataset_id": desk.dataset.id, "organisation_id": organisation_id}
    series, forms, keys = await _row(desk, "held_in_dataset", values) or (0, 0, 0)
    moved = before.key != after.key
    return Effects(
        content=_content(series, forms),
        gains=[await _seen(desk, after)] if moved else [],
        losses=await _lost(desk, before, after) if moved else [],
        work=await _work(desk, organisation_id, keys),
    )


def _content(series: int, forms: int) -> str:
    parts = []
    if series:
        parts.append(ngettext("%(n)s Messreihe", "%(n)s Messreihen", series) % {"n": formats.number(series)})
    if forms:
        said = ngettext("%(n)s Form der Daten", "%(n)s Formen der Daten", forms)
        parts.append(said % {"n": formats.number(forms)})
    return ", ".join(parts)


async def _seen(desk: Desk, room: Room) -> str:
    later = desk.dataset.state != "published"
    if room.kind == "public":
        text = gettext(
            "Alle sehen ihn, auch ohne Anmeldung: auf den Seiten, in der Suche, in Downloads und "
            "Schnittstellen und in den Katalogen anderer."
        )
    elif room.kind == "internal":
        row = await _row(desk, "how_many_inside", {})
        number = int(row[0]) if row else 0
        said = ngettext(
            "Ihn sieht, wer in der Stadt oder ihren Unternehmen eine Rolle hat: %(n)s Mensch.",
            "Ihn sehen alle, die in der Stadt oder ihren Unternehmen eine Rolle haben: %(n)s Menschen.",
            number,
        )
        text = said % {"n": formats.number(number)}
    else:
        text = await _members(desk, room)
    return text + (" " + gettext("Das gilt, sobald er veröffentlicht ist.") if later else "")


async def _members(desk: Desk, room: Room) -> str:
    """Who is in a room; by name for those who look after it."""
    rows = await _rows(desk, "who_is_in_room", {"room_id": room.id, "dataset_id": desk.dataset.id})
    names = list(dict.fromkeys(row[1] for row in rows))
    if not names:
        return gettext("Im Raum „%(room)s“ ist noch niemand. Ihn sehen nur, die ihn bearbeiten.") % {
            "room": room.name
        }
    said = ngettext(
        "Ihn sieht %(n)s Mitglied des Raums „%(room)s“.",
        "Ihn sehen die %(n)s Mitglieder des Raums „%(room)s“.",
        len(names),
    )
    text = said % {"n": formats.number(len(names)), "room": room.name}
    steward = room.organisation_id is not None and desk.person.may(
        role="steward", organisation_id=room.organisation_id
    )
    if not (desk.person.administrator or steward):
        return text
    more = gettext(" und weitere") if len(names) > _NAMED else ""
    return f"{text} ({', '.join(names[:_NAMED])}{more})"


async def _lost(desk: Desk, before: Room, after: Room) -> list[str]:
    if after.kind == "public":
        return []
    if before.kind == "public":
        return [
            gettext(
                "Wer in den neuen Raum nicht darf, findet ihn nicht mehr. Links, Programme, Einbettungen, "
                "Abonnements und Ernten anderer laufen ins Leere. Was heruntergeladen ist, bleibt dort."
            )
        ]
    lost = [
        gettext("Wer ihn bisher im Raum „%(room)s“ sah und nicht in den neuen darf, sieht ihn nicht mehr.")
        % {"room": before.name}
    ]
    values = {"room_id": before.id, "dataset_id": desk.dataset.id}
    agreed = sum(1 for row in await _rows(desk, "who_is_in_room", values) if row[2])
    if agreed:
        said = ngettext(
            "%(n)s Vereinbarung gibt ihn dann nicht mehr frei.",
            "%(n)s Vereinbarungen geben ihn dann nicht mehr frei.",
            agreed,
        )
        lost.append(said % {"n": formats.number(agreed)})
    return lost


async def _work(desk: Desk, organisation_id: int, keys: int) -> list[str]:
    if organisation_id == desk.dataset.organisation.id:
        return []
    before = wording.said(dict(desk.dataset.organisation.name))
    _, name = await organisation(desk, id=organisation_id)
    found = [
        gettext(
            "„%(after)s“ bearbeitet ihn dann und ist als Stelle genannt; „%(before)s“ kann das nicht mehr."
        )
        % {"after": name, "before": before},
        gettext("Neue Lieferungen dafür betreut „%(after)s“.") % {"after": name},
    ]
    if keys:
        said = ngettext(
            "%(n)s Geräteschlüssel von anderen Stellen sendet dann nichts mehr hinein.",
            "%(n)s Geräteschlüssel von anderen Stellen senden dann nichts mehr hinein.",
            keys,
        )
        found.append(said % {"n": formats.number(keys)})
    return found


async def _row(desk: Desk, name: str, values: dict[str, Any]) -> Any:
    return next(iter(await _rows(desk, name, values)), None)


async def _rows(desk: Desk, name: str, values: dict[str, Any]) -> list[Any]:
    cursor = await desk.visit.connection.execute(statements.load("catalogue")[name], values)
    return list(await cursor.fetchall())
