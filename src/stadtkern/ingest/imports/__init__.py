# SPDX-License-Identifier: EUPL-1.2
"""Files of readings: a mapping says what the columns mean, one mechanism takes them in."""
