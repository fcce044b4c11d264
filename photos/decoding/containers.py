"""Selects the parts of an uploaded file that a decoder gets.

Each reader reads the file once, in time and memory linear in its length, and builds the smallest file of that format
with the first picture. Texts, comments, thumbnails, further pictures and frames never reach a decoder. Orientation and
colour profile are returned separately, both with a largest size. Structure: JPEG ITU-T T.81 annex B, PNG RFC 2083, WebP
RFC 9649.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from photos.decoding import PhotoRefused

Kind = Literal["JPEG", "PNG", "WEBP", "HEIF"]

LARGEST_EXIF = 65_536
"""Bytes. A JPEG segment cannot be larger. A larger block of another format is ignored."""

LARGEST_PROFILE = 4 * 1024 * 1024
"""Bytes of an unpacked ICC profile. Printers' CMYK profiles have up to 3 MB. A larger one is ignored."""

MOST_SCANS = 100
"""Scans of a JPEG. Encoders write about ten. Even an empty one makes the decoder go over the whole picture."""


@dataclass(frozen=True)
class Container:
    kind: Kind
    data: bytes
    """A file with only the first picture. A JPEG lacks its end marker; HEIF is unchanged."""
    width: int = 0
    height: int = 0
    """Pixels as stored; 0 for HEIF, whose size its library reads."""
    bytes_per_pixel: float = 0
    """The peak memory of decoding, in bytes per stored pixel."""
    exif: bytes = b""
    profile: bytes = b""
    ended: bool = True
    """False for a JPEG that came without its end marker."""


def read(content: bytes) -> Container:
    """Raises PhotoRefused: `not_an_image`, `unsupported_format`, or `corrupt_image` for an incomplete file."""
    kind = _kind(content)
    try:
        match kind:
            case "JPEG":
                return _jpeg(content)
            case "PNG":
                return _png(content)
            case "WEBP":
                return _webp(content)
            case "HEIF":
                return Container("HEIF", content)
    except (struct.error, IndexError, zlib.error) as error:
        raise PhotoRefused("corrupt_image") from error


# --- which format --------------------------------------------------------------------------------


def _kind(content: bytes) -> Kind:
    """The format by the first bytes. The file's name does not count."""
    brands = _brands(content)
    if content.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return "WEBP"
    if brands & {b"heic", b"heix", b"heim", b"heis"} or (b"mif1" in brands and not brands & {b"avif", b"avis"}):
        return "HEIF"
    if _is_other_picture(content) or brands & {b"avif", b"avis"}:
        raise PhotoRefused("unsupported_format")
    raise PhotoRefused("not_an_image")


def _brands(content: bytes) -> set[bytes]:
    """Major and compatible brands of an ISO base media file (ISO/IEC 14496-12, `ftyp`)."""
    if content[4:8] != b"ftyp":
        return set()
    end = min(int.from_bytes(content[:4], "big"), 256)
    return {content[8:12], *(content[start : start + 4] for start in range(16, end, 4))}


def _is_other_picture(content: bytes) -> bool:
    """Whether it is a picture of a format that is not accepted:

    GIF, TIFF, BMP, icon, Photoshop, JPEG 2000 or XL, SVG.
    """
    signatures = (
        b"GIF8",
        b"II*\x00",
        b"MM\x00*",
        b"BM",
        b"\x00\x00\x01\x00",
        b"8BPS",
        b"\xff\x0a",
        b"\xff\x4f\xff\x51",
    )
    boxed = (b"\x00\x00\x00\x0cjP  ", b"\x00\x00\x00\x0cJXL ")
    return content.startswith(signatures + boxed) or b"<svg" in content[:1024].lower()


# --- JPEG ----------------------------------------------------------------------------------------

_MARKER = re.compile(rb"\xff([^\x00\xd0-\xd7\xff])")
"""A marker, also inside a scan, where 255 followed by 0 and restart markers are data.

Any number of bytes 255 may come before a marker. The pattern leaves them out: else it would be quadratic in a long run.
"""

