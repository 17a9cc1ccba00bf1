# SPDX-License-Identifier: EUPL-1.2
"""The ground floor: settings, database, access, events, errors and time for both planes."""
