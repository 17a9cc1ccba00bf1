# SPDX-License-Identifier: EUPL-1.2
"""Every write of the SensorThings entities."""
