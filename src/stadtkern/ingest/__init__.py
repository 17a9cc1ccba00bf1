# SPDX-License-Identifier: EUPL-1.2
"""The way in: doors, decoders, connectors, the writer and file imports."""
