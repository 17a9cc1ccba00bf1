# SPDX-License-Identifier: EUPL-1.2
"""Sign-in with an OpenID Connect provider: a real installation, and a small provider beside it."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import re
import threading
from collections.abc import Iterator
from html import unescape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest

from stadtkern.core import database
from stadtkern.identity.entry import invitations
from tests import running

PERSON = {"sub": "0815", "email": "rita@stadt.example", "email_verified": True, "name": "Rita Rat"}


class Provider(ThreadingHTTPServer):
    """Says who somebody is, once for each code; `person` is whom it knows."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.address = f"http://127.0.0.1:{self.server_address[1]}"
        self.person: dict[str, Any] = dict(PERSON)
        self.asked: list[dict[str, list[str]]] = []
        self.nonce = ""


class _Answers(BaseHTTPRequestHandler):
    server: Provider

    def do_GET(self) -> None:
        at = self.server.address
        if self.path == "/.well-known/openid-configuration":
            self._say({
                "issuer": at, "authorization_endpoint": f"{at}/auth", "token_endpoint": f"{at}/token",
                "userinfo_endpoint": f"{at}/me", "jwks_uri": f"{at}/keys",
                "token_endpoint_auth_methods_supported": ["client_secret_post"],
            })  # fmt: skip
        else:
            self._say(self.server.person)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        self.server.asked.append(parse_qs(body))
        claims = {**self.server.person, "iss": self.server.address, "aud": "stadtkern", "exp": 4_000_000_000,
                  "iat": 1}  # fmt: skip
        parts = [base64.urlsafe_b64encode(json.dumps(each).encode()).decode().rstrip("=")
                 for each in ({"alg": "none"}, claims)]  # fmt: skip
        self._say({"access_token": "x", "token_type": "Bearer", "id_token": ".".join([*parts, ""])})

    def _say(self, document: dict[str, Any]) -> None:
        body = json.dumps(document).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    """The provider, on a port of its own."""
    with Provider() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def installation(provider: Provider) -> Iterator[running.Running]:
    """An installation that trusts the provider."""
    told = {
        "STADTKERN_OIDC_ISSUER": provider.address,
        "STADTKERN_OIDC_CLIENT_ID": "stadtkern",
        "STADTKERN_OIDC_CLIENT_SECRET": "geheim",
        "STADTKERN_OIDC_NAME": "Rathauskonto",
    }
    with pytest.MonkeyPatch.context() as patched, running.installation() as made:
        for name, value in told.items():
            patched.setitem(os.environ, name, value)
        patched.setitem(os.environ, "STADTKERN_PUBLIC_URL", made.address)
        made.start()
        yield made


def test_the_page_on_the_way_speaks_as_the_one_before(installation: running.Running) -> None:
    """Its address is the same in every language; a language that there is not is passed over."""
    with httpx.Client(base_url=installation.address, timeout=60) as client:
        for path, told, says in (
            ("/anmelden", "de", "Weiter zur Anmeldung"),
            ("/en/anmelden", "en", "On to the sign-in"),
        ):
            page = client.get(path)
            assert f'name="language" value="{told}"' in page.text
            secret = page.text.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
            given = {"csrfmiddlewaretoken": secret, "language": told}
            answer = client.post("/anmelden/oidc/stadt", data=given)
            assert f"<h1>{says}</h1>" in answer.text
            odd = client.post("/anmelden/oidc/stadt", data=given | {"language": "\0xx"})
            assert "<h1>Weiter zur Anmeldung</h1>" in odd.text


