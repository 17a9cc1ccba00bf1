# SPDX-License-Identifier: EUPL-1.2
"""The processes of `stadtkern serve`: supervisor, front, web and work."""
