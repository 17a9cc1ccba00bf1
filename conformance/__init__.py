# SPDX-License-Identifier: EUPL-1.2
"""Black-box tests of OGC SensorThings API 1.1 (18-088) against any server; see README.md."""
