# SPDX-License-Identifier: EUPL-1.2
"""One house rule per module: each has a function `check` that yields what breaks the rule."""
