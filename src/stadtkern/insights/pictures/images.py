# SPDX-License-Identifier: EUPL-1.2
"""Takes pictures apart and keeps what draws them: no place, no camera, no comment, nothing behind the end."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator

import msgspec

from stadtkern.core import problems

LARGEST = 1_572_864
MOST_PIXELS = 4_096
_PNG = b"\x89PNG\r\n\x1a\n"
# What a picture needs: header, palette, pixels, transparency, colours, density.
_PNG_KEPT = frozenset(
    (b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"sBIT", b"pHYs")
)
_WEBP_KEPT = frozenset((b"VP8X", b"VP8 ", b"VP8L", b"ALPH", b"ICCP"))
# Frames: baseline, extended, progressive. Tables, restarts, Adobe's colour transform, JFIF.
_FRAMES = frozenset((0xC0, 0xC1, 0xC2))
_JPEG_KEPT = _FRAMES | {0xC4, 0xDB, 0xDD}
_END_OF_SCAN = re.compile(rb"\xff(?![\x00\xd0-\xd7\xff])")
_MOST_PARTS = 10_000


class PictureIsOfNoUse(problems.Problem):
    """This is no whole picture in JPEG, PNG or WebP of at most 1.5 MB and 4096 pixels a side.

    Save it in one of these formats, smaller if need be. Moving pictures and SVG are not taken.
    """

    status = 422


class PictureLiesOnItsSide(PictureIsOfNoUse):
    """This WebP says in its Exif data that it is to be turned, which browsers do not do.

    Save it turned, or as JPEG.
    """

    status = 422


class Image(msgspec.Struct, frozen=True):
    """A picture that is fit to be shown."""

    media_type: str
    width: int
    height: int
    data: bytes


def clean(data: bytes) -> Image:
    """The picture without anything that does not draw it. Raises PictureIsOfNoUse."""
    if len(data) > LARGEST:
        raise PictureIsOfNoUse("it is larger than 1.5 MB")
    try:
        if data.startswith(b"\xff\xd8\xff"):
            found = _jpeg(data)
        elif data.startswith(_PNG):
            found = _png(data)
        elif data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            found = _webp(data)
        else:
            raise PictureIsOfNoUse()
    except (IndexError, struct.error) as error:
        raise PictureIsOfNoUse("it ends too early") from error
    if not (0 < found.width <= MOST_PIXELS and 0 < found.height <= MOST_PIXELS):
        raise PictureIsOfNoUse(f"it has {found.width} by {found.height} pixels")
    return found


def _jpeg(data: bytes) -> Image:
    """Markers of ITU-T T.81, annex B; of Exif only how the picture is turned."""
    kept, size, turned, at, scans = [b"\xff\xd8"], (0, 0), 1, 2, 0
    for _ in range(_MOST_PARTS):
        if data[at] != 0xFF:
            raise PictureIsOfNoUse("a part begins in a wrong place")
        while data[at] == 0xFF:
            at += 1
        marker = data[at]
        if marker == 0xD9:
            break
        (length,) = struct.unpack_from(">H", data, at + 1)
        end = at + 1 + length
        part = data[at + 1 : end]
        if length < 2 or len(part) != length:
            raise PictureIsOfNoUse("it ends too early")
        if marker == 0xDA:
            found = _END_OF_SCAN.search(data, end)
            if found is None:
                raise PictureIsOfNoUse("it ends too early")
            kept.append(b"\xff\xda" + part + data[end : found.start()])
            at, scans = found.start(), scans + 1
            continue
        if marker in _FRAMES:
            size = struct.unpack_from(">HH", part, 3)
        elif 0xC0 <= marker <= 0xCF and marker != 0xC4:
            raise PictureIsOfNoUse("browsers do not draw this kind of JPEG")
        if marker == 0xE1:
            turned = _orientation(part[2:]) or turned
        if drawn := _drawn(marker, part[2:]):
            kept.append(bytes((0xFF, marker)) + struct.pack(">H", len(drawn) + 2) + drawn)
        at = end
    if not scans or data[at] != 0xD9:
        raise PictureIsOfNoUse("it ends too early")
    if turned != 1:
        kept.insert(1, _turned(turned))
    height, width = size
    width, height = (height, width) if turned >= 5 else (width, height)
    return Image("image/jpeg", width, height, b"".join(kept) + b"\xff\xd9")


def _drawn(marker: int, said: bytes) -> bytes:
    """What of a part is needed to draw: of JFIF (ITU-T T.871) and Adobe's part no thumbnail behind it."""
    if marker in _JPEG_KEPT or (marker == 0xE2 and said.startswith(b"ICC_PROFILE\0")):
        return said
    if marker == 0xE0 and said.startswith(b"JFIF\0") and len(said) >= 14:
        return said[:12] + bytes(2)
    return said[:12] if marker == 0xEE and said.startswith(b"Adobe") else b""


