# SPDX-License-Identifier: EUPL-1.2
"""The way in: links that work once, for the first administrator, for those invited, for those locked out."""
