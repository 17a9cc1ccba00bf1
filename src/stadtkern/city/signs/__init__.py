# SPDX-License-Identifier: EUPL-1.2
"""Videos in sign language beside pages: files of our own, or links."""
