# SPDX-License-Identifier: EUPL-1.2
"""Encrypts a message for one browser, so that its push service cannot read it (RFC 8291, RFC 8188)."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from stadtkern.identity.push import keys

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

# What every push service takes (RFC 8291, 4): one record of 4096 bytes with its head, tag and end mark.
MOST_BYTES = 3_993
_RECORD = 4_096


def seal(
    text: bytes,
    *,
    p256dh: bytes,
    auth: bytes,
    salt: bytes | None = None,
    own: EllipticCurvePrivateKey | None = None,
) -> bytes:
    """The body of a push message in the coding `aes128gcm`. Raises ValueError for keys that are none.

    `salt` and `own` are for the standard's example; else they are new for each message.
    """
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    if len(text) > MOST_BYTES:
        raise ValueError(f"a message has at most {MOST_BYTES} bytes")
    salt = salt or os.urandom(16)
    own = own or ec.generate_private_key(ec.SECP256R1())
    theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), p256dh)
    ours = keys.point(own)
    secret = own.exchange(ec.ECDH(), theirs)
    material = _stretch(secret, salt=auth, info=b"WebPush: info\0" + p256dh + ours, length=32)
    key = _stretch(material, salt=salt, info=b"Content-Encoding: aes128gcm\0", length=16)
    nonce = _stretch(material, salt=salt, info=b"Content-Encoding: nonce\0", length=12)
    head = salt + _RECORD.to_bytes(4, "big") + bytes([len(ours)]) + ours
    return head + AESGCM(key).encrypt(nonce, text + b"\x02", None)


def _stretch(material: bytes, *, salt: bytes, info: bytes, length: int) -> bytes:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return HKDF(algorithm=hashes.SHA256(), length=length, salt=salt, info=info).derive(material)
