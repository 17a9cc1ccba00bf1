# SPDX-License-Identifier: EUPL-1.2
"""Topics of SensorThings over MQTT: read once, answered for all who follow them at the same time."""
