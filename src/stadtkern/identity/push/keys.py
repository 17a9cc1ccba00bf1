# SPDX-License-Identifier: EUPL-1.2
"""Our key for push services (VAPID, RFC 8292): derived from the installation's secret, so stored nowhere."""

from __future__ import annotations

import base64
import time
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

# A token may last a day at most (RFC 8292, section 2); clocks differ.
_LASTS_SECONDS = 12 * 3600
_CURVE_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_INFO = b"stadtkern.identity.push vapid"


@lru_cache(maxsize=4)
def private(secret: str) -> EllipticCurvePrivateKey:
    """The key on P-256 that belongs to an installation's secret; always the same one.

    More bits than the curve has, taken modulo its order: as even as it should be (FIPS 186-5, A.2.1).
    """
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    made = HKDF(algorithm=hashes.SHA256(), length=48, salt=None, info=_INFO).derive(secret.encode())
    return ec.derive_private_key(int.from_bytes(made, "big") % (_CURVE_ORDER - 1) + 1, ec.SECP256R1())


def public(secret: str) -> bytes:
    """What browsers are given to tell our messages from those of others: an uncompressed point, 65 bytes."""
    return point(private(secret))


def point(key: EllipticCurvePrivateKey) -> bytes:
    """The public side of a key as an uncompressed point."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def authorisation(secret: str, *, endpoint: str, contact: str, now: float | None = None) -> str:
    """The header Authorization for one push service (RFC 8292, 3). `contact`: an https address, or none."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

    parts = urlsplit(endpoint)
    claims: dict[str, object] = {
        "aud": f"{parts.scheme}://{parts.netloc}",
        "exp": int(time.time() if now is None else now) + _LASTS_SECONDS,
    }
    if contact.startswith("https://"):
        claims["sub"] = contact
    head = msgspec.json.encode({"typ": "JWT", "alg": "ES256"})
    text = f"{packed(head)}.{packed(msgspec.json.encode(claims))}"
    key = private(secret)
    r, s = decode_dss_signature(key.sign(text.encode(), ec.ECDSA(hashes.SHA256())))
    signature = r.to_bytes(32, "big") + s.to_bytes(32, "big")
    return f"vapid t={text}.{packed(signature)}, k={packed(point(key))}"


def packed(data: bytes) -> str:
    """Base64 for addresses, without filling (RFC 7515, section 2)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unpacked(text: str) -> bytes:
    """The counterpart. Raises ValueError."""
    if not text.isascii():
        raise ValueError("not base64")
    return base64.b64decode(text.encode() + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
