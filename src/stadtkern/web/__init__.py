# SPDX-License-Identifier: EUPL-1.2
"""The pages as one Django site: settings, addresses, headers, errors."""
