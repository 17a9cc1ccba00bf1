# SPDX-License-Identifier: EUPL-1.2
"""Changing several datasets in one step: looked at before, taken back after."""
