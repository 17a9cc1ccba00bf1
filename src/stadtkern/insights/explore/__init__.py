# SPDX-License-Identifier: EUPL-1.2
"""Pages of Things and Datastreams: what is measured, where, why, and how it went."""
