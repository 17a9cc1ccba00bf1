# SPDX-License-Identifier: EUPL-1.2
"""One search over everything that a visitor may see: datasets, measuring places, words, pages."""
