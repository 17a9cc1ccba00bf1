# SPDX-License-Identifier: EUPL-1.2
"""Pictures of things: taken in without what cameras note besides, shown to whoever sees the thing."""
