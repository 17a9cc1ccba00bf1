# SPDX-License-Identifier: EUPL-1.2
"""Files that datasets hold themselves: uploaded, kept as versions, sent as attachments."""