_START_OF_SCAN, _END = 0xDA, 0xD9
_FRAMES = {0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF}
_BUFFERED = {0xC2, 0xC6, 0xCA, 0xCE}
"""Progressive frames. Their decoder holds the coefficients of the whole picture until the last scan."""
_APPLICATION, _COMMENT = range(0xE0, 0xF0), 0xFE
_KEPT_APPLICATION = (b"JFIF\0", b"Adobe")
"""Application segments that define the colours. Decoding needs no others."""


def _jpeg(content: bytes) -> Container:
    kept: list[bytes] = [b"\xff\xd8"]
    profile: list[bytes] = []
    exif = b""
    frame: tuple[int, bytes] | None = None
    scans = 0
    ended = False
    for marker, body, start, end in _segments(content):
        if marker == _END:
            ended = True
        elif marker == _START_OF_SCAN:
            scans += 1
            kept.append(content[start:end])
        elif marker not in _APPLICATION and marker != _COMMENT:
            kept.append(content[start:end])
            if marker in _FRAMES and frame is None:
                frame = marker, body
        elif body.startswith(b"Exif\0\0"):
            exif = exif or body[6:]
        elif body.startswith(b"ICC_PROFILE\0"):
            profile.append(body[12:])
        elif body.startswith(_KEPT_APPLICATION):
            kept.append(content[start:end])
    if frame is None or not scans or scans > MOST_SCANS:
        raise PhotoRefused("corrupt_image")
    marker, body = frame
    height, width, components = struct.unpack_from(">HHB", body, 1)
    samplings = [divmod(sampling, 16) for sampling in body[7 : 6 + 3 * components : 3]]
    return Container(
        "JPEG",
        b"".join(kept),
        width,
        height,
        # A coefficient has two bytes. The shown picture is shrunk while decoding, so it is small.
        2 * _samples_per_pixel(samplings) if marker in _BUFFERED or scans > 1 else 0,
        exif,
        _joined_profile(profile),
        ended,
    )


def _segments(content: bytes) -> Iterator[tuple[int, bytes, int, int]]:
    """Each segment's marker, content, and bounds in the file. A scan's bounds include the data after it.

    Ends with the end marker or with the file. Bytes after the end marker do not belong to this picture.
    """
    at = 2
    while at < len(content):
        # Bytes between segments are skipped, as all decoders do.
        found = _MARKER.search(content, at)
        if found is None:
            return
        marker, start = found[1][0], found.end() - 2
        if marker == _END:
            yield marker, b"", start, found.end()
            return
        (length,) = struct.unpack_from(">H", content, found.end())
        end = found.end() + length
        if length < 2 or end > len(content):
            raise PhotoRefused("corrupt_image")
        body = content[found.end() + 2 : end]
        if marker == _START_OF_SCAN:
            following = _MARKER.search(content, end)
            end = following.start() if following else len(content)
        yield marker, body, start, end
        at = end


def _samples_per_pixel(samplings: list[tuple[int, int]]) -> float:
    whole = max(across for across, _ in samplings) * max(down for _, down in samplings)
    return sum(across * down for across, down in samplings) / whole


def _joined_profile(segments: list[bytes]) -> bytes:
    """The profile, joined from its numbered segments (ICC.1, annex B.4)."""
    if sum(map(len, segments)) > LARGEST_PROFILE:
        return b""
    return b"".join(segment[2:] for segment in sorted(segments, key=lambda segment: segment[:1]))


# --- PNG -----------------------------------------------------------------------------------------

_PIXEL_BYTES = {0: 1.0, 3: 1.0}
"""Bytes per pixel in the decoder, by colour type. Other types have four, 16-bit grey has two."""


