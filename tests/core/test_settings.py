# SPDX-License-Identifier: EUPL-1.2
"""Settings come from the environment, typed, and bad ones are named."""

from pathlib import Path

import pytest

from stadtkern.core import settings, settings_page


def test_defaults_need_no_environment() -> None:
    """A newcomer sets nothing."""
    loaded = settings.load(environment={})
    assert (loaded.host, loaded.port, loaded.database_url) == ("127.0.0.1", 8000, None)
    assert loaded.base_url == "http://localhost:8000"


def test_environment_is_read_and_arguments_win() -> None:
    """What is typed on the command line beats the environment."""
    environment = {"STADTKERN_PORT": "9000", "STADTKERN_TRUSTED_PROXIES": "10.0.0.1, 10.0.0.2", "OTHER": "x"}
    loaded = settings.load(environment=environment, port=9001)
    assert loaded.port == 9001
    assert loaded.trusted_proxies == ("10.0.0.1", "10.0.0.2")


@pytest.mark.parametrize(("name", "value"), [("PORT", "eighty"), ("PORT", "70000"), ("QUEUE_LIMIT", "0")])
def test_a_bad_value_is_named(name: str, value: str) -> None:
    """The error says which variable is wrong."""
    with pytest.raises(settings.InvalidSetting, match=f"STADTKERN_{name}"):
        settings.load(environment={f"STADTKERN_{name}": value})


def test_the_signing_key_is_made_once_and_kept_private(tmp_path: Path) -> None:
    """There is no default secret; the made one is readable by its owner only."""
    loaded = settings.load(environment={}, data=str(tmp_path / "new"))
    key = loaded.signing_key()
    assert len(key) > 40
    assert loaded.signing_key() == key
    assert (tmp_path / "new" / "secret-key").stat().st_mode & 0o777 == 0o600


def test_every_setting_is_described() -> None:
    """The documentation page has a row per field."""
    page = settings_page.describe()
    assert all(f"`STADTKERN_{field.upper()}`" in page for field in settings.Settings.__struct_fields__)


def test_an_empty_key_of_an_interrupted_start_is_made_anew(tmp_path: Path) -> None:
    """Else the pages would never start again, or sign with nothing."""
    (tmp_path / "secret-key").touch()
    made = settings.load(environment={}, data=str(tmp_path))
    assert len(made.signing_key()) > 40
    assert made.signing_key() == made.signing_key()
    assert [entry.name for entry in tmp_path.iterdir()] == ["secret-key"]


@pytest.mark.parametrize(
    "url",
    ["http://mail.example", "mail.example:25", "smtp://", "smtp+plain://a:b@mail.example", "smtp://m:70000"],
)
def test_an_address_that_is_no_mail_server_is_refused_at_the_start(url: str) -> None:
    """With the name of the setting and without the password."""
    with pytest.raises(settings.InvalidSetting, match="STADTKERN_MAIL_URL") as error:
        settings.load(environment={}, mail_url=url)
    assert "a:b" not in str(error.value)
