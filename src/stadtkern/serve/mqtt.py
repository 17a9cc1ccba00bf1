# SPDX-License-Identifier: EUPL-1.2
"""What the command line knows of MQTT: whether its port is free, and how a broker in front is set up."""

from __future__ import annotations

import socket
import time

import msgspec
from rich.console import Console

from stadtkern.core.settings import Settings

_PORT_SECONDS = 3.0


def settle(settings: Settings, *, console: Console) -> Settings:
    """The settings, without our own MQTT door where somebody else has its port: the rest must go on."""
    if settings.mqtt_url is not None or not settings.mqtt_port:
        return settings
    until = time.monotonic() + _PORT_SECONDS  # children of a supervisor that was killed a moment ago end now
    while (reason := _taken(settings)) and time.monotonic() < until:
        time.sleep(0.1)
    if not reason:
        return settings
    console.print(
        f"[yellow]MQTT bleibt aus:[/] Port {settings.mqtt_port} ist nicht zu haben ({reason}). "
        "Ein anderer: STADTKERN_MQTT_PORT=1884; keiner: STADTKERN_MQTT_PORT=0.",
        highlight=False,
    )
    return msgspec.structs.replace(settings, mqtt_port=0)


def _taken(settings: Settings) -> str:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.mqtt_port))
        except OSError as error:
            return error.strerror or str(error)
    return ""
