# SPDX-License-Identifier: EUPL-1.2
"""What can be wrong with a change to the catalogue."""

from __future__ import annotations

from stadtkern.core import problems


class NotInCatalogue(problems.Problem):
    """The catalogue has no such dataset.

    Check its key; what you may not see is also answered this way.
    """

    status = 404


class InvalidMetadata(problems.Problem):
    """This cannot be stored as metadata.

    Correct the field that is named and send it again; nothing was changed.
    """

    status = 422


class DatasetNotReady(problems.Problem):
    """The dataset cannot be published yet.

    Add what is missing in the editor: title and description in German, a licence for each form of the data.
    """

    status = 422
