"""Masks by MobileSAM and a selfie-matting network on this machine. One picture at a time uses every core.

First the matte makes the background flat, because SAM may otherwise take it for a part of the head. Then SAM separates
head, clothes and hanging hair. Last, matting recovers single hairs at the edge.
"""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from photos import weights
from photos.anatomy import FOREHEAD_ABOVE_EYES, Head, head_of
from photos.masking import Masked
from photos.masking.borders import inside_frame, without_frame
from photos.masking.hair import Hints, head_share
from photos.masking.matting import Plane, by_colour, closed_form, guided, steepen, upsampled
from photos.masking.sam import Logits, Point, Prompt, Sam
from photos.masking.strands import beard, locks, sigmoid, tapered
from photos.masking.view import View, Window
from photos.skin import bare_skin
from photos.types import Face, MaskScope, Pixels
from workers.errors import Misconfigured, Rejected

FLAT = 205
"""Grey level that replaces the background in SAM's input."""
CUT_OFF_SHARE = 0.35
"""Share of the usual head's width along which hair may touch the picture's upper edge or sides."""
HEAD_WIDTH = 2.2
"""The usual head's width in eye distances."""
MATTED_UNIT = 80
"""Largest eye distance in pixels at which the matte of the outline is solved."""
MATTED_TO = 1.2
"""How far below the chin the matte is solved, in eye distances. The new clothes cover the hair beyond."""
HAIR_BAND_IN, HAIR_BAND_OUT, SKIN_BAND, WISPS = 0.09, 0.12, 0.03, 0.3
"""Widths of the band in which the matte is solved, in eye distances from the rough outline.

Inside hair, outside hair, at bare skin, and where the rough mask is uncertain.
"""


class LocalMasker:
    name = "local"
    model = "mobile-sam+selfie-segmentation"

    def mask(self, picture: Pixels, face: Face, scope: MaskScope) -> Masked:
        """Raises Rejected("head_cut_off"), and Misconfigured when the weights are missing."""
        height, width = picture.shape[:2]
        whole_head = head_of(face, width, height)
        window = Window.around(whole_head, width, height)
        pixels = window.cut(picture)
        head = whole_head.seen_from(window.left, window.top, window.scale)
        models = _models()
        with models.lock:
            parts = _parts(models, pixels, head, cut_below=window.bottom == height)
        if _is_cut_off(parts.head, head, window, width):
            raise Rejected("the head touches the picture's border", code="head_cut_off")
        if scope is MaskScope.FACE:
            keep = np.minimum(_oval(pixels, head), parts.head)
        else:
            keep = parts.head if scope is MaskScope.HEAD else parts.person
        return Masked(
            keep=window.put_back(keep, width, height),
            person=window.put_back(parts.person, width, height),
            scope=scope,
        )


class _Models:
    """The process's sessions. One picture at a time, since the encoder uses every core."""

    def __init__(self) -> None:
        try:
            encoder, decoder, matte = (
                str(weights.path(name))
                for name in ("mobile_sam_encoder.onnx", "mobile_sam_decoder.onnx", "selfie_segmentation.tflite")
            )
        except weights.WeightsMissing as error:
            raise Misconfigured(str(error)) from error
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = os.cpu_count() or 1
        # The arena would keep the encoder's peak of several hundred MB. Without it a picture takes no longer.
        options.enable_cpu_mem_arena = False
        self.lock = threading.Lock()
        self.encoder = onnxruntime.InferenceSession(encoder, options, providers=["CPUExecutionProvider"])
        self.decoder = onnxruntime.InferenceSession(decoder, options, providers=["CPUExecutionProvider"])
        self.matte = cv2.dnn.readNetFromTFLite(matte)


_loading = threading.Lock()


def _models() -> _Models:
    with _loading:
        return _loaded_models()


@cache
def _loaded_models() -> _Models:
    return _Models()


@dataclass(frozen=True)
class _Parts:
    """Soft masks of the window."""

    person: Plane
    head: Plane
    """Head with hair, beard and the neck down to the collar line."""


def _parts(models: _Models, pixels: Pixels, head: Head, cut_below: bool) -> _Parts:
    shown = inside_frame(pixels)
    if shown is not None:
        pixels = without_frame(pixels, shown)
    matte = _selfie_matte(models, pixels)
    view = View(pixels, matte if shown is None else matte * shown, head)
    flat = (pixels * view.matte[..., None] + FLAT * (1 - view.matte[..., None])).astype(np.uint8)
    sam = Sam(models.encoder, models.decoder, flat)
    person = _person(view, _skull(view, sam))
    hints = _hints(view, sam)
    share = head_share(view, person, hints)
    person = _fine(view, person, share)
    # Throat and beard are in the middle, hair is on both sides.
    aside = 0.5 if not hints.beard else 0.0
    return _Parts(person=person, head=_head(view, person, share, aside, cut_below))