def _orientation(exif: bytes) -> int:
    """Tag 274 of the first directory (CIPA DC-008); 0 where it does not say."""
    if not exif.startswith(b"Exif\0\0"):
        return 0
    tiff = exif[6:]
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2], "")
    try:
        (start,) = struct.unpack_from(order + "I", tiff, 4)
        (entries,) = struct.unpack_from(order + "H", tiff, start)
        for n in range(min(entries, 200)):
            tag, _, _, value = struct.unpack_from(order + "HHIH", tiff, start + 2 + 12 * n)
            if tag == 274:
                return int(value) if 1 <= value <= 8 else 0
    except struct.error:  # a directory that is none says nothing
        return 0
    return 0


def _turned(orientation: int) -> bytes:
    tiff = b"MM\0*" + struct.pack(">IHHHIHHI", 8, 1, 274, 3, 1, orientation, 0, 0)
    part = b"Exif\0\0" + tiff
    return b"\xff\xe1" + struct.pack(">H", len(part) + 2) + part


def _png(data: bytes) -> Image:
    """Chunks of PNG (third edition), each with its check sum; of a moving one the first picture."""
    kept, names = [_PNG], []
    for name, part, whole in _png_chunks(data):
        names.append(name)
        if name in _PNG_KEPT:
            kept.append(whole)
        elif not name[0] & 0x20:
            raise PictureIsOfNoUse("it holds an unknown part")
        if name == b"IHDR":
            width, height = struct.unpack_from(">II", part)
    if names[0] != b"IHDR" or names.count(b"IHDR") > 1 or b"IDAT" not in names:
        raise PictureIsOfNoUse("its parts stand in a wrong order")
    return Image("image/png", width, height, b"".join(kept))


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, bytes, bytes]]:
    at = len(_PNG)
    for _ in range(_MOST_PARTS):
        (length,) = struct.unpack_from(">I", data, at)
        whole = data[at : at + 12 + length]
        (sum_,) = struct.unpack_from(">I", data, at + 8 + length)
        if zlib.crc32(whole[4:-4]) != sum_:
            raise PictureIsOfNoUse("a check sum is wrong")
        yield whole[4:8], whole[8:-4], whole
        at += len(whole)
        if whole[4:8] == b"IEND":
            return
    raise PictureIsOfNoUse("it has too many parts")


def _webp(data: bytes) -> Image:
    """Chunks of RIFF (RFC 9649); flags of what was left out are cleared."""
    kept, size, at = [], (0, 0), 12
    (length,) = struct.unpack_from("<I", data, 4)
    end = min(8 + length, len(data))
    while at + 8 <= end:
        name, (length,) = data[at : at + 4], struct.unpack_from("<I", data, at + 4)
        part = data[at + 8 : at + 8 + length]
        if len(part) != length:
            raise PictureIsOfNoUse("it ends too early")
        if name in (b"ANIM", b"ANMF"):
            raise PictureIsOfNoUse("it moves")
        if name == b"EXIF" and _orientation(part if part.startswith(b"Exif") else b"Exif\0\0" + part) > 1:
            raise PictureLiesOnItsSide()
        if name in _WEBP_KEPT:
            size = size if size != (0, 0) else _webp_size(name, part)
            part = (
                bytes((part[0] & ~0b00101110 & 0xFF | part[0] & 0b00100000, *part[1:]))
                if name == b"VP8X"
                else part
            )
            kept.append(name + struct.pack("<I", length) + part + b"\0" * (length % 2))
        at += 8 + length + length % 2
    if not any(each[:4] in (b"VP8 ", b"VP8L") for each in kept):
        raise PictureIsOfNoUse("it holds no picture")
    body = b"WEBP" + b"".join(kept)
    return Image("image/webp", *size, b"RIFF" + struct.pack("<I", len(body)) + body)


def _webp_size(name: bytes, part: bytes) -> tuple[int, int]:
    if name == b"VP8X":
        return 1 + int.from_bytes(part[4:7], "little"), 1 + int.from_bytes(part[7:10], "little")
    if name == b"VP8L":
        bits = int.from_bytes(part[1:5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if name == b"VP8 ":
        width, height = struct.unpack_from("<HH", part, 6)
        return width & 0x3FFF, height & 0x3FFF
    return 0, 0
