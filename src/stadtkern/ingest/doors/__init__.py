# SPDX-License-Identifier: EUPL-1.2
"""Doors besides HTTP: SensorThings over MQTT, with a door of our own or a broker in front."""
