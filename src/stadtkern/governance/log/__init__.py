# SPDX-License-Identifier: EUPL-1.2
"""The log of what happened in rooms that are not public, for data protection."""
