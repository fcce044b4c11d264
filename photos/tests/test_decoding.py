from __future__ import annotations

import hashlib
import io
import time
import zipfile
import zlib
from collections.abc import Sequence

import numpy as np
import pillow_heif
import pytest
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

from photos.decoding import PhotoRefused
from photos.decoding.pixels import LONGEST_SIDE, SHORTEST_SIDE, normalise

pillow_heif.register_heif_opener()


def quarters(width: int = 320, height: int = 240) -> Image.Image:
    """Red, green, blue, white from the upper left: every turn and every mirroring of it is told apart."""
    pixels = np.full((height, width, 3), 255, np.uint8)
    pixels[: height // 2, : width // 2] = (200, 30, 30)
    pixels[: height // 2, width // 2 :] = (30, 200, 30)
    pixels[height // 2 :, : width // 2] = (30, 30, 200)
    return Image.fromarray(pixels)


def noise(width: int, height: int) -> Image.Image:
    return Image.fromarray(np.random.default_rng(7).integers(0, 256, (height, width, 3), np.uint8))


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def corner_colours(image: Image.Image) -> list[tuple[int, ...]]:
    width, height = image.size
    places = [(width // 4, height // 4), (3 * width // 4, height // 4), (width // 4, 3 * height // 4)]
    return [tuple(image.convert("RGB").getpixel(place)) for place in places]  # type: ignore[arg-type]


def close(one: Sequence[tuple[int, ...]], other: Sequence[tuple[int, ...]], tolerance: int = 8) -> bool:
    return bool(np.abs(np.array(one) - np.array(other)).max() <= tolerance)


def refusal(upload: bytes) -> tuple[str, int]:
    with pytest.raises(PhotoRefused) as refused:
        normalise(upload)
    return refused.value.code, refused.value.status


RED_GREEN_BLUE = [(200, 30, 30), (30, 200, 30), (30, 30, 200)]


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("JPEG", {"quality": 95}),
        ("JPEG", {"quality": 95, "progressive": True}),
        ("PNG", {}),
        ("WEBP", {"lossless": True}),
        ("HEIF", {"quality": 95}),
    ],
)
def test_each_format_becomes_the_same_kind_of_jpeg(kind: str, options: dict[str, object]):
    # Given the same picture in a format that is taken
    upload = encoded(quarters(), kind, **options)

    # When it is normalised
    photo = normalise(upload)

    # Then it is an RGB JPEG with full chroma that shows the same
    image = opened(photo.data)
    assert (image.format, image.mode, image.size) == ("JPEG", "RGB", (320, 240))
    assert (photo.width, photo.height) == (320, 240)
    assert image.layer[0][1:3] == image.layer[1][1:3]  # type: ignore[attr-defined]
    assert close(corner_colours(image), RED_GREEN_BLUE, tolerance=14)
    assert photo.digest == hashlib.sha256(photo.data).hexdigest()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(orientation: int):
    # Given a picture stored turned or mirrored, with the tag that says so
    stored = {
        1: None,
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = quarters() if stored is None else quarters().transpose(stored)

    # When it is normalised
    photo = normalise(encoded(image, "JPEG", quality=95, exif=exif))

    # Then it stands upright
    assert (photo.width, photo.height) == (320, 240)
    assert close(corner_colours(opened(photo.data)), RED_GREEN_BLUE)


def test_heic_orientation_is_applied_once():
    exif = Image.Exif()
    exif[0x0112] = 6
    upload = encoded(quarters().transpose(Image.Transpose.ROTATE_90), "HEIF", quality=95, exif=exif.tobytes())

    photo = normalise(upload)

    assert (photo.width, photo.height) == (320, 240)
    assert close(corner_colours(opened(photo.data)), RED_GREEN_BLUE, tolerance=14)


def test_nothing_of_the_metadata_is_left():
    # Given a JPEG with place, camera, profile, comment and XMP
    exif = Image.Exif()
    exif[0x010F] = "Camera of somebody"
    exif.get_ifd(0x8825)[1] = "N"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    upload = encoded(quarters(), "JPEG", exif=exif, icc_profile=profile, comment=b"a comment", xmp=b"<xmp/>")

    # When it is normalised
    data = normalise(upload).data

    # Then only what decoding needs remains
    image = opened(data)
    assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    for trace in (b"somebody", b"comment", b"xmp", b"ICC_PROFILE", b"Exif"):
        assert trace not in data


def test_a_profile_is_applied():
    # Given a picture whose values are meant as Display P3, as phones store them
    profile = _display_p3()
    upload = encoded(quarters(), "PNG", icc_profile=profile)

    # When it is normalised
    red, green, _ = corner_colours(opened(normalise(upload).data))

    # Then P3's red and green, which sRGB writes with more of themselves and less of the rest, have moved
    assert red[0] > 208
    assert green[0] < 20


def test_a_broken_profile_is_passed_over():
    upload = encoded(quarters(), "PNG", icc_profile=b"not a profile at all" * 20)
    assert close(corner_colours(opened(normalise(upload).data)), RED_GREEN_BLUE)


def test_a_profile_for_another_colour_model_is_passed_over():
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    image = opened(normalise(encoded(quarters().convert("L"), "PNG", icc_profile=profile)).data)
    assert image.mode == "RGB"


@pytest.mark.parametrize("mode", ["L", "LA", "1", "P", "RGBA", "CMYK"])
def test_every_colour_mode_becomes_rgb(mode: str):
    kind = "JPEG" if mode == "CMYK" else "PNG"
    photo = normalise(encoded(quarters().convert(mode), kind))
    assert opened(photo.data).mode == "RGB"


def test_cmyk_keeps_its_colours():
    photo = normalise(encoded(quarters().convert("CMYK"), "JPEG", quality=95))
    assert close(corner_colours(opened(photo.data)), RED_GREEN_BLUE, tolerance=12)


def test_sixteen_bit_grey_keeps_its_greys():
    # Given a 16-bit ramp whose middle is mid-grey
    ramp = np.tile(np.linspace(0, 65535, 320).astype(np.uint16), (240, 1))

    image = opened(normalise(encoded(Image.fromarray(ramp), "PNG")).data)

    assert abs(image.getpixel((160, 120))[0] - 128) < 4  # type: ignore[index]


def test_sixteen_bit_colour_keeps_its_colours():
    photo = normalise(_png_16_bit(320, 240, (51400, 7710, 7710)))
    assert close(corner_colours(opened(photo.data))[:1], [(200, 30, 30)])


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_what_is_transparent_becomes_white(kind: str):
    image = quarters().convert("RGBA")
    image.paste((0, 0, 0, 0), (0, 0, 160, 120))

    photo = normalise(encoded(image, kind, **({"lossless": True} if kind == "WEBP" else {})))

    first, second, _ = corner_colours(opened(photo.data))
    assert close([first, second], [(255, 255, 255), (30, 200, 30)], tolerance=14)


def test_a_transparent_palette_becomes_white():
    image = quarters().quantize(8)
    image.info["transparency"] = image.getpixel((10, 10))
    photo = normalise(encoded(image, "PNG", transparency=image.getpixel((10, 10))))
    assert close(corner_colours(opened(photo.data))[:1], [(255, 255, 255)])


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_of_an_animation_the_first_frame_is_taken(kind: str):
    black = Image.new("RGB", (320, 240))
    upload = encoded(quarters(), kind, save_all=True, append_images=[black], duration=100, lossless=True)
    assert close(corner_colours(opened(normalise(upload).data)), RED_GREEN_BLUE, tolerance=14)


@pytest.mark.parametrize(
    ("kind", "size"),
    [
        ("JPEG", (4000, 3000)),
        ("JPEG", (2100, 4200)),
        ("PNG", (3000, 600)),
        # Shrunk by a whole number first: twice, and three times with sides that three does not divide.
        ("PNG", (1100, 4200)),
        ("WEBP", (6200, 1001)),
        ("HEIF", (6200, 700)),
    ],
)
def test_a_large_picture_is_bounded_and_keeps_its_shape(kind: str, size: tuple[int, int]):
    photo = normalise(encoded(quarters(*size), kind))

    assert max(photo.width, photo.height) <= LONGEST_SIDE
    assert max(photo.width, photo.height) >= 0.85 * LONGEST_SIDE
    assert abs(photo.width / photo.height - size[0] / size[1]) < 0.01 * size[0] / size[1]
    assert close(corner_colours(opened(photo.data)), RED_GREEN_BLUE, tolerance=14)


def test_a_small_picture_is_not_magnified():
    photo = normalise(encoded(quarters(SHORTEST_SIDE, SHORTEST_SIDE), "JPEG"))
    assert (photo.width, photo.height) == (SHORTEST_SIDE, SHORTEST_SIDE)


@pytest.mark.parametrize("size", [(SHORTEST_SIDE - 1, 900), (900, SHORTEST_SIDE - 1), (1, 1)])
def test_too_small(size: tuple[int, int]):
    assert refusal(encoded(Image.new("RGB", size), "PNG")) == ("image_too_small", 400)


@pytest.mark.parametrize(
    "upload",
    [
        b"",
        b"hello, this is a letter",
        b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj",
        b"\x00" * 64,
        b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom",
        b"RIFF\x00\x00\x00\x00WAVEfmt ",
        b"<!doctype html><p>no picture</p>",
    ],
    ids=["empty", "text", "pdf", "zeros", "video", "sound", "page"],
)
def test_not_an_image(upload: bytes):
    assert refusal(upload) == ("not_an_image", 400)


def test_an_archive_is_not_an_image():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("photo.jpg", encoded(quarters(), "JPEG"))
    assert refusal(buffer.getvalue()) == ("not_an_image", 400)


@pytest.mark.parametrize("kind", ["GIF", "TIFF", "BMP", "ICO", "AVIF", "JPEG2000"])
def test_other_pictures_are_unsupported(kind: str):
    assert refusal(encoded(quarters(256, 256), kind)) == ("unsupported_format", 415)


@pytest.mark.parametrize("start", [b"", b'<?xml version="1.0"?>\n'])
def test_svg_is_unsupported(start: bytes):
    svg = start + b'<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>'
    assert refusal(svg) == ("unsupported_format", 415)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF"])
@pytest.mark.parametrize("share", [0.02, 0.5, 0.95])
def test_a_truncated_file_is_corrupt(kind: str, share: float):
    upload = encoded(noise(320, 240), kind)
    assert refusal(upload[: max(16, int(len(upload) * share))]) == ("corrupt_image", 400)


def test_only_a_signature_is_corrupt():
    assert refusal(b"\xff\xd8\xff\xe0") == ("corrupt_image", 400)
    assert refusal(b"\x89PNG\r\n\x1a\n") == ("corrupt_image", 400)


def test_a_damaged_exif_block_is_passed_over():
    # Given an orientation in a block that has been overwritten
    exif = Image.Exif()
    exif[0x0112] = 6
    upload = bytearray(encoded(quarters(), "JPEG", exif=exif))
    start = upload.index(b"Exif") + 6
    upload[start : start + 12] = b"\xff" * 12

    # Then the pixels are shown as they are stored
    assert normalise(bytes(upload)).width == 320


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("block", [b"II*\0", b"II*\0\x01", b"II+\0", b"MM\0+\0", b"nonsense", b""])
def test_an_exif_block_that_is_cut_short_or_odd_is_passed_over(kind, block):
    # Given a picture with a density of its own, so that nobody looks into the block before
    upload = encoded(quarters(), kind, exif=b"Exif\0\0" + block, **({"dpi": (72, 72)} if kind != "WEBP" else {}))
    # Then the pixels are shown as they are stored
    assert normalise(upload).width == 320


@pytest.mark.parametrize(("width", "height"), [(7072, 7072), (20_000, 20_000), (100_000, 100_000), (60_000, 900)])
def test_more_than_50_megapixels_is_refused_before_decoding(width: int, height: int):
    # Given a PNG of a few bytes that claims so many pixels and holds none: decoding it would fail otherwise
    assert refusal(_png_claiming(width, height)) == ("too_large", 413)


def test_a_jpeg_of_64_megapixels_is_taken_and_more_is_not():
    # Given what today's phones make, and a file that claims a row of pixels more than the limit
    upload = encoded(Image.new("RGB", (8160, 6144), (200, 30, 30)), "JPEG")
    start = upload.index(b"\xff\xc0") + 5
    claiming = upload[:start] + (8001).to_bytes(2, "big") + (8000).to_bytes(2, "big") + upload[start + 4 :]

    assert normalise(upload).width > 1800
    assert refusal(claiming) == ("too_large", 413)


def test_what_decoding_would_hold_is_told_before_it_begins():
    # Given two JPEGs of 62 megapixels with four colours, one of which keeps all its coefficients until its last scan
    small = encoded(Image.new("CMYK", (320, 240)), "JPEG", progressive=True)
    start = small.index(b"\xff\xc2") + 5
    progressive = small[:start] + (7900).to_bytes(2, "big") + (7900).to_bytes(2, "big") + small[start + 4 :]
    whole = encoded(Image.new("CMYK", (7900, 7900)), "JPEG")

    assert normalise(whole).width > 1800
    # It holds next to nothing: had it been decoded, it would be corrupt.
    assert refusal(progressive) == ("too_large", 413)


@pytest.mark.parametrize(
    ("size", "code"),
    [((250_000, 200), "image_too_small"), ((200, 250_000), "image_too_small"), ((2001, 200), "image_too_small")],
)
def test_an_absurd_shape_is_refused_before_decoding(size: tuple[int, int], code: str):
    assert refusal(_png_claiming(*size)) == (code, 400)


def test_ten_times_as_long_as_wide_is_taken():
    assert normalise(encoded(quarters(2000, 200), "PNG")).height == 200


JPEG_KINDS = [{}, {"progressive": True}, {"restart_marker_blocks": 5}, {"subsampling": "4:4:4"}]


@pytest.mark.parametrize("options", JPEG_KINDS)
@pytest.mark.parametrize("missing", [1, 2])
def test_a_jpeg_that_lacks_only_its_end_marker_is_taken(options: dict[str, object], missing: int):
    whole = encoded(noise(320, 240), "JPEG", **options)
    assert whole.endswith(b"\xff\xd9")

    assert normalise(whole[:-missing]) == normalise(whole)


@pytest.mark.parametrize("options", JPEG_KINDS)
@pytest.mark.parametrize("missing", [3, 4, 10, 100, 1_000, 20_000])
def test_a_jpeg_that_lacks_more_is_corrupt(options: dict[str, object], missing: int):
    assert refusal(encoded(noise(320, 240), "JPEG", **options)[:-missing]) == ("corrupt_image", 400)


def test_a_jpeg_that_ends_at_a_restart_marker_is_corrupt():
    # Given a file cut where one interval has ended whole and the next has not begun
    whole = encoded(noise(320, 240), "JPEG", restart_marker_blocks=5)
    for number in range(0xD0, 0xD8):
        assert refusal(whole[: whole.rindex(bytes((0xFF, number)))]) == ("corrupt_image", 400)


def test_a_jpeg_of_fill_bytes_alone_is_corrupt_at_once():
    # Given 40,000 of the byte that may stand before a marker in any number, and no marker behind them
    before = time.process_time()
    assert refusal(b"\xff\xd8" + b"\xff" * 40_000 + b"\x00") == ("corrupt_image", 400)
    # Then they are read once, and not anew from each
    assert time.process_time() - before < 2


def test_a_jpeg_of_countless_scans_is_corrupt():
    # Given a progressive file whose last scan is there a hundred times: each is a walk over the whole picture
    whole = encoded(quarters(), "JPEG", progressive=True)
    last = whole.rindex(b"\xff\xda")
    assert refusal(whole[:last] + whole[last:-2] * 100 + whole[-2:]) == ("corrupt_image", 400)


XMP = b"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6"/></rdf:RDF></x:xmpmeta>"""


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_orientation_is_what_exif_says_and_nothing_else(kind: str):
    # Given a picture without EXIF, of which XMP says that it lies on its side
    if kind == "PNG":
        texts = PngInfo()
        texts.add_itxt("XML:com.adobe.xmp", XMP.decode())
        upload = encoded(quarters(), kind, pnginfo=texts)
    else:
        upload = encoded(quarters(), kind, xmp=XMP)

    # Then it is shown as it is stored
    assert normalise(upload).width == 320


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_exif_orientation_is_applied_in_other_formats(kind: str):
    exif = Image.Exif()
    exif[0x0112] = 6
    assert normalise(encoded(quarters(), kind, exif=exif)).width == 240


def test_texts_that_unpack_to_more_than_they_are_do_not_matter():
    # Given a PNG with a hundred packed texts of a megabyte each
    text = _chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(1_000_000)))
    upload = encoded(quarters(), "PNG")
    assert close(corner_colours(opened(normalise(upload[:33] + text * 100 + upload[33:]).data)), RED_GREEN_BLUE)


def test_a_profile_that_unpacks_to_more_than_any_is_passed_over():
    profile = _chunk(b"iCCP", b"profile\0\0" + zlib.compress(_display_p3() + bytes(50_000_000)))
    upload = encoded(quarters(), "PNG")
    assert close(corner_colours(opened(normalise(upload[:33] + profile + upload[33:]).data)), RED_GREEN_BLUE)


def test_countless_exif_segments_cost_no_more_than_reading_them():
    # Given eight megabytes of EXIF in segments of twenty bytes; joined one by one they cost half a minute
    segment = b"\xff\xe1\0\x12Exif\0\0" + bytes(10)
    upload = encoded(quarters(), "JPEG")
    begun = time.process_time()
    assert normalise(upload[:2] + segment * 400_000 + upload[2:]).width == 320
    assert time.process_time() - begun < 5


def test_an_exif_block_full_of_entries_costs_nothing():
    # Given as many entries as a block can hold, each of which points at the rest of the block
    entries = (0x0112).to_bytes(2, "big") + (4).to_bytes(2, "big") + (15_000).to_bytes(4, "big") + bytes((0, 0, 0, 8))
    block = b"Exif\0\0MM\0*\0\0\0\x08" + (5_400).to_bytes(2, "big") + entries * 5_400
    begun = time.process_time()
    assert normalise(encoded(quarters(), "PNG", exif=block, dpi=(72, 72))).width == 320
    assert time.process_time() - begun < 2


def test_of_a_file_with_several_pictures_the_first_is_taken():
    black = Image.new("RGB", (320, 240))
    upload = encoded(quarters(), "MPO", save_all=True, append_images=[black])
    assert close(corner_colours(opened(normalise(upload).data)), RED_GREEN_BLUE)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "1", "L"])
def test_every_colour_mode_is_shrunk_strip_by_strip(mode: str):
    # Given more rows than a strip has, more pixels than are kept, and white in the lower right
    photo = normalise(encoded(quarters(4200, 600).convert(mode), "PNG"))
    image = opened(photo.data).convert("L")
    assert (photo.width, photo.height) == (2048, 293)
    assert image.getpixel((1900, 280)) > 247  # type: ignore[operator]
    assert image.getpixel((100, 280)) < 200  # type: ignore[operator]


def _chunk(kind: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")


def _png(width: int, height: int, depth: int, pixels: bytes) -> bytes:
    header = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes((depth, 2, 0, 0, 0))
    return (
        b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(pixels)) + _chunk(b"IEND", b"")
    )


def _png_claiming(width: int, height: int) -> bytes:
    return _png(width, height, 8, b"")


def _png_16_bit(width: int, height: int, colour: tuple[int, int, int]) -> bytes:
    row = b"\x00" + b"".join(value.to_bytes(2, "big") for value in colour) * width
    return _png(width, height, 16, row * height)


def _display_p3() -> bytes:
    """An ICC profile with Display P3's primaries (adapted to D50) and sRGB's mean gamma, written by hand."""

    def fixed(value: float) -> bytes:
        return round(value * 65536).to_bytes(4, "big", signed=True)

    def xyz(x: float, y: float, z: float) -> bytes:
        return b"XYZ \x00\x00\x00\x00" + fixed(x) + fixed(y) + fixed(z)

    curve = b"curv\x00\x00\x00\x00\x00\x00\x00\x01" + (563).to_bytes(2, "big") + b"\x00\x00"
    text = b"Display P3\x00"
    tags = {
        b"desc": b"desc\x00\x00\x00\x00" + len(text).to_bytes(4, "big") + text + b"\x00" * (79 + (-len(text)) % 4),
        b"wtpt": xyz(0.9642, 1.0, 0.8249),
        b"rXYZ": xyz(0.5151, 0.2412, -0.0011),
        b"gXYZ": xyz(0.2920, 0.6922, 0.0419),
        b"bXYZ": xyz(0.1571, 0.0666, 0.7841),
        b"rTRC": curve,
        b"gTRC": curve,
        b"bTRC": curve,
    }
    body, table, offset = b"", b"", 128 + 4 + 12 * len(tags)
    for name, data in tags.items():
        padded = data + b"\x00" * (-len(data) % 4)
        table += name + (offset + len(body)).to_bytes(4, "big") + len(data).to_bytes(4, "big")
        body += padded
    size = offset + len(body)
    header = size.to_bytes(4, "big") + b"\x00" * 4 + b"\x02\x10\x00\x00" + b"mntrRGB XYZ " + b"\x00" * 12 + b"acsp"
    header = header.ljust(68, b"\x00") + fixed(0.9642) + fixed(1.0) + fixed(0.8249)
    return header.ljust(128, b"\x00") + len(tags).to_bytes(4, "big") + table + body
