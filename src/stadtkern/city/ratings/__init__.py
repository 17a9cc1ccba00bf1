# SPDX-License-Identifier: EUPL-1.2
"""Whether pages help: yes or no, perhaps a remark for the owner of the data, no trace of who said it."""
