# SPDX-License-Identifier: EUPL-1.2
"""The search in the catalogue: what is asked, what matches, and by what it can be narrowed down."""
