"""From an uploaded file to the one form that everything behind works on: an upright sRGB JPEG without metadata.

What comes in is hostile until proven otherwise: size and pixels are bounded before anything is decoded, and only
four formats are ever given to a decoder.
"""

from __future__ import annotations

import hashlib
import io
import struct
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import IO

import numpy as np
import pillow_heif
from django.conf import settings
from PIL import Image, ImageCms

LONGEST_SIDE = 2048
"""Pixels. A portrait takes 1152 for half a body; a face at the gate's 4 % of the width still has its 80."""

DRAFT_LONGEST_SIDE = 1800
"""JPEG shrinks to 1/2, 1/4 or 1/8 while decoding, which saves most of the time, and may do so down to here: a
12-megapixel photo (4000 or 4032 wide) is halved and needs no second shrinking."""

SHORTEST_SIDE = 200
"""Pixels. A face that leaves room for its hair takes two fifths of the short side; the gate wants 80 of them."""

JPEG_QUALITY = 92
"""With full chroma: the next steps cut along hair, where subsampled colour shows."""

STATUS = {
    "not_an_image": 400,
    "corrupt_image": 400,
    "image_too_small": 400,
    "too_large": 413,
    "unsupported_format": 415,
}

_ORIENTATION_TAG = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What undoes an EXIF orientation; 1 and nonsense are upright."""

pillow_heif.register_heif_opener()


class PhotoRefused(Exception):
    """The upload cannot become a photo. `code` and `status` are the API's."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
        self.status = STATUS[code]


@dataclass(frozen=True)
class NormalisedPhoto:
    data: bytes
    """JPEG: sRGB, upright, full chroma, no metadata."""
    width: int
    height: int
    digest: str
    """SHA-256 of `data`, hexadecimal."""


def normalise(upload: bytes | IO[bytes]) -> NormalisedPhoto:
    """Validate an upload and bring it into the one form.

    Raises PhotoRefused. About 0.15 s of one core for a 12-megapixel JPEG; HEIC has no short way of decoding and
    takes several times as long.
    """
    content = upload if isinstance(upload, bytes) else upload.read(settings.PHOTO_LARGEST_BYTES + 1)
    if len(content) > settings.PHOTO_LARGEST_BYTES:
        raise PhotoRefused("too_large")
    image = _open(content, _format(content))
    _refuse_sizes(*image.size)
    pixels = _decode(image)
    buffer = io.BytesIO()
    pixels.save(buffer, "JPEG", quality=JPEG_QUALITY, subsampling="4:4:4")
    data = buffer.getvalue()
    return NormalisedPhoto(data, *pixels.size, digest=hashlib.sha256(data).hexdigest())


def _format(content: bytes) -> str:
    """Pillow's name of the format, told by the first bytes; what the sender called it counts for nothing."""
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
    """GIF, TIFF, BMP, icon, Photoshop, JPEG 2000, JPEG XL, SVG: a picture, but none that is taken here."""
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


def _open(content: bytes, kind: str) -> Image.Image:
    """Reads the header only."""
    try:
        return Image.open(io.BytesIO(content), formats=(kind,))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PhotoRefused("too_large") from error
    except _DECODER_ERRORS as error:
        raise PhotoRefused("corrupt_image") from error


_DECODER_ERRORS = (
    *(OSError, ValueError, SyntaxError, EOFError, RuntimeError, IndexError, KeyError, OverflowError),
    struct.error,
)
"""What Pillow's and libheif's readers raise on damaged files, memory and logic faults of ours left out."""


def _refuse_sizes(width: int, height: int) -> None:
    if width * height > settings.PHOTO_LARGEST_PIXELS:
        raise PhotoRefused("too_large")
    if min(width, height) < SHORTEST_SIDE:
        raise PhotoRefused("image_too_small")


def _decode(image: Image.Image) -> Image.Image:
    try:
        if image.format in {"JPEG", "MPO"} and max(image.size) > DRAFT_LONGEST_SIDE:
            scale = DRAFT_LONGEST_SIDE / max(image.size)
            image.draft(None, (round(image.width * scale), round(image.height * scale)))
        image.load()
        profile = image.info.get("icc_profile")
    except _DECODER_ERRORS as error:
        raise PhotoRefused("corrupt_image") from error
    orientation = _orientation(image)
    opaque = _shrunk(_on_white(_eight_bits(image)))
    upright = opaque.transpose(_UPRIGHT[orientation]) if orientation in _UPRIGHT else opaque
    colours = _srgb(upright, profile)
    # Pillow writes comments and the like of the original into the copy, unless there are none.
    colours.info = {}
    return colours


def _orientation(image: Image.Image) -> int | None:
    """As EXIF says; a block that cannot be read says nothing, and the pixels are good all the same."""
    try:
        orientation: int | None = image.getexif().get(_ORIENTATION_TAG)
    except (*_DECODER_ERRORS, TypeError, AssertionError):
        return None
    return orientation


def _eight_bits(image: Image.Image) -> Image.Image:
    """Sixteen-bit grey keeps its upper eight bits: Pillow would clip it to white. Other modes come with eight."""
    if image.mode.startswith("I"):
        return Image.fromarray((np.asarray(image).astype(np.uint32) >> 8).clip(0, 255).astype(np.uint8))
    return image


def _on_white(image: Image.Image) -> Image.Image:
    """L, RGB or CMYK; what is transparent becomes white."""
    if image.has_transparency_data:
        opaque = Image.new("RGBA", image.size, "white")
        opaque.alpha_composite(image.convert("RGBA"))
        return opaque.convert("RGB")
    return image if image.mode in {"L", "RGB", "CMYK"} else image.convert("RGB")


def _shrunk(image: Image.Image) -> Image.Image:
    scale = LONGEST_SIDE / max(image.size)
    if scale >= 1:
        return image
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)


def _srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Without a profile, or with one that is broken or of another colour model, the values are taken as sRGB."""
    transform = _transform(profile, image.mode) if profile else None
    return transform(image) if transform else image.convert("RGB")


@lru_cache(maxsize=16)
def _transform(profile: bytes, mode: str) -> Callable[[Image.Image], Image.Image] | None:
    """Cached: photos of one phone share one profile, and building a transform costs as much as using it."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if "sRGB" in ImageCms.getProfileDescription(source) and mode == "RGB":
            return None
        transform = ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), mode, "RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        return None
    return transform.apply
