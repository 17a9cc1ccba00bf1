# SPDX-License-Identifier: EUPL-1.2
"""Data rooms, agreements, the audit log; writes grants."""
