# SPDX-License-Identifier: EUPL-1.2
"""All readings of a dataset of time series as one file: CSV, Excel, Parquet."""
