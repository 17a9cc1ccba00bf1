# SPDX-License-Identifier: EUPL-1.2
"""Files of many kinds become one: a table of text that a mapping can read."""
