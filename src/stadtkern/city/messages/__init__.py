# SPDX-License-Identifier: EUPL-1.2
"""What people tell the city about its pages: words they miss, barriers they meet."""
