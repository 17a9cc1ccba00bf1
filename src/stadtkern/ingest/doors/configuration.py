# SPDX-License-Identifier: EUPL-1.2
"""The configuration with which Mosquitto works as the broker in front."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from stadtkern.core.settings import Settings

_PLUGINS = ("/usr/lib/*/mosquitto_dynamic_security.so", "/usr/lib/mosquitto_dynamic_security.so")


def mosquitto(
    settings: Settings, *, folder: str = "/var/lib/mosquitto", ports: Sequence[int] = (1883, 1884)
) -> str:
    """The text of mosquitto.conf; ports of publishers, and of subscribers and ourselves."""
    devices, screens = ports
    return f"""\
# For Stadtkern, printed by `stadtkern mqtt conf`. First make our own account, then set STADTKERN_MQTT_URL:
#   mosquitto_ctrl dynsec init {folder}/dynamic-security.json stadtkern
#   STADTKERN_MQTT_URL=mqtt://stadtkern:PASSWORD@127.0.0.1:{screens}
per_listener_settings false
allow_anonymous true
plugin {_plugin()}
plugin_opt_config_file {folder}/dynamic-security.json

# What it took from publishers survives its fall as of the last save, {_SAVED} seconds ago at most.
persistence true
persistence_location {folder}/
autosave_interval {_SAVED}
max_queued_messages 1000000
max_inflight_messages 2000
max_packet_size {settings.body_limit + 70_000}

# Tells us which topics with $select or $filter somebody follows.
log_dest stderr
log_dest topic
log_type error
log_type warning
log_type notice
log_type subscribe

# Devices publish here; what they send reaches us, and nobody else before it is stored.
listener {devices}
mount_point {settings.mqtt_in}/

# Updates are subscribed to here, and Stadtkern itself comes here.
listener {screens}
"""


_SAVED = 5


def _plugin() -> str:
    for pattern in _PLUGINS:
        found = sorted(Path("/").glob(pattern.lstrip("/")))
        if found:
            return str(found[0])
    return _PLUGINS[0].replace("*", "x86_64-linux-gnu")
