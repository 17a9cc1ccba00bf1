# SPDX-License-Identifier: EUPL-1.2
"""Who may see, change and let out entries: members of the organisation, and stewards of the whole city."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from stadtkern.catalogue.inventory.entities import Entry, Organisation
from stadtkern.core import problems, statements
from stadtkern.core.database import Connection
from stadtkern.core.fragments import Fragment
from stadtkern.identity import permissions
from stadtkern.identity.permissions import Person

_RANK = {"reader": 1, "editor": 2, "steward": 3, "publisher": 4, "administrator": 5}


class FourEyes(problems.Problem):
    """Whoever proposes a release cannot decide it.

    Another person with the role of publisher must look at it; or withdraw the proposal.
    """

    status = 409


class Reach(msgspec.Struct, frozen=True, kw_only=True):
    """What one person may do in the inventory, by organisation."""

    person_id: int
    administrator: bool = False
    organisations: Sequence[Organisation] = ()

    @property
    def city(self) -> int:
        """The highest rank in the city itself, which holds in every organisation from steward on."""
        if self.administrator:
            return _RANK["administrator"]
        rank = max((_RANK.get(o.role, 0) for o in self.organisations if o.kind == "city"), default=0)
        return rank if rank >= _RANK["steward"] else 0

    def rank(self, organisation_id: int) -> int:
        """The rank in one organisation."""
        own = (_RANK.get(o.role, 0) for o in self.organisations if o.id == organisation_id)
        return max(max(own, default=0), self.city)

    def may(self, role: str, organisation_id: int) -> bool:
        """Whether the role, or a higher one, is held there."""
        return self.rank(organisation_id) >= _RANK[role]

    def where(self, role: str) -> list[Organisation]:
        """The organisations in which the role is held."""
        return [o for o in self.organisations if self.may(role, o.id)]

    def on(self, column: str) -> Fragment:
        """The condition for a table alias, e.g. `reach.on("e.organisation_id")`."""
        return Fragment(f"{column} = ANY (%s)", ([o.id for o in self.where("reader")],))

    def may_edit(self, entry: Entry) -> bool:
        """While a decision is open, nobody changes what it is about."""
        return entry.state != "proposed" and self.may("editor", entry.organisation_id)

    def may_propose(self, entry: Entry) -> bool:
        """Editors propose what is recorded or was refused."""
        return entry.state in ("recorded", "refused") and self.may("editor", entry.organisation_id)

    def may_decide(self, entry: Entry) -> bool:
        """A publisher who is not the one who proposed."""
        return (
            entry.proposal is not None
            and entry.proposal.person_id != self.person_id
            and self.may("publisher", entry.organisation_id)
        )

    def may_make(self, entry: Entry) -> bool:
        """Editors make a dataset of what was approved, once."""
        return (
            entry.state == "approved"
            and entry.dataset_id is None
            and self.may("editor", entry.organisation_id)
        )

    def may_withdraw(self, entry: Entry) -> bool:
        """Whoever proposed, or another editor there."""
        return entry.proposal is not None and self.may("editor", entry.organisation_id)

    def require(self, role: str, organisation_id: int) -> None:
        """Let pass, or raise NotFound for what may not be known, Forbidden for what may be seen."""
        if not self.may("reader", organisation_id):
            raise problems.NotFound()
        if not self.may(role, organisation_id):
            raise permissions.RoleIsMissing(role)


async def reach(connection: Connection, *, person: Person) -> Reach:
    """What a person may do in the inventory."""
    rows = await (
        await connection.execute(
            statements.load("catalogue")["inventory_reach"], {"person_id": person.principal_id}
        )
    ).fetchall()
    found = [Organisation(id=r[0], name=r[1], kind=r[2], role=r[3] or "") for r in rows]
    return Reach(person_id=person.principal_id, administrator=person.administrator, organisations=found)
