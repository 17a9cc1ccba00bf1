# SPDX-License-Identifier: EUPL-1.2
"""One's own account: what is known of me, where I am signed in, how I take it along or have it erased."""
