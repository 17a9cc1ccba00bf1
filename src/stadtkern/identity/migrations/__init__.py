# SPDX-License-Identifier: EUPL-1.2
"""Django's migrations of the account; all other tables of people have SQL migrations."""
