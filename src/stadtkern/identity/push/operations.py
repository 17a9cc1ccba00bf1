# SPDX-License-Identifier: EUPL-1.2
"""Writes of what browsers follow: each proves itself by the secret that only it and its push service know."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Literal

import msgspec
from psycopg.types.json import Jsonb

from stadtkern.core import addresses, problems, statements
from stadtkern.core.database import Connection
from stadtkern.identity.push import keys

MOST_FOLLOWS = 50
_MOST_LETTERS = 1_000
LASTS = timedelta(hours=12)
Kind = Literal["dataset", "thing", "stream"]


class BrowserIsUnknown(problems.Problem):
    """This browser follows nothing here.

    Open the page of what you follow and begin again.
    """

    status = 404


class SubscriptionIsOfNoUse(problems.Problem):
    """With what the browser has sent nothing can be told to it.

    Send `endpoint`, `keys.p256dh` and `keys.auth` as the browser's Push API gives them.
    """

    status = 422


class FollowsTooMuch(problems.Problem):
    """A browser follows at most fifty things.

    End something that you do not need any more.
    """

    status = 409


class Subscription(msgspec.Struct, frozen=True, kw_only=True):
    """What a browser's Push API gives (W3C Push API, PushSubscriptionJSON), taken apart."""

    endpoint: str
    p256dh: bytes
    auth: bytes


def read(given: Any) -> Subscription:
    """A subscription as it came. Raises SubscriptionIsOfNoUse."""
    found = given.get("keys") if isinstance(given, Mapping) else None
    if not isinstance(found, Mapping):
        raise SubscriptionIsOfNoUse()
    endpoint, p256dh, auth = given.get("endpoint"), found.get("p256dh"), found.get("auth")
    if not (isinstance(endpoint, str) and isinstance(p256dh, str) and isinstance(auth, str)):
        raise SubscriptionIsOfNoUse()
    if len(endpoint) > _MOST_LETTERS or not endpoint.isascii() or not endpoint.isprintable():
        raise SubscriptionIsOfNoUse("the endpoint is no address")
    try:
        read_keys = keys.unpacked(p256dh), keys.unpacked(auth)
    except ValueError as error:
        raise SubscriptionIsOfNoUse("the keys are no base64") from error
    if len(read_keys[1]) != 16 or not _is_point(read_keys[0]):
        raise SubscriptionIsOfNoUse("the keys are none")
    return Subscription(endpoint=endpoint, p256dh=read_keys[0], auth=read_keys[1])


def _is_point(data: bytes) -> bool:
    from cryptography.hazmat.primitives.asymmetric import ec

    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), data)
    except ValueError:
        return False
    return len(data) == 65


async def check(subscription: Subscription, *, allowed: Sequence[str]) -> None:
    """That its endpoint is a secure and public address. Raises SubscriptionIsOfNoUse.

    Looked at again whenever something is sent: a name may lead elsewhere by then.
    """
    try:
        await connectable(subscription.endpoint, allowed=allowed)
    except (addresses.AddressRefused, OSError) as error:
        raise SubscriptionIsOfNoUse("the endpoint is no public address") from error


async def connectable(endpoint: str, *, allowed: Sequence[str]) -> tuple[addresses.Address, list[str]]:
    """What to connect to. `allowed`: setting `fetch_allowed`. Raises AddressRefused, OSError."""
    rules = addresses.Rules(allowed)
    address = addresses.parse(endpoint)
    if address.scheme != "https" and not rules.names(address.host):
        raise addresses.AddressRefused("push services are spoken to over https only")
    return address, await addresses.checked(address, rules=rules)


async def follow(
    connection: Connection,
    *,
    subscription: Subscription,
    language: str,
    kind: Kind,
    target: int,
    bound: float | None,
    above: bool,
    met: bool,
) -> None:
    """Follow something. Raises FollowsTooMuch, SubscriptionIsOfNoUse."""
    if bound is not None and not math.isfinite(bound):
        raise SubscriptionIsOfNoUse("the bound is no number")
    sql = statements.load("identity")
    values = {**msgspec.structs.asdict(subscription), "language": language}
    async with connection.transaction():
        row = await (await connection.execute(sql["save_browser"], values)).fetchone()
        if row is None:  # the endpoint is known, with another secret
            raise SubscriptionIsOfNoUse()
        count = await (await connection.execute(sql["count_follows"], {"browser_id": row[0]})).fetchone()
        if count and count[0] >= MOST_FOLLOWS:
            raise FollowsTooMuch()
        wish = {
            "browser_id": row[0],
            "kind": kind,
            "target": target,
            "bound": bound,
            "above": above,
            "met": met,
        }
        await connection.execute(sql["save_follow"], wish)


async def browser(connection: Connection, *, subscription: Subscription) -> int:
    """The number of a browser that follows something. Raises BrowserIsUnknown."""
    values = {"endpoint": subscription.endpoint, "auth": subscription.auth}
    sql = statements.load("identity")["find_browser"]
    row = await (await connection.execute(sql, values)).fetchone()
    if row is None:
        raise BrowserIsUnknown()
    return int(row[0])


async def leave(connection: Connection, *, subscription: Subscription, id: int | None) -> None:
    """Follow one thing no more, or nothing at all and be forgotten. Raises BrowserIsUnknown."""
    async with connection.transaction():
        number = await browser(connection, subscription=subscription)
        sql = statements.load("identity")
        if id is None:
            await connection.execute(sql["forget_browser"], {"id": number})
        else:
            await connection.execute(sql["forget_follow"], {"browser_id": number, "id": id})


async def move(connection: Connection, *, subscription: Subscription, to: Subscription) -> None:
    """Go on telling a browser at its new address; what it follows there already, it follows once.

    Raises BrowserIsUnknown, SubscriptionIsOfNoUse where the new address is another's.
    """
    sql = statements.load("identity")
    async with connection.transaction():
        number = await browser(connection, subscription=subscription)
        values = {**msgspec.structs.asdict(to), "from": number}
        row = await (await connection.execute(sql["move_browser"], values)).fetchone()
        if row is None:
            raise SubscriptionIsOfNoUse()
        if row[0] != number:
            values |= {"to": row[0], "most": MOST_FOLLOWS}
            await connection.execute(sql["move_follows"], values)
            await connection.execute(sql["move_pushes"], values)
            await connection.execute(sql["forget_browser"], {"id": number})


async def put(connection: Connection, *, browser_id: int, topic: str, facts: Mapping[str, Any]) -> None:
    """Let a message wait. `topic`: a newer message with it takes the place of one that was not sent yet."""
    values = {"browser_id": browser_id, "topic": topic, "facts": Jsonb(dict(facts)), "lasts": LASTS}
    await connection.execute(statements.load("identity")["put_push"], values)
