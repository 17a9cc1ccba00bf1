# SPDX-License-Identifier: EUPL-1.2
"""What keeps the house in order; nothing here is part of the product."""
