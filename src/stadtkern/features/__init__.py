# SPDX-License-Identifier: EUPL-1.2
"""Tables and collections of features, and the OGC API that serves them."""
