# SPDX-License-Identifier: EUPL-1.2
"""What can be wrong with what is sent, each with the place and the remedy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from stadtkern.core import problems


class InvalidJson(problems.Problem):
    """The body is not valid JSON.

    Correct the place named; JSON is UTF-8, with double quotes, without trailing commas, NaN or Infinity.
    """


class DuplicateKey(problems.Problem):
    """A key stands twice in the same object.

    Keep the one that is meant.
    """


class TooDeep(problems.Problem):
    """The body is nested too deeply.

    Flatten it, or create the entities in several requests.
    """


class UnknownProperty(problems.Problem):
    """The entity has no such property.

    Use one of those listed; your own data belongs into `properties` (or `parameters` of an Observation).
    """


class MissingProperty(problems.Problem):
    """Something is missing that the entity needs.

    Add it.
    """


class InvalidValue(problems.Problem):
    """The value is not of the kind that belongs here.

    Send the kind of value named.
    """


class UnknownReference(problems.Problem):
    """What is referred to does not exist.

    Check the id; what you may not see is also answered this way.
    """


class NoDataset(problems.Problem):
    """It is not clear which dataset the new entity belongs to.

    Use a token with a default dataset, or create the entity below one that has a dataset.
    """


class NeedsFilter(problems.Problem):
    """Of a collection only what a filter finds can be deleted.

    Add `$filter`, and no other option.
    """


class TooManyAtOnce(problems.Problem):
    """The filter finds more than one request deletes; nothing was deleted.

    Narrow the filter and send several requests; to keep only the latest days, set a retention.
    """

    status = 422


class StillNeeded(problems.Problem):
    """It is still needed, and nothing was changed.

    Delete or move first what depends on it; for what is not yours to delete, ask those who run the service.
    """

    status = 409


class NotPossibleHere(problems.Problem):
    """This cannot be done at this address.

    Send it to the entity itself or to the collection it belongs to; the header Allow lists what fits here.
    """

    status = 405

    def __init__(self, detail: str = "", *, allow: Sequence[str] = ("GET", "HEAD", "OPTIONS"), **extra: Any):
        super().__init__(detail, headers={"Allow": ", ".join(allow)}, **extra)


class BodyTooLarge(problems.Problem):
    """The body is larger than this address takes.

    Send it in several requests; many observations go to /CreateObservations.
    """

    status = 413


class WrongContentType(problems.Problem):
    """The body is of a kind that is not taken here.

    Send JSON in UTF-8 as `Content-Type: application/json`; PATCH also takes `application/json-patch+json`.
    """

    status = 415


class InvalidPatch(problems.Problem):
    """The body is not a JSON Patch (RFC 6902).

    Send a list of operations such as `{"op": "replace", "path": "/name", "value": "new"}`.
    """


class PatchDoesNotFit(problems.Problem):
    """An operation of the patch does not fit what is there; nothing was changed.

    Read the entity again and correct the patch.
    """

    status = 409


class PatchedIsInvalid(problems.Problem):
    """The entity would not be valid after the patch; nothing was changed.

    Correct the operation that changes the place named.
    """

    status = 422


class NeedsFeature(problems.Problem):
    """The Observation needs a FeatureOfInterest, and none can be made from where its Thing is.

    Name one (`"FeatureOfInterest": {"@iot.id": 1}`), or give the Thing a Location in GeoJSON.
    """
