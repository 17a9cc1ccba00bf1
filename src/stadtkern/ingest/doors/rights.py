# SPDX-License-Identifier: EUPL-1.2
"""Who may publish and receive what at a broker in front: from tokens and rooms, brought to Mosquitto.

What is not protected is open to everyone. Of a protected dataset only the topics of its Datastreams are
published, and only after the broker has confirmed that nobody but the holders of a right receives them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

import structlog

from stadtkern.core import statements
from stadtkern.core.database import Connection
from stadtkern.core.settings import Settings
from stadtkern.ingest.doors.link import CLIENT_ID, CONTROL, Link

log = structlog.get_logger(__name__)

_PUBLIC, _SERVICE, _ANONYMOUS = "stadtkern-public", "stadtkern-service", "stadtkern-anonymous"
_RANK = {_PUBLIC: 0, "stadtkern-create": 10, "stadtkern-read": 20}
_CHUNK = 50

Acl = tuple[str, str, bool, int]


class ConnectAgain(Exception):
    """The broker ends our connection because our own rights are new."""


class Stream(NamedTuple):
    """A datastream as topics name it."""

    id: int
    set: str
    dataset_id: int


class Wanted(NamedTuple):
    """What the broker should hold: rules by role, roles by user name; and what these rules guard."""

    roles: Mapping[str, frozenset[Acl]]
    users: Mapping[str, frozenset[str]]
    guarded: frozenset[Stream]


def user(token_id: int) -> str:
    """The user name of a token at the broker."""
    return f"token-{token_id}"


async def wanted(connection: Connection, *, settings: Settings) -> Wanted:
    """Work out what should be."""
    sql = statements.load("ingest")
    protected = {row[0] for row in await (await connection.execute(sql["protected_datasets"])).fetchall()}
    scopes = await (await connection.execute(sql["token_rights"])).fetchall()
    writable = {dataset for _, dataset, verbs, _ in scopes if "create" in verbs}
    values = {"ids": sorted(protected | writable)}
    rows = await (await connection.execute(sql["streams_of_datasets"], values)).fetchall()
    streams = [Stream(row[0], "MultiDatastreams" if row[1] else "Datastreams", row[2]) for row in rows]
    guarded = frozenset(stream for stream in streams if stream.dataset_id in protected)
    single = {(dataset, number) for _, dataset, _, numbers in scopes for number in numbers or ()}
    roles = _roles(settings, streams, guarded, single)
    users: defaultdict[str, set[str]] = defaultdict(lambda: {_PUBLIC})
    for token_id, dataset_id, verbs, numbers in scopes:
        objects = [str(dataset_id)] if numbers is None else [f"{dataset_id}.{each}" for each in numbers]
        held = {
            f"stadtkern-{verb}-{each}" for verb in ("create", "read") if verb in verbs for each in objects
        }
        users[user(token_id)] |= held & roles.keys()
    return Wanted(roles, {name: frozenset(held) for name, held in users.items()}, guarded)


def _roles(
    settings: Settings,
    streams: Iterable[Stream],
    guarded: frozenset[Stream],
    single: Collection[tuple[int, int]],
) -> dict[str, frozenset[Acl]]:
    """The rules by role; a datastream that some token is for alone (`single`) has roles of its own, too."""
    into, prefix = settings.mqtt_in, settings.mqtt_prefix
    roles: defaultdict[str, set[Acl]] = defaultdict(set)
    roles[_PUBLIC] = {
        ("subscribePattern", f"{prefix}/#", True, 0),
        ("subscribePattern", "errors/#", True, 0),
        ("publishClientReceive", f"{prefix}/#", True, 0),
    }
    roles[_SERVICE] = {
        ("publishClientSend", f"{prefix}/#", True, 0),
        ("publishClientSend", "errors/#", True, 0),
        ("publishClientSend", f"{CLIENT_ID}/#", True, 0),
        ("publishClientSend", f"{CONTROL}/#", True, 0),
        ("publishClientReceive", "#", True, 0),
        ("publishClientReceive", "$SYS/#", True, 0),
        ("publishClientReceive", f"{CONTROL}/#", True, 0),
        ("subscribePattern", "#", True, 0),
        ("subscribePattern", "$SYS/#", True, 0),
        ("subscribePattern", f"{CONTROL}/#", True, 0),
    }
    for stream in streams:
        address = f"{stream.set}({stream.id})"
        objects = [str(stream.dataset_id)]
        if (stream.dataset_id, stream.id) in single:
            objects.append(f"{stream.dataset_id}.{stream.id}")
        topic = f"{prefix}/{address}/#"
        if stream in guarded:
            roles[_PUBLIC].add(("publishClientReceive", topic, False, 10))
        for each in objects:
            create = roles[f"stadtkern-create-{each}"]
            create.add(("publishClientSend", f"{into}/{prefix}/{address}/Observations", True, 0))
            create.add(("publishClientReceive", f"errors/{address}", True, 0))
            if stream in guarded:
                roles[f"stadtkern-read-{each}"].add(("publishClientReceive", topic, True, 0))
    return {name: frozenset(acls) for name, acls in roles.items()}


class Rights:
    """Keeps the broker's rules as they should be."""

    def __init__(self, *, link: Link):
        self._link = link
        self.guarded: frozenset[Stream] = frozenset()
        self.unknown: frozenset[str] = frozenset()
        self._line = -1

    async def bring(self, target: Wanted) -> None:
        """Make the broker's roles and users what they should be. Raises BrokerRefuses."""
        self.guarded &= target.guarded
        await self._roles(target)
        if self._line != self._link.line:
            await self._ground()
            self._line = self._link.line
        self.guarded = target.guarded
        await self._users(target)

    async def _ground(self) -> None:
        """What never changes: our own role, everybody's role, and that nothing else is allowed."""
        account = self._link.account
        (answer,) = await self._link.command({"command": "getClient", "username": account})
        if _SERVICE not in {role["rolename"] for role in answer.get("client", {}).get("roles", ())}:
            # The broker ends our connection over it before it answers; the next one has the role.
            self._link.tell({"command": "addClientRole", "username": account, "rolename": _SERVICE})
            raise ConnectAgain()
        (answer,) = await self._link.command(
            {"command": "listGroups", "verbose": False, "count": -1, "offset": 0}
        )
        if _ANONYMOUS not in answer.get("groups", ()):
            everybody = [{"rolename": _PUBLIC, "priority": 0}]
            await self._link.command({"command": "createGroup", "groupname": _ANONYMOUS, "roles": everybody})
        rules = {
            "publishClientSend": False,
            "publishClientReceive": False,
            "subscribe": False,
            "unsubscribe": True,
        }
        await self._link.command(
            {"command": "setAnonymousGroup", "groupname": _ANONYMOUS},
            {
                "command": "setDefaultACLAccess",
                "acls": [{"acltype": kind, "allow": allow} for kind, allow in rules.items()],
            },
        )

    async def admit(self, *, token_id: int, secret: str, roles: Iterable[str]) -> None:
        """Let a token in; the broker keeps a salted hash of its secret, we keep nothing."""
        name = user(token_id)
        held = _held(roles)
        await self._link.command(
            {"command": "createClient", "username": name, "password": secret, "roles": held}
        )
        await self._link.command(
            {"command": "modifyClient", "username": name, "password": secret, "roles": held}
        )

    async def _roles(self, target: Wanted) -> None:
        (answer,) = await self._link.command(
            {"command": "listRoles", "verbose": True, "count": -1, "offset": 0}
        )
        there = {role["rolename"]: _acls(role) for role in answer.get("roles", ())}
        commands: list[dict[str, Any]] = []
        for name, acls in target.roles.items():
            if there.get(name) != acls:
                verb = "modifyRole" if name in there else "createRole"
                commands.append(
                    {"command": verb, "rolename": name, "acls": [_acl(acl) for acl in sorted(acls)]}
                )
        for name in there.keys() - target.roles.keys():
            if name.startswith("stadtkern-"):
                commands.append({"command": "deleteRole", "rolename": name})
        await self._all(commands)

    async def _users(self, target: Wanted) -> None:
        (answer,) = await self._link.command(
            {"command": "listClients", "verbose": True, "count": -1, "offset": 0}
        )
        there = {
            client["username"]: frozenset(role["rolename"] for role in client.get("roles", ()))
            for client in answer.get("clients", ())
        }
        commands: list[dict[str, Any]] = []
        for name, held in there.items():
            if not name.startswith("token-"):
                continue
            if name not in target.users:
                commands.append({"command": "deleteClient", "username": name})
            elif held != target.users[name]:
                commands.append(
                    {"command": "modifyClient", "username": name, "roles": _held(target.users[name])}
                )
        await self._all(commands)
        self.unknown = frozenset(target.users.keys() - there.keys())

    async def _all(self, commands: list[dict[str, Any]]) -> None:
        for begin in range(0, len(commands), _CHUNK):
            await self._link.command(*commands[begin : begin + _CHUNK])


def _held(roles: Iterable[str]) -> list[dict[str, Any]]:
    return [
        {"rolename": name, "priority": _RANK.get(name, _RANK.get(name.rpartition("-")[0], 0))}
        for name in roles
    ]


def _acl(acl: Acl) -> dict[str, Any]:
    return {"acltype": acl[0], "topic": acl[1], "allow": acl[2], "priority": acl[3]}


def _acls(role: Mapping[str, Any]) -> frozenset[Acl]:
    return frozenset(
        (each["acltype"], each["topic"], bool(each["allow"]), int(each.get("priority", 0)))
        for each in role.get("acls", ())
    )
