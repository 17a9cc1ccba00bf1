# SPDX-License-Identifier: EUPL-1.2
"""All settings of the installation in one place; nobody else reads the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import msgspec

from stadtkern.core import secret_files

PREFIX = "STADTKERN_"


def _about(text: str) -> msgspec.Meta:
    return msgspec.Meta(description=text)


class InvalidSetting(Exception):
    """A setting cannot be used as it is; the message names the variable and what it takes."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What one installation is told from outside. A city's own choices live in the database."""

    data: Annotated[Path, _about("Folder of everything that must be kept: database, files, keys.")] = Path(
        "data"
    )
    database_url: Annotated[
        str | None,
        _about(
            "A given PostgreSQL ≥ 17, e.g. `postgresql://user:password@host/db`. Unset: the embedded one."
        ),
    ] = None
    database_account: Annotated[
        str, _about("Operating-system account for the embedded PostgreSQL when we are started as root.")
    ] = "nobody"
    public_url: Annotated[
        str | None,
        _about("Source of every link, without a slash at the end. Unset: `http://localhost:<port>`."),
    ] = None
    host: Annotated[str, _about("Address to listen on.")] = "127.0.0.1"
    port: Annotated[int, msgspec.Meta(ge=1, le=65535, description="Port to listen on.")] = 8000
    trusted_proxies: Annotated[
        tuple[str, ...],
        _about("Addresses whose X-Forwarded-For is believed, separated by commas; `none` for no one."),
    ] = ()
    secret_key: Annotated[
        str | None, _about("Key that signs cookies. Unset: made at first start and kept in the data folder.")
    ] = None
    log_level: Annotated[str, _about("`debug`, `info`, `warning` or `error`.")] = "info"
    log_format: Annotated[str, _about("`console` for people, `json` for machines.")] = "console"
    body_limit: Annotated[
        int, msgspec.Meta(ge=1024, description="Largest body of one API request in bytes, bulk routes apart.")
    ] = 1_048_576
    bulk_body_limit: Annotated[
        int, msgspec.Meta(ge=1024, description="Largest body of a bulk request (data array) in bytes.")
    ] = 268_435_456
    upload_limit: Annotated[
        int,
        msgspec.Meta(ge=1024, description="Largest file that pages take or fetch for an import, in bytes."),
    ] = 1_073_741_824
    queue_limit: Annotated[
        int, msgspec.Meta(ge=1, description="Readings that may wait for the writer before it answers 429.")
    ] = 100_000
    statement_timeout: Annotated[
        int, msgspec.Meta(ge=100, description="Longest time for one read of the API in milliseconds.")
    ] = 15_000
    disk_reserve: Annotated[
        int,
        msgspec.Meta(
            ge=0, description="MiB that stay free on the embedded database's disk: nothing is stored then."
        ),
    ] = 256
    metrics_token: Annotated[
        str | None,
        _about(
            "Whoever sends it as bearer token may see `/metrics`. Unset: callers on this machine, unless a"
            " proxy is set up."
        ),
    ] = None
    accepted_from: Annotated[
        int, msgspec.Meta(ge=1900, le=2200, description="First year of an acceptable phenomenon time.")
    ] = 1990
    accepted_ahead: Annotated[
        int, msgspec.Meta(ge=0, le=36500, description="How many days an observation may lie in the future.")
    ] = 730

    versions_kept: Annotated[
        int,
        msgspec.Meta(ge=1, le=500, description="Versions of a table or map that stay, with the one shown."),
    ] = 20
    versions_days: Annotated[
        int, msgspec.Meta(ge=0, description="Days that a version stays after it was replaced.")
    ] = 730
    archive_cache_rows: Annotated[
        int, msgspec.Meta(ge=0, description="Observations of archived months that stay in the database.")
    ] = 2_000_000
    mqtt_port: Annotated[
        int, msgspec.Meta(ge=0, le=65535, description="Port of our own MQTT door; 0 turns it off.")
    ] = 1883
    mqtt_certificate: Annotated[
        str | None,
        _about(
            "PEM file with the certificate, and those that vouch for it, of our own MQTT door over TLS. Set:"
            " it is open at `MQTT_TLS_PORT`, too, with `MQTT_PORT=0` only there. Renewed files are taken up."
        ),
    ] = None
    mqtt_key: Annotated[
        str | None, _about("PEM file with the certificate's key, without password. Unset: in the same file.")
    ] = None
    mqtt_tls_port: Annotated[
        int, msgspec.Meta(ge=0, le=65535, description="Port of our own MQTT door over TLS.")
    ] = 8883
    mqtt_clients: Annotated[
        int, msgspec.Meta(ge=1, description="Clients that may be connected to our own MQTT door at a time.")
    ] = 2_000
    mqtt_prefix: Annotated[str, _about("What MQTT topics begin with, without slashes at its ends.")] = "v1.1"
    mqtt_url: Annotated[
        str | None,
        _about(
            "An MQTT broker that takes our own door's place, e.g. `mqtt://stadtkern:password@127.0.0.1:1884`;"
            " see `stadtkern mqtt conf`."
        ),
    ] = None
    mqtt_in: Annotated[str, _about("What the broker in front puts before topics of publishers.")] = "in"
    mqtt_create_endpoint: Annotated[
        str | None,
        _about("Where devices publish, as told on the API's landing page. Unset: from host and port."),
    ] = None
    mqtt_updates_endpoint: Annotated[
        str | None,
        _about("Where updates are subscribed to, as told on the API's landing page. Unset: as above."),
    ] = None

    fetch_allowed: Annotated[
        tuple[str, ...],
        _about(
            "What may be fetched beyond public addresses: networks (`10.20.0.0/16`) and host names, separated"
            " by commas."
        ),
    ] = ()
    basemap: Annotated[
        str | None,
        _about(
            "Vector tiles below the map at `/karte`: an address with `{z}`, `{x}` and `{y}` whose layers are"
            " named as those of basemap.de. We fetch and keep them, browsers ask only us. Unset: outlines"
            " alone."
        ),
    ] = None
    basemap_by: Annotated[str, _about("Whose tiles those are, as it stands below the map.")] = (
        "© GeoBasis-DE / BKG, CC BY 4.0"
    )
    push: Annotated[
        bool,
        _about(
            "Whether browsers may be told of what people follow without an account (Web Push). Messages go,"
            " encrypted, through the push services of the browsers' makers."
        ),
    ] = True
    signup: Annotated[
        Literal["invited", "open"],
        _about(
            "Who may make an account: `invited` by an administrator, or `open` to all (needs `MAIL_URL`)."
        ),
    ] = "invited"
    session_hours: Annotated[
        int, msgspec.Meta(ge=1, le=720, description="How long a sign-in lasts at most.")
    ] = 12
    mail_url: Annotated[
        str | None,
        _about(
            "Where mails are handed in: `smtp://user:password@host:587` (STARTTLS), `smtps://…:465` (TLS), or"
            " `smtp+plain://host:25` (neither, without password). Unset: no mails."
        ),
    ] = None
    mail_ca: Annotated[
        str | None,
        _about("File of certificates by which the mail server is known. Unset: the machine's own."),
    ] = None
    mail_from: Annotated[
        str | None, _about("Sender of our mails, e.g. `Stadtdaten <daten@stadt.example>`.")
    ] = None
    oidc_issuer: Annotated[
        str | None, _about("OpenID Connect provider to sign in with, e.g. a realm's address in Keycloak.")
    ] = None
    oidc_client_id: Annotated[str | None, _about("Our name at the OpenID Connect provider.")] = None
    oidc_client_secret: Annotated[str | None, _about("Our secret at the OpenID Connect provider.")] = None
    oidc_name: Annotated[str, _about("What the button calls the OpenID Connect provider.")] = "Stadtkonto"

    @property
    def base_url(self) -> str:
        """The address that links begin with, without a slash at the end."""
        return (self.public_url or f"http://localhost:{self.port}").rstrip("/")

    @property
    def mqtt_open(self) -> bool:
        """Whether MQTT is spoken."""
        return bool(self.mqtt_port or self.mqtt_url or self.mqtt_certificate)

    @property
    def mqtt_endpoints(self) -> tuple[str, str] | None:
        """Where observations are published and where updates are subscribed to; None without MQTT."""
        if not self.mqtt_open:
            return None
        name = urlsplit(self.base_url).hostname or "localhost"
        if self.mqtt_url is None and self.mqtt_certificate:
            encrypted = f"mqtts://{name}:{self.mqtt_tls_port}"
            return self.mqtt_create_endpoint or encrypted, self.mqtt_updates_endpoint or encrypted
        own = self.mqtt_port if self.mqtt_url is None else 1883
        behind = own if self.mqtt_url is None else 1884
        return (
            self.mqtt_create_endpoint or f"mqtt://{name}:{own}",
            self.mqtt_updates_endpoint or f"mqtt://{name}:{behind}",
        )

    def signing_key(self) -> str:
        """The secret that signs cookies; made and kept in the data folder when none is given."""
        if self.secret_key:
            return self.secret_key
        return secret_files.kept(self.data / "secret-key")


