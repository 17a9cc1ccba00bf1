# SPDX-License-Identifier: EUPL-1.2
"""Where people write what is said of datasets: metadata, forms of the data, publication, what to do next."""
