# SPDX-License-Identifier: EUPL-1.2
"""What people ask for in the catalogue, and what they are answered, in public."""
