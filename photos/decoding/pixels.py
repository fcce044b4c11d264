"""Decodes within limits, and normalises the pixels."""

from __future__ import annotations

import hashlib
import io
import math
import struct
from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image, ImageChops, ImageCms

from photos.decoding import NormalisedPhoto, PhotoRefused
from photos.decoding.containers import Container, read

LARGEST_PIXELS = 50_000_000
LARGEST_JPEG_PIXELS = 64_000_000
"""More than other formats, since a JPEG is shrunk while decoding. Phones make 50.1 megapixels."""

LARGEST_DECODING_BYTES = 400_000_000
"""The largest peak memory of decoding one picture, estimated before it begins.

Below the limit of pixels, only a progressive CMYK JPEG of more than 50 megapixels exceeds it.
"""

HEIF_BYTES_PER_PIXEL = 7.5
"""Measured with ten bits a channel, the most that cameras write: the decoded planes and the interleaved copy."""

LONGEST_SIDE = 2048
"""Pixels. A portrait has 1152 for half a body. A face of 4 % of the width, the smallest accepted, still has its 80."""

DRAFT_LONGEST_SIDE = 1800
"""Pixels to which a JPEG may be shrunk while decoding, by 1/2, 1/4 or 1/8. It saves most of the time.

So a 12-megapixel photo, 4000 or 4032 wide, is halved and needs no second shrinking.
"""

SHORTEST_SIDE = 200
"""Pixels. A face with room for its hair has two fifths of the short side, and needs 80 pixels."""

LARGEST_RATIO = 10
"""Long side over short side. A longer picture would have less than SHORTEST_SIDE once it is shrunk."""

JPEG_QUALITY = 92
"""With full chroma, since subsampled colour would show where hair is cut out."""

STRIP_ROWS = 256
"""Rows that are converted and shrunk at a time, to avoid a second copy of the whole picture."""

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
"""The operation that undoes an EXIF orientation. 1 and invalid values mean upright."""

_DECODER_ERRORS = (
    *(OSError, ValueError, SyntaxError, EOFError, RuntimeError, IndexError, KeyError, OverflowError),
    struct.error,
)
"""What Pillow's and libheif's readers raise for damaged files.

MemoryError and errors of this code are not among them.
"""


@dataclass(frozen=True)
class _Decoded:
    width: int
    height: int
    rows: Callable[[int, int], Image.Image]
    """The rows from the first number up to, but without, the second."""
    profile: bytes


def normalise(content: bytes) -> NormalisedPhoto:
    """Validate and normalise an upload.

    Raises PhotoRefused. Takes about 0.1 s of one core for a 12-megapixel JPEG. HEIC cannot be shrunk while decoding and
    takes several times as long. Holds at most LARGEST_DECODING_BYTES and two copies of the file.
    """
    container = read(content)
    try:
        decoded = _decode(container)
        shrunk = _shrunk(decoded)
    except _DECODER_ERRORS as error:
        raise PhotoRefused("corrupt_image") from error
    orientation = _orientation(container.exif)
    upright = shrunk.transpose(_UPRIGHT[orientation]) if orientation in _UPRIGHT else shrunk
    colours = _srgb(upright, decoded.profile)
    # Otherwise Pillow would write comments and other metadata of the original into the copy.
    colours.info = {}
    buffer = io.BytesIO()
    colours.save(buffer, "JPEG", quality=JPEG_QUALITY, subsampling="4:4:4")
    data = buffer.getvalue()
    return NormalisedPhoto(data, *colours.size, digest=hashlib.sha256(data).hexdigest())


# --- decoding ------------------------------------------------------------------------------------


def _decode(container: Container) -> _Decoded:
    if container.kind == "HEIF":
        return _heif(container)
    _refuse_sizes(container)
    match container.kind:
        case "WEBP":
            return _webp(container)
        case "JPEG":
            image = _jpeg(container)
        case _:
            image = _opened(container, container.data)
            image.load()
    width, height = image.size
    return _Decoded(width, height, lambda top, bottom: image.crop((0, top, width, bottom)), container.profile)


def _refuse_sizes(container: Container) -> None:
    width, height = container.width, container.height
    pixels = width * height
    if pixels > (LARGEST_JPEG_PIXELS if container.kind == "JPEG" else LARGEST_PIXELS):
        raise PhotoRefused("too_large")
    if pixels * container.bytes_per_pixel > LARGEST_DECODING_BYTES:
        raise PhotoRefused("too_large")
    if min(width, height) < SHORTEST_SIDE or max(width, height) > LARGEST_RATIO * min(width, height):
        raise PhotoRefused("image_too_small")


def _opened(container: Container, data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data), formats=(container.kind,))
    if image.size != (container.width, container.height):
        raise PhotoRefused("corrupt_image")
    return image


def _jpeg(container: Container) -> Image.Image:
    """Decode a JPEG. As in browsers, a file may lack its end marker, but nothing else.

    To find out, it is decoded with two different endings: where part of the picture is missing, the decoder reads its
    last rows from the ending, and the pixels differ. Weakness: a progressive file that was cut exactly between two
    scans is accepted with its coarser picture.
    """
    # The file may end with half of a marker.
    data = container.data if container.ended else container.data.rstrip(b"\xff")
    image = _drafted(container, data + _END)
    if container.ended:
        return image
    if ImageChops.difference(image, _drafted(container, data + _OTHER_ENDING + _END)).getbbox():
        raise PhotoRefused("corrupt_image")
    return image