def _png(content: bytes) -> Container:
    chunks: dict[bytes, list[bytes]] = {}
    at = 8
    while b"IEND" not in chunks:
        length, name = struct.unpack_from(">I4s", content, at)
        end = at + 12 + length
        if end > len(content):
            raise PhotoRefused("corrupt_image")
        if name in {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND", b"iCCP", b"eXIf"}:
            body = content[at + 8 : end - 4]
            if zlib.crc32(content[at + 4 : end - 4]) == int.from_bytes(content[end - 4 : end], "big"):
                chunks.setdefault(name, []).append(body)
            elif name[:1].isupper():
                raise PhotoRefused("corrupt_image")
        at = end
    width, height, depth, colour = struct.unpack_from(">IIBB", chunks.get(b"IHDR", [b""])[0])
    kept = [
        (name, b"".join(chunks[name]) if name == b"IDAT" else chunks[name][0])
        for name in (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")
        if name in chunks
    ]
    return Container(
        "PNG",
        content[:8] + b"".join(_png_chunk(name, body) for name, body in kept),
        width,
        height,
        (2.0 if depth == 16 and colour == 0 else _PIXEL_BYTES.get(colour, 4.0)),
        _bounded(chunks.get(b"eXIf", [b""])[0]),
        _png_profile(chunks.get(b"iCCP", [b""])[0]),
    )


def _png_chunk(name: bytes, body: bytes) -> bytes:
    return len(body).to_bytes(4, "big") + name + body + zlib.crc32(name + body).to_bytes(4, "big")


def _png_profile(chunk: bytes) -> bytes:
    """The profile of a chunk, which has a name, a zero, a method and the packed profile. Unpacks up to the limit."""
    packed = chunk.partition(b"\0")[2][1:]
    unpacking = zlib.decompressobj()
    try:
        profile = unpacking.decompress(packed, LARGEST_PROFILE)
    except zlib.error:
        return b""
    return profile if unpacking.eof else b""


# --- WebP ----------------------------------------------------------------------------------------


def _webp(content: bytes) -> Container:
    chunks = dict(_webp_chunks(content, 12, len(content)))
    around = chunks
    if b"VP8 " not in chunks and b"VP8L" not in chunks:
        # An animation: its first frame follows the frame's header of 16 bytes.
        frame = chunks.get(b"ANMF", b"")
        chunks = dict(_webp_chunks(frame, 16, len(frame)))
    if lossless := chunks.get(b"VP8L"):
        (bits,) = struct.unpack_from("<I", lossless, 1)
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        kept = _webp_chunk(b"VP8L", lossless)
    else:
        lossy = chunks.get(b"VP8 ", b"")
        width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", lossy, 6))
        kept = _webp_chunk(b"VP8 ", lossy)
        if transparency := chunks.get(b"ALPH"):
            header = b"\x10\0\0\0" + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
            kept = _webp_chunk(b"VP8X", header) + _webp_chunk(b"ALPH", transparency) + kept
    profile = around.get(b"ICCP", b"")
    return Container(
        "WEBP",
        b"RIFF" + (4 + len(kept)).to_bytes(4, "little") + b"WEBP" + kept,
        width,
        height,
        8.0,
        _bounded(around.get(b"EXIF", b"")),
        profile if len(profile) <= LARGEST_PROFILE else b"",
    )


def _webp_chunks(content: bytes, at: int, end: int) -> Iterator[tuple[bytes, bytes]]:
    """Names and bodies of the chunks; of several with one name only the first."""
    seen: set[bytes] = set()
    while at + 8 <= end:
        name, length = struct.unpack_from("<4sI", content, at)
        if at + 8 + length > end:
            raise PhotoRefused("corrupt_image")
        if name in {b"VP8 ", b"VP8L", b"ALPH", b"ANMF", b"ICCP", b"EXIF"} and name not in seen:
            seen.add(name)
            yield name, content[at + 8 : at + 8 + length]
        at += 8 + length + length % 2


def _webp_chunk(name: bytes, body: bytes) -> bytes:
    return name + len(body).to_bytes(4, "little") + body + b"\0" * (len(body) % 2)


def _bounded(exif: bytes) -> bytes:
    return exif if len(exif) <= LARGEST_EXIF else b""
