# SPDX-License-Identifier: EUPL-1.2
"""Metadata and data as they were: every change kept, compared, addressed and brought back."""
