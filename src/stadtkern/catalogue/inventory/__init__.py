# SPDX-License-Identifier: EUPL-1.2
"""The data inventory: what the administration holds, what may be opened, who decides it."""
