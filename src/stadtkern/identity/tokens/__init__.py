# SPDX-License-Identifier: EUPL-1.2
"""Keys for programs and devices: narrow, shown once, kept as a hash, ending by themselves."""
