# SPDX-License-Identifier: EUPL-1.2
"""People, organisations, roles, sign-in; writes what core knows of sessions, tokens and grants."""
