# SPDX-License-Identifier: EUPL-1.2
"""One module per thing that must be fast; each has a function `measure` that yields figures."""
