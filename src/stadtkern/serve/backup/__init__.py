# SPDX-License-Identifier: EUPL-1.2
"""Everything that must be kept, in one file: made, checked, and put back."""
