# SPDX-License-Identifier: EUPL-1.2
"""Which methods fit an address, and which kinds of body they take."""

from __future__ import annotations

from stadtkern.things.api.call import Call
from stadtkern.things.language.paths import Resource
from stadtkern.things.operations.problems import NotPossibleHere, WrongContentType

READING = ("GET", "HEAD", "OPTIONS")
JSON_PATCH = "application/json-patch+json"


def allowed(resource: Resource) -> tuple[str, ...]:
    """The methods that fit an address (18-088, clause 10; links as in OData 4.01, clause 11.4.6)."""
    last = resource.last
    if resource.inside or resource.tail in ("$value", "$count"):
        return READING
    if resource.tail == "$ref":
        return (*READING, *_linking(resource))
    if last.many:
        return (*READING, "POST", "DELETE")
    return (*READING, "PATCH", "PUT", "DELETE")


def _linking(resource: Resource) -> tuple[str, ...]:
    last = resource.last
    if last.relation is None:
        return ()
    ending = ("DELETE",) if last.relation.link is not None else ()
    if last.many:
        return ("POST", *ending)
    return ("PUT",) if last.id is None else ending


def check(method: str, resource: Resource) -> None:
    """Raise NotPossibleHere, with what is possible, where a method does not fit an address."""
    fitting = allowed(resource)
    if method not in fitting:
        detail = "POST goes to a collection, e.g. /Things" if method == "POST" else f"{method} does not fit"
        raise NotPossibleHere(detail, where="address", allow=fitting)


def body_kind(call: Call) -> str:
    """The media type of the body, `application/json` where none is given. Raises WrongContentType."""
    given = call.header(b"content-type")
    if given is None or given == "application/json":
        return "application/json"
    kind, _, rest = given.partition(";")
    kind = kind.strip().lower()
    charset = next((part for part in rest.lower().split(";") if "charset" in part), "utf-8")
    if not (kind == "application/json" or kind.endswith("+json") or not kind):
        raise WrongContentType(f"{kind[:80]!r} is not JSON", where="Content-Type")
    if charset.rpartition("=")[2].strip().strip('"') not in ("utf-8", "utf8", "us-ascii"):
        raise WrongContentType("only UTF-8 is taken", where="Content-Type")
    if kind == JSON_PATCH and call.method != "PATCH":
        raise WrongContentType("a JSON Patch comes with PATCH", where="Content-Type")
    return kind or "application/json"
