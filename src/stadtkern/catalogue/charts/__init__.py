# SPDX-License-Identifier: EUPL-1.2
"""Charts of tables: rows counted or added up by the values of a column, or along the calendar."""
