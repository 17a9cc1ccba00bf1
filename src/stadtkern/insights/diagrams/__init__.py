# SPDX-License-Identifier: EUPL-1.2
"""Diagrams that anybody puts together: which series, which span, compared with what, all in the address."""
