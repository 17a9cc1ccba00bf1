# SPDX-License-Identifier: EUPL-1.2
"""Pages of the documentation that are made from the code, one module per page."""
