# SPDX-License-Identifier: EUPL-1.2
"""The city's face: base templates, components, drawings and formats that every page shares."""
