# SPDX-License-Identifier: EUPL-1.2
"""Brings files into datasets, with a person who decides at each step and without one for later deliveries."""