def _selfie_matte(models: _Models, pixels: Pixels) -> Plane:
    small = cv2.resize(pixels, (256, 256), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    models.matte.setInput(small.transpose(2, 0, 1)[None])
    matte = models.matte.forward().reshape(256, 256)
    size = (pixels.shape[1], pixels.shape[0])
    return np.clip(cv2.resize(matte, size, interpolation=cv2.INTER_LINEAR), 0, 1).astype(np.float32)


def _skull(view: View, sam: Sam) -> Logits:
    chin = view.head.chin
    prompt = Prompt(
        inside=(view.at(0, 0.6), view.at(0, -1.25)),
        outside=(view.at(0, chin + 1.9), view.at(-1.6, chin + 2.0), view.at(1.6, chin + 2.0)),
        box=view.box(-1.75, -2.6, 1.75, chin + 0.6),
    )
    return sam.ask(prompt, rounds=3)


def _hints(view: View, sam: Sam) -> Hints:
    bare = bare_skin(view.pixels, view.head, darkest=0.7)
    strands, chin = locks(view, bare), beard(view)
    hair = [point for strand in (*strands, chin) for point in strand]
    sites = _clothes_sites(view, bare, hair)
    return Hints(
        strands, chin, sites, _clothes(view, sam, bare, sites, [strand for strand in (*strands, chin) if strand])
    )


def _clothes_sites(view: View, bare: NDArray[np.bool_], hair: list[Point]) -> list[Point]:
    """Points on chest and shoulders that are not skin, and neither near the hanging hair nor of its colour."""
    hair_colours = [view.colour(point) for point in hair]
    clear = 0.45 * view.head.unit
    sites = []
    for below in (view.head.chin + 1.2, view.head.chin + 1.8):
        for across in (-2.4, -1.5, -0.7, 0.0, 0.7, 1.5, 2.4):
            point = view.at(across, below)
            x, y = int(point[0]), int(point[1])
            colour = view.colour(point)
            alike = any(np.abs(colour - other).max() < 10 for other in hair_colours)
            close = any(np.hypot(x - other[0], y - other[1]) < clear for other in hair)
            if view.inside[y, x] and not bare[y, x] and not alike and not close:
                sites.append(point)
    return sites


def _clothes(view: View, sam: Sam, bare: NDArray[np.bool_], sites: list[Point], strands: list[list[Point]]) -> Plane:
    if not sites:
        return np.zeros_like(view.matte)
    outside = [view.at(0, 0.6), *(point for strand in strands for point in strand[::2])]
    throat = view.at(0, view.head.chin + 0.35)
    if bare[int(throat[1]), int(throat[0])]:
        outside.append(throat)
    return sigmoid(sam.ask(Prompt(inside=sites, outside=outside)))


def _fine(view: View, person: Plane, share: Plane) -> Plane:
    """The person's mask with the head's outline as a closed-form matte, for single strands. Clothes are unchanged.

    It is solved at an eye distance of at most `MATTED_UNIT` pixels, and upsampled by the picture's colours.
    """
    scale = min(1.0, MATTED_UNIT / view.head.unit)
    small = np.asarray(cv2.resize(view.pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
    size = (small.shape[1], small.shape[0])
    rough, hair, below = (cv2.resize(p, size, interpolation=cv2.INTER_AREA) for p in (person, share, view.below))
    unknown = _in_doubt(small, rough, hair, below, view.head.seen_from(0, 0, scale))
    solved = closed_form(small, rough, unknown)
    fine = solved if scale == 1 else upsampled(view.pixels, solved, 1, 1e-5)
    reach = np.ones((5, 5), np.uint8)
    band = cv2.resize(cv2.dilate(unknown.astype(np.uint8), reach), person.shape[::-1], interpolation=cv2.INTER_NEAREST)
    fine = np.where(band > 0, fine, person)
    return np.asarray(fine * _joined_to_face(view, fine), np.float32)


def _in_doubt(pixels: Pixels, person: Plane, share: Plane, below: Plane, head: Head) -> NDArray[np.bool_]:
    """The band along the head's outline in which the matte is solved: wide at hair, narrow at skin."""
    solid = (person > 0.5).astype(np.uint8)
    inside = cv2.distanceTransform(np.pad(solid, 1), cv2.DIST_L2, 3)[1:-1, 1:-1]
    outside = cv2.distanceTransform(1 - solid, cv2.DIST_L2, 3)
    away = np.maximum(inside, outside) / head.unit
    bare = cv2.morphologyEx(
        bare_skin(pixels, head, darkest=0.55).astype(np.uint8) & solid, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)
    )
    reach = 2 * round(0.14 * head.unit) + 1
    at_skin = cv2.dilate(bare, np.ones((reach, reach), np.uint8)) > 0
    band = away < np.where(at_skin, SKIN_BAND, np.where(outside > 0, HAIR_BAND_OUT, HAIR_BAND_IN))
    band |= (person > 0.03) & (person < 0.97) & (away < WISPS)
    head_near = cv2.dilate((share > 0.3).astype(np.uint8), np.ones((reach, reach), np.uint8)) > 0
    return np.asarray(band & head_near & (below < head.chin + MATTED_TO))


def _head(view: View, person: Plane, share: Plane, aside: float, cut_below: bool) -> Plane:
    """The person without clothes. The throat ends at a collar line; hair does not.

    Hair is more than `aside` eye distances from the middle; 0 = a beard covers the throat.
    """
    bare = cv2.GaussianBlur(
        bare_skin(view.pixels, view.head, darkest=0.5).astype(np.float32), (0, 0), 0.04 * view.head.unit
    )
    throat = steepen(bare, 0.3, 0.6) * (np.abs(view.across) < 0.8) * (aside > 0)
    hair = np.asarray(share * (1 - throat) * (np.abs(view.across) > aside), np.float32)
    member = steepen(share, 0.2, 0.9) * (1 - steepen(view.below - _collar_line(view), -0.06, 0.06) * (1 - hair))
    low = view.below > view.head.chin
    # A rim of the old collar at the neck would be noticed, so the cut runs inside the skin.
    reach = view.span(0.1, least=7)
    brush = np.ones((reach, reach), np.uint8)
    inner = cv2.GaussianBlur(cv2.erode(member, brush), (0, 0), reach / 6)
    neck = steepen(view.below - view.head.chin, -0.25, 0.0) * (1 - cv2.dilate(hair, brush))
    member = (member + neck * (inner - member)).astype(np.float32)
    if cut_below and (hair * low)[-2:].max() > 0.5:
        member = np.where(hair * low > 0.3, tapered(view, member), member)
    member = _without_holes(member * _joined_to_face(view, member), view)
    return np.minimum(member, person)


def _collar_line(view: View) -> Plane:
    """How far below the eyes the neck is kept: lowest at the throat, rising to the sides like a collar."""
    return np.asarray(view.head.chin + 0.42 - 0.55 * np.abs(view.across) ** 1.5, np.float32)


def _joined_to_face(view: View, member: Plane) -> Plane:
    """1 on the component of the face and just around it. Hoods and straps that look like hair are left out."""
    _, labels = cv2.connectedComponents((member > 0.4).astype(np.uint8))
    x, y = view.at(0, 0.6)
    piece = (labels == labels[int(y), int(x)]).astype(np.uint8)
    return cv2.dilate(piece, np.ones((view.span(0.12),) * 2, np.uint8)).astype(np.float32)


def _without_holes(member: Plane, view: View) -> Plane:
    """The mask with small holes inside the head filled, if the matte has a person there: highlights or earrings."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats((member < 0.9).astype(np.uint8))
    enclosed = stats[:, cv2.CC_STAT_AREA] < 0.25 * view.head.unit**2
    return np.where(enclosed[labels] & view.inside, np.float32(1), member)


def _person(view: View, skull: Logits) -> Plane:
    # Where the matte is uncertain, SAM's sharper outline of the head decides.
    doubt = steepen(0.5 - np.abs(view.matte - 0.5), 0.05, 0.3)
    plane = (view.matte * (1 - doubt) + doubt * np.maximum(sigmoid(skull), 0.5 * view.matte)).astype(np.float32)
    soft = guided(view.pixels, plane, max(2, round(0.12 * view.head.unit)), 2e-4)
    return by_colour(view.pixels, steepen(soft, 0.1, 0.92), max(4, round(0.3 * view.head.unit)))


def _oval(pixels: Pixels, head: Head) -> Plane:
    """The face alone: an ellipse from hairline to chin, as wide as the cheeks, with a soft edge."""
    middle = head.at(0, (head.chin - FOREHEAD_ABOVE_EYES) / 2)
    axes = (2.04 * head.unit, (head.chin + FOREHEAD_ABOVE_EYES) * head.unit)
    oval = np.zeros(pixels.shape[:2], np.float32)
    cv2.ellipse(oval, (middle, axes, head.roll), 1.0, -1)
    return np.asarray(cv2.GaussianBlur(oval, (0, 0), max(1.0, 0.03 * head.unit)))


def _is_cut_off(kept: Plane, head: Head, window: Window, width: int) -> bool:
    """Whether much of the head touches the picture's upper edge or sides. Hair below the chin may.

    The upper edge may cut a little of the hair, see `Head.shows_its_hair`.
    """
    limit = CUT_OFF_SHARE * HEAD_WIDTH * head.unit
    solid = kept[: max(1, int(head.at(0, head.chin)[1]))] > 0.5
    top = window.top == 0 and solid[0].sum() > limit and not head.shows_its_hair
    left = window.left == 0 and solid[:, 0].sum() > limit
    right = window.right == width and solid[:, -1].sum() > limit
    return bool(top or left or right)
