# SPDX-License-Identifier: EUPL-1.2
"""Every read of the SensorThings entities."""
