# SPDX-License-Identifier: EUPL-1.2
"""An agreement in the Open Digital Rights Language (ODRL Information Model 2.2), as JSON-LD."""

from __future__ import annotations

from typing import Any

from stadtkern.core import times
from stadtkern.governance.agreements.queries import Agreement

# Everything is spelled out: a reader needs to fetch no context.
_CONTEXT = {
    "odrl": "http://www.w3.org/ns/odrl/2/",
    "dcterms": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
_EURO = "http://publications.europa.eu/resource/authority/currency/EUR"

Node = dict[str, Any]


def document(agreement: Agreement, *, public_url: str) -> Node:
    """An `odrl:Agreement` with one permission for all datasets (2.1.3), a draft an `odrl:Offer` (2.1.2)."""
    kind = "odrl:Offer" if agreement.state == "draft" else "odrl:Agreement"
    parties = [_party(p.id, p.name, public_url=public_url) for p in agreement.recipients]
    return {
        "@context": _CONTEXT,
        "@id": f"urn:uuid:{agreement.uuid}",
        "@type": kind,
        "dcterms:title": agreement.title,
        "odrl:uid": {"@id": f"urn:uuid:{agreement.uuid}"},
        "odrl:assigner": _party(agreement.provider_id, agreement.provider, public_url=public_url),
        "odrl:assignee": parties,
        "odrl:permission": _permission(agreement, public_url=public_url),
        **({"dcterms:rights": agreement.liability} if agreement.liability else {}),
    }


def _permission(agreement: Agreement, *, public_url: str) -> Node:
    node: Node = {
        "@type": "odrl:Permission",
        "odrl:target": [
            {"@id": f"{public_url}/daten/{subject.key}", "@type": "odrl:Asset"}
            for subject in agreement.datasets
        ],
        "odrl:action": [{"@id": f"odrl:{name}"} for name in agreement.permissions],
        "odrl:constraint": [
            _constraint("dateTime", "gteq", _instant(agreement.starts_at)),
            _constraint("dateTime", "lt", _instant(agreement.ended_at or agreement.ends_at)),
            _constraint("purpose", "eq", agreement.purpose),
        ],
    }
    duties = _duties(agreement)
    return node | ({"odrl:duty": duties} if duties else {})


def _duties(agreement: Agreement) -> list[Node]:
    """What recipients owe: to pay, and to delete what they took after a time (2.6.3)."""
    duties: list[Node] = []
    if agreement.fee:
        amount = {"@value": str(agreement.fee), "@type": "xsd:decimal"}
        paying = _constraint("payAmount", "eq", amount) | {"odrl:unit": {"@id": _EURO}}
        duties.append(
            {"@type": "odrl:Duty", "odrl:action": {"@id": "odrl:compensate"}, "odrl:constraint": paying}
        )
    if agreement.retention_days:
        span = {"@value": f"P{agreement.retention_days}D", "@type": "xsd:duration"}
        after = _constraint("elapsedTime", "lteq", span)
        duties.append({"@type": "odrl:Duty", "odrl:action": {"@id": "odrl:delete"}, "odrl:constraint": after})
    return duties


def _constraint(left: str, operator: str, right: Any) -> Node:
    return {
        "@type": "odrl:Constraint",
        "odrl:leftOperand": {"@id": f"odrl:{left}"},
        "odrl:operator": {"@id": f"odrl:{operator}"},
        "odrl:rightOperand": right,
    }


def _party(number: int, name: str, *, public_url: str) -> Node:
    return {"@id": f"{public_url}/#party-{number}", "@type": ["odrl:Party", "foaf:Agent"], "foaf:name": name}


def _instant(value: Any) -> Node:
    return {"@value": times.format_instant(value), "@type": "xsd:dateTime"}
