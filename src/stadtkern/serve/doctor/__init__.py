# SPDX-License-Identifier: EUPL-1.2
"""Looks an installation over and says in plain words what is wrong and how to mend it."""
