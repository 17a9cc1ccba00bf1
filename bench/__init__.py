# SPDX-License-Identifier: EUPL-1.2
"""Measures what must be fast, each figure beside a reference measured in the same run: `make bench`."""