def _begin(client: httpx.Client) -> dict[str, str]:
    """Press the button; what the provider is asked."""
    page = client.get("/anmelden")
    assert "Mit Rathauskonto anmelden" in page.text
    secret = page.text.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    answer = client.post("/anmelden/oidc/stadt", data={"csrfmiddlewaretoken": secret})
    # A redirect would end there: the page's own rules let browsers send no form to another host.
    assert "form-action 'self'" in page.headers["content-security-policy"]
    assert answer.status_code == 200
    found = re.search(r'http-equiv="refresh" content="0; url=([^"]+)"', answer.text)
    assert found is not None
    return {key: values[0] for key, values in parse_qs(urlsplit(unescape(found[1])).query).items()}


def _back(client: httpx.Client, *, state: str) -> httpx.Response:
    query = urlencode({"code": "c0de", "state": state})
    return client.get(f"/anmelden/oidc/stadt/zurueck?{query}")


def test_a_provider_lets_people_in(installation: running.Running, provider: Provider) -> None:
    """With state and PKCE; whoever comes for the first time has an account and no role."""
    with httpx.Client(base_url=installation.address, timeout=60) as client:
        asked = _begin(client)
        assert asked["redirect_uri"] == f"{installation.address}/anmelden/oidc/stadt/zurueck"
        assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
        answer = _back(client, state=asked["state"])
        assert (answer.status_code, answer.headers["location"]) == (302, "/konto")
        assert "code_verifier" in provider.asked[-1]
        page = client.get("/konto").text
        assert ("Rita Rat" in page, "Noch nirgends" in page) == (True, True)
    assert installation.query("SELECT count(*) FROM core.membership") == [(0,)]


def test_an_answer_that_nobody_asked_for_is_refused(
    installation: running.Running, provider: Provider
) -> None:
    """A state from somebody else's browser lets nobody in."""
    with (
        httpx.Client(base_url=installation.address, timeout=60) as one,
        httpx.Client(base_url=installation.address, timeout=60) as other,
    ):
        state = _begin(one)["state"]
        for stolen in (state, "erfunden"):
            assert "Die Anmeldung hat nicht geklappt" in _back(other, state=stolen).text
        assert other.get("/konto").status_code == 302


def test_an_address_that_is_not_confirmed_opens_no_account(
    installation: running.Running, provider: Provider
) -> None:
    """Only what the provider calls confirmed leads to the account of that address."""
    known = installation.query("SELECT count(*) FROM core.session")
    provider.person = {**PERSON, "sub": "4711", "email_verified": False}
    with httpx.Client(base_url=installation.address, timeout=60) as client:
        _back(client, state=_begin(client)["state"])
        assert client.get("/konto").status_code == 302
    assert installation.query("SELECT count(*) FROM core.session") == known
    provider.person = dict(PERSON)


def test_the_provider_outweighs_whoever_took_the_address(
    installation: running.Running, provider: Provider
) -> None:
    """Whoever made an account under a foreign address loses it to its owner: session and password end."""
    email, password = "opfer@stadt.example", "viel Regen ohne Schirm 7"
    with httpx.Client(base_url=installation.address, timeout=60) as thief:
        link = asyncio.run(_link(installation.database_url))
        secret = _secret(thief.get(link).text)
        given = {"name": "Dieb", "email": email, "password": password, "again": password}
        assert thief.post(link, data={**given, "csrfmiddlewaretoken": secret}).status_code == 302
        assert thief.get("/konto").status_code == 200
        provider.person = {"sub": "99", "email": email, "email_verified": True, "name": "Opfer"}
        with httpx.Client(base_url=installation.address, timeout=60) as owner:
            _back(owner, state=_begin(owner)["state"])
            assert owner.get("/konto").status_code == 200
        assert thief.get("/konto").status_code == 302
        secret = _secret(thief.get("/anmelden").text)
        again = {"login": email, "password": password, "csrfmiddlewaretoken": secret}
        assert thief.post("/anmelden", data=again).status_code == 200
    provider.person = dict(PERSON)


async def _link(url: str) -> str:
    async with await database.connect(url=url, autocommit=True) as connection:
        return await invitations.first_administrator(connection, base_url="")


def _secret(page: str) -> str:
    return page.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
