# SPDX-License-Identifier: EUPL-1.2
"""The city's looks: name, colour, logo, the addresses in the footer."""