def load(*, environment: Mapping[str, str] | None = None, **overrides: Any) -> Settings:
    """Read `STADTKERN_*`; keyword arguments that are not None win. Raises InvalidSetting."""
    source = os.environ if environment is None else environment
    names = {PREFIX + field.upper(): field for field in Settings.__struct_fields__}
    given = {key: value for key, value in source.items() if key.startswith(PREFIX + "") and key in names}
    raw: dict[str, Any] = {names[key]: _typed(name=names[key], text=text) for key, text in given.items()}
    raw.update({key: value for key, value in overrides.items() if value is not None})
    raw["data"] = str(Path(raw.get("data", "data")).expanduser().absolute())
    try:
        made = msgspec.convert(raw, Settings, strict=False, dec_hook=_decode)
    except msgspec.ValidationError as error:
        name = next((f for f in raw if f"$.{f}" in str(error)), "")
        raise InvalidSetting(f"{PREFIX}{name.upper()}: {error}") from error
    _check_mail(made)
    _check_basemap(made)
    return made


def _check_basemap(settings: Settings) -> None:
    """Only path and query may change from tile to tile, never the host."""
    if settings.basemap is None:
        return
    try:
        parts = urlsplit(settings.basemap)
        host = parts.scheme in ("http", "https") and parts.hostname and "{" not in parts.netloc
    except ValueError:
        host = None
    tile = f"{parts.path}?{parts.query}" if host else ""
    if not all(tile.count(part) == 1 for part in ("{z}", "{x}", "{y}")) or tile.count("{") != 3:
        raise InvalidSetting(
            f"{PREFIX}BASEMAP: expected an address like `https://tiles.example/{{z}}/{{x}}/{{y}}.pbf`"
        )


def _check_mail(settings: Settings) -> None:
    """Without the address in the message: it may hold a password."""
    if settings.mail_url is None:
        return
    name = f"{PREFIX}MAIL_URL"
    try:
        parts = urlsplit(settings.mail_url)
        known = parts.scheme in ("smtp", "smtps", "smtp+plain") and parts.hostname and parts.port != 0
    except ValueError as error:
        raise InvalidSetting(f"{name}: the port is no number from 1 to 65535") from error
    if not known:
        raise InvalidSetting(f"{name}: expected `smtp://…`, `smtps://…` or `smtp+plain://…` with a host")
    if parts.scheme == "smtp+plain" and parts.username:
        raise InvalidSetting(f"{name}: no password goes over a line that is not encrypted; use `smtp://`")


def _decode(kind: type, value: Any) -> Any:
    return kind(value)


def _typed(*, name: str, text: str) -> Any:
    if name in ("trusted_proxies", "fetch_allowed"):
        return [part.strip() for part in text.split(",") if part.strip() and part.strip() != "none"]
    return text or None
