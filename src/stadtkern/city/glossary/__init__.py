# SPDX-License-Identifier: EUPL-1.2
"""The city's glossary: words that not everybody knows, and what they mean."""
