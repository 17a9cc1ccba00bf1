# SPDX-License-Identifier: EUPL-1.2
"""Closed months in Parquet files: written, proven, brought back for readers, changed and written again."""
