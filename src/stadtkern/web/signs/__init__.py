# SPDX-License-Identifier: EUPL-1.2
"""Sign language beside pages: the film, its captions, and where editors put them."""
