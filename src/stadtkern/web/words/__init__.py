# SPDX-License-Identifier: EUPL-1.2
"""Pages of the glossary, and of what people tell the city about its pages."""
