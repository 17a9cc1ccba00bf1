# SPDX-License-Identifier: EUPL-1.2
"""Deliveries as they were: each a version that can be read, compared and brought back."""