_END = b"\xff\xd9"
_NOISE = b"\xaa" * 64
_OTHER_ENDING = _NOISE + b"".join(bytes((0xFF, 0xD0 + number)) + _NOISE for number in range(8))
"""An ending that is read as coefficients, where the data end and after whichever restart marker comes next."""


def _drafted(container: Container, data: bytes) -> Image.Image:
    image = _opened(container, data)
    if max(image.size) > DRAFT_LONGEST_SIDE:
        scale = DRAFT_LONGEST_SIDE / max(image.size)
        image.draft(None, (round(image.width * scale), round(image.height * scale)))
    image.load()
    return image


def _webp(container: Container) -> _Decoded:
    """Decode with OpenCV, which holds the picture once. Pillow's reader, made for animations, holds it four times."""
    import cv2
    import numpy as np

    try:
        pixels = cv2.imdecode(np.frombuffer(container.data, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error as error:
        raise PhotoRefused("corrupt_image") from error
    if pixels is None or pixels.shape[:2] != (container.height, container.width):
        raise PhotoRefused("corrupt_image")
    channels = [2, 1, 0, 3][: pixels.shape[2]]

    def rows(top: int, bottom: int) -> Image.Image:
        return Image.fromarray(np.ascontiguousarray(pixels[top:bottom, :, channels]))

    return _Decoded(container.width, container.height, rows, container.profile)


def _heif(container: Container) -> _Decoded:
    """Decode a HEIF. libheif applies the format's own orientation; that of EXIF and XMP does not count (6.5.10)."""
    import pillow_heif

    # Only the main picture. More threads would hold more tiles.
    pillow_heif.options.THUMBNAILS = pillow_heif.options.DEPTH_IMAGES = pillow_heif.options.AUX_IMAGES = False
    pillow_heif.options.DECODE_THREADS = 1
    file = pillow_heif.open_heif(io.BytesIO(container.data))
    image = file[file.primary_index]
    _refuse_sizes(Container("HEIF", b"", *image.size, HEIF_BYTES_PER_PIXEL))
    # This decodes, and may change the size.
    data, stride = image.data, image.stride
    width, height = image.size
    _refuse_sizes(Container("HEIF", b"", width, height, HEIF_BYTES_PER_PIXEL))

    def rows(top: int, bottom: int) -> Image.Image:
        strip = data[top * stride : bottom * stride]
        return Image.frombytes(image.mode, (width, bottom - top), bytes(strip), "raw", image.mode, stride)

    profile = image.info.get("icc_profile")
    return _Decoded(width, height, rows, profile if isinstance(profile, bytes) else b"")


# --- pixels --------------------------------------------------------------------------------------


def _shrunk(decoded: _Decoded) -> Image.Image:
    """The opaque picture, within LONGEST_SIDE.

    It is shrunk by a whole number in strips, then by the remaining factor.
    """
    width, height = decoded.width, decoded.height
    factor = max(1, max(width, height) // LONGEST_SIDE)
    step = factor * math.ceil(STRIP_ROWS / factor)
    reduced: Image.Image | None = None
    for top in range(0, height, step):
        strip = _on_white(_eight_bits(decoded.rows(top, min(top + step, height)))).reduce(factor)
        if reduced is None:
            reduced = Image.new(strip.mode, (math.ceil(width / factor), math.ceil(height / factor)))
        reduced.paste(strip, (0, top // factor))
    if reduced is None:
        raise PhotoRefused("corrupt_image")
    scale = LONGEST_SIDE / max(width, height)
    if scale >= 1:
        return reduced
    # The last column and row of a reduced picture may be covered only in part.
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return reduced.resize(size, Image.Resampling.LANCZOS, box=(0, 0, width / factor, height / factor))


def _eight_bits(image: Image.Image) -> Image.Image:
    """The upper eight bits of 16-bit grey, which Pillow would clip to white. Other modes have eight bits already."""
    if image.mode.startswith("I;16"):
        return Image.frombytes("L", image.size, image.tobytes("raw", "I;16B")[::2])
    return image


def _on_white(image: Image.Image) -> Image.Image:
    """The picture as L, RGB or CMYK. Transparent pixels become white."""
    if image.has_transparency_data:
        opaque = Image.new("RGBA", image.size, "white")
        opaque.alpha_composite(image.convert("RGBA"))
        return opaque.convert("RGB")
    return image if image.mode in {"L", "RGB", "CMYK"} else image.convert("RGB")


def _orientation(block: bytes) -> int | None:
    """The orientation in an EXIF block. None when it cannot be read: the pixels are still good."""
    exif = Image.Exif()
    try:
        exif.load(block)
        orientation: int | None = exif.get(_ORIENTATION_TAG)
    except (*_DECODER_ERRORS, TypeError, AssertionError):
        return None
    return orientation


def _srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """The picture in sRGB. Without a usable profile for its colour model, the values are read as sRGB."""
    transform = _transform(profile, image.mode) if profile else None
    return transform(image) if transform else image.convert("RGB")


def _transform(profile: bytes, mode: str) -> Callable[[Image.Image], Image.Image] | None:
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if "sRGB" in ImageCms.getProfileDescription(source) and mode == "RGB":
            return None
        transform = ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), mode, "RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        return None
    return transform.apply
