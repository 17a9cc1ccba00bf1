# SPDX-License-Identifier: EUPL-1.2
"""Being told of datasets, places and values by the browser, without an account."""
