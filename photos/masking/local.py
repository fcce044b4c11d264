"""MobileSAM and a selfie matte on this machine: no account, no network, every core for one picture at a time."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from photos import weights
from photos.anatomy import FOREHEAD_ABOVE_EYES, Head, head_of
from photos.masking import Masked
from photos.masking.matting import Plane, by_colour, guided, steepen
from photos.skin import bare_skin
from photos.types import Alpha, Face, MaskScope, Pixels
from workers.errors import Misconfigured, Rejected

Point = tuple[float, float]

WINDOW = (-3.7, -4.0, 3.7, 6.2)
"""Left, top, right, bottom of what is looked at around the head, in eye distances from the eyes: a canvas and more."""
WINDOW_SIDE = 1024
"""Longest side of the window in pixels: what SAM sees."""
SAM_SIDE = 1024
ANSWER_SHRINK = 2
"""SAM answers on a grid this many times coarser than the window; its own masks are four times coarser."""
BEARD_LIGHTNESS = 0.45
"""A chin and throat darker than this share of the face are covered by a beard."""
CUT_OFF_SHARE = 0.35
"""Of the head's width: how much of the head may touch the picture's border before the portrait is refused."""


@cache
def _models() -> _Models:
    return _Models()


class _Models:
    """Sessions of this process. One picture at a time: the encoder takes every core, two at once would only queue."""

    def __init__(self) -> None:
        try:
            encoder, decoder, matte = (
                str(weights.path(name))
                for name in ("mobile_sam_encoder.onnx", "mobile_sam_decoder.onnx", "selfie_segmentation.tflite")
            )
        except weights.WeightsMissing as error:
            raise Misconfigured(str(error)) from error
        self.lock = threading.Lock()
        self.encoder = onnxruntime.InferenceSession(encoder, providers=["CPUExecutionProvider"])
        self.decoder = onnxruntime.InferenceSession(decoder, providers=["CPUExecutionProvider"])
        self.matte = cv2.dnn.readNetFromTFLite(matte)


@dataclass(frozen=True)
class _Prompt:
    inside: Sequence[Point]
    outside: Sequence[Point]
    box: tuple[float, float, float, float] | None = None
    """Left, top, right, bottom."""


class _Sam:
    """One encoded picture that answers prompts."""

    def __init__(self, models: _Models, picture: Pixels) -> None:
        self._decoder = models.decoder
        self._height, self._width = picture.shape[:2]
        self._scale = SAM_SIDE / max(self._height, self._width)
        size = (round(self._width * self._scale), round(self._height * self._scale))
        resized = cv2.resize(picture, size, interpolation=cv2.INTER_AREA).astype(np.float32)
        square = np.zeros((SAM_SIDE, SAM_SIDE, 3), np.float32)
        # ImageNet's mean and deviation, as the encoder was trained.
        square[: size[1], : size[0]] = (resized - (123.675, 116.28, 103.53)) / (58.395, 57.12, 57.375)
        self._embedding = models.encoder.run(None, {"input": square.transpose(2, 0, 1)[None]})[0]

    def ask(self, prompt: _Prompt, rounds: int = 2) -> NDArray[np.float32]:
        """Logits, > 0 = inside, at the picture's size. Each round after the first is fed the one before."""
        points = [*prompt.inside, *prompt.outside]
        labels = [1.0] * len(prompt.inside) + [0.0] * len(prompt.outside)
        if prompt.box is not None:
            points += [prompt.box[:2], prompt.box[2:]]
            labels += [2.0, 3.0]
        else:
            points.append((0.0, 0.0))
            labels.append(-1.0)
        inputs: dict[str, Any] = {
            "image_embeddings": self._embedding,
            "point_coords": (np.asarray(points, np.float32) * np.float32(self._scale))[None],
            "point_labels": np.asarray(labels, np.float32)[None],
            "orig_im_size": np.asarray((self._height // ANSWER_SHRINK, self._width // ANSWER_SHRINK), np.float32),
            "mask_input": np.zeros((1, 1, 256, 256), np.float32),
            "has_mask_input": np.zeros(1, np.float32),
        }
        for _ in range(rounds):
            masks, _, inputs["mask_input"] = self._decoder.run(None, inputs)
            inputs["has_mask_input"] = np.ones(1, np.float32)
        return np.asarray(cv2.resize(masks[0, 0], (self._width, self._height), interpolation=cv2.INTER_LINEAR))


class LocalMasker:
    name = "local"
    model = "mobile-sam+selfie-segmentation"

    def mask(self, picture: Pixels, face: Face, scope: MaskScope) -> Masked:
        """Raises Rejected("head_cut_off") and, when the weights are not there, Misconfigured."""
        height, width = picture.shape[:2]
        whole_head = head_of(face, width, height)
        window = _Window.around(whole_head, width, height)
        view = window.view(picture)
        head = whole_head.seen_from(window.left, window.top, window.scale)
        models = _models()
        with models.lock:
            parts = _parts(models, view, head, cut_below=window.bottom == height)
        _refuse_cut_off(parts, head, window.touches(width, height))
        keep = {
            MaskScope.FACE: np.minimum(_oval(view, head), parts.head),
            MaskScope.HEAD: parts.head,
            MaskScope.PERSON: parts.person,
        }[scope]
        return Masked(
            keep=window.put_back(keep, width, height),
            person=window.put_back(parts.person, width, height),
            scope=scope,
        )


@dataclass(frozen=True)
class _Window:
    """The part of the picture around the head, shrunk to WINDOW_SIDE where it is larger."""

    left: int
    top: int
    right: int
    bottom: int
    scale: float

    @classmethod
    def around(cls, head: Head, width: int, height: int) -> _Window:
        x, y = head.eyes
        left, top, right, bottom = (edge * head.unit for edge in WINDOW)
        box = (
            max(0, int(x + left)),
            max(0, int(y + top)),
            min(width, int(x + right)),
            min(height, int(y + bottom)),
        )
        return cls(*box, scale=min(1.0, WINDOW_SIDE / max(box[2] - box[0], box[3] - box[1])))

    def touches(self, width: int, height: int) -> tuple[bool, bool, bool]:
        """Whether the window's left, top and right edge is the picture's own."""
        return self.left == 0, self.top == 0, self.right == width

    def view(self, picture: Pixels) -> Pixels:
        part = picture[self.top : self.bottom, self.left : self.right]
        size = (round(part.shape[1] * self.scale), round(part.shape[0] * self.scale))
        return np.ascontiguousarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA))

    def put_back(self, plane: Plane, width: int, height: int) -> Alpha:
        size = (self.right - self.left, self.bottom - self.top)
        alpha = np.zeros((height, width), np.uint8)
        part = np.rint(cv2.resize(plane, size, interpolation=cv2.INTER_LINEAR) * 255)
        alpha[self.top : self.bottom, self.left : self.right] = part.astype(np.uint8)
        return alpha


@dataclass(frozen=True)
class _Parts:
    """Soft masks of the window."""

    person: Plane
    head: Plane
    """Head with hair, beard and the neck down to the collar line."""


class _View:
    """The window with everything measured so far: colours, matte and each pixel's place on the head."""

    def __init__(self, pixels: Pixels, matte: Plane, head: Head) -> None:
        self.pixels = pixels
        self.matte = matte
        self.head = head
        self.lab = cv2.cvtColor(pixels, cv2.COLOR_RGB2LAB).astype(np.float32)
        self.inside = matte > 0.9
        y, x = np.mgrid[: pixels.shape[0], : pixels.shape[1]].astype(np.float32)
        self.across, self.below = head.place(x, y)

    def at(self, across: float, below: float) -> Point:
        """A pixel by its place on the head, moved inside the window where it lies outside."""
        x, y = self.head.at(across, below)
        height, width = self.matte.shape
        return float(np.clip(x, 0, width - 1)), float(np.clip(y, 0, height - 1))

    def box(self, left: float, top: float, right: float, bottom: float) -> tuple[float, float, float, float]:
        corners = np.array([self.at(across, below) for across in (left, right) for below in (top, bottom)])
        (left, top), (right, bottom) = corners.min(0), corners.max(0)
        return float(left), float(top), float(right), float(bottom)

    def colour(self, point: Point) -> NDArray[np.float32]:
        """Median Lab of a small patch."""
        x, y, reach = int(point[0]), int(point[1]), max(2, round(0.06 * self.head.unit))
        patch = self.lab[max(0, y - reach) : y + reach + 1, max(0, x - reach) : x + reach + 1]
        return np.median(patch.reshape(-1, 3), 0)


def _parts(models: _Models, pixels: Pixels, head: Head, cut_below: bool) -> _Parts:
    view = _View(pixels, _selfie_matte(models, pixels), head)
    # A flat background keeps SAM from taking it for a part of the head.
    flat = (pixels * view.matte[..., None] + 205 * (1 - view.matte[..., None])).astype(np.uint8)
    sam = _Sam(models, flat)
    chin = head.chin
    skull = sam.ask(
        _Prompt(
            inside=(view.at(0, 0.6), view.at(0, -1.25)),
            outside=(view.at(0, chin + 1.9), view.at(-1.6, chin + 2.0), view.at(1.6, chin + 2.0)),
            box=view.box(-1.75, -2.6, 1.75, chin + 0.6),
        ),
        rounds=3,
    )
    bare = bare_skin(pixels, head, darkest=0.7)
    locks = _locks(view, bare)
    beard = _beard(view, bare)
    clothes = _clothes(view, sam, bare, [point for lock in locks for point in lock] + beard)
    hair = np.zeros_like(view.matte)
    for strand in (*locks, *([beard] if beard else [])):
        hair = np.maximum(hair, _strand(view, sam, strand, clothes))
    if hair[-2:].max() > 0.5 and cut_below:
        hair = _tapered(view, hair)
    cloth = _sigmoid(clothes.logits)
    # Down to the mouth nothing but the head can be; below it SAM tells hair and neck from clothes.
    upper = steepen(1.35 - view.below, -0.15, 0.15) * (1 - cloth)
    member = np.maximum(np.maximum(_sigmoid(skull) * (1 - cloth), hair), upper)
    under_collar = steepen(view.below - _collar_line(view), -0.06, 0.06) * (1 - hair)
    member = (member * (1 - under_collar)).astype(np.float32)
    member = steepen(guided(pixels, member, max(2, round(0.06 * head.unit)), 1e-4), 0.2, 0.9)
    # A rim of the old collar at the neck would shine: the cut runs inside the skin.
    reach = 2 * max(3, round(0.05 * head.unit)) + 1
    inner = cv2.GaussianBlur(cv2.erode(member, np.ones((reach, reach), np.uint8)), (0, 0), reach / 6)
    throat = steepen(view.below - chin, -0.25, 0.0) * (1 - cv2.dilate(hair, np.ones((reach, reach), np.uint8)))
    member = (member + throat * (inner - member)).astype(np.float32)
    person = _soft_person(view, skull)
    member = member * _joined_to_face(member, head)
    _parts.debug = dict(view=view, skull=skull, bare=bare, locks=locks, beard=beard, clothes=clothes, hair=hair)
    return _Parts(person=person, head=np.minimum(member, person))


@dataclass(frozen=True)
class _Clothes:
    logits: NDArray[np.float32]
    sites: tuple[Point, ...]


def _locks(view: _View, bare: NDArray[np.bool_]) -> list[list[Point]]:
    """For each lock that hangs past the jaw beside the face, where nothing else of a person can be: points down it."""
    beside = view.inside & ~bare & (view.below > -0.5) & (view.below < 1.75) & (np.abs(view.across) < 2.4)
    reach = max(3, round(0.06 * view.head.unit)) | 1
    brush = np.ones((reach, reach), np.uint8)
    locks = []
    for side in (-1, 1):
        region = (beside & (view.across * side > 0.85)).astype(np.uint8)
        count, labels = cv2.connectedComponents(cv2.morphologyEx(region, cv2.MORPH_OPEN, brush))
        for label in range(1, count):
            part = labels == label
            low = part & (view.below > 1.35)
            if (part & (view.below < 0.3)).any() and low.sum() > 0.05 * view.head.unit**2:
                upper = part & (view.below > 0.6) & (view.below < 1.35)
                locks.append([_deepest(upper), *_down_the_lock(view, bare, _deepest(low))])
    return locks


def _down_the_lock(view: _View, bare: NDArray[np.bool_], start: Point) -> list[Point]:
    """Follow one lock downwards while the colour changes only gradually."""
    unit = view.head.unit
    points, colour = [start], view.colour(start)
    breadth = 0.0
    x, y = start
    while True:
        y += 0.22 * unit
        if y >= view.matte.shape[0] - 1:
            return points
        row = int(y)
        left, right = max(0, int(x - 0.9 * unit)), min(view.matte.shape[1], int(x + 0.9 * unit))
        smooth = cv2.blur(view.lab[max(0, row - 3) : row + 4, left:right], (7, 7))[3:4].reshape(-1, 3)
        alike = (np.abs(smooth - colour) < (28, 7, 7)).all(1) & view.inside[row, left:right] & ~bare[row, left:right]
        near = np.flatnonzero(alike)
        if not len(near):
            return points
        runs = np.split(near, np.flatnonzero(np.diff(near) > 0.06 * unit) + 1)
        run = min(runs, key=lambda part: abs((part[0] + part[-1]) / 2 + left - x) - 0.5 * len(part))
        if len(run) < 0.12 * unit or (breadth and len(run) > 1.8 * breadth + 0.15 * unit):
            return points
        breadth = max(0.7 * breadth, float(len(run)))
        x = float(left + (run[0] + run[-1]) / 2)
        colour = (colour + np.median(smooth[run], 0)) / 2
        points.append((x, y))


def _deepest(mask: NDArray[np.bool_]) -> Point:
    """The point of a mask farthest from its edge."""
    depth = cv2.distanceTransform(np.pad(mask.astype(np.uint8), 1), cv2.DIST_L2, 3)[1:-1, 1:-1]
    y, x = np.unravel_index(depth.argmax(), depth.shape)
    return float(x), float(y)


def _beard(view: _View, bare: NDArray[np.bool_]) -> list[Point]:
    """Points down a beard that covers the throat."""
    face = np.median(view.lab[(np.abs(view.across) < 0.7) & (view.below > 0.4) & (view.below < 0.9)][:, 0])
    chin = max(view.colour(view.at(0, below))[0] for below in (1.65, 1.75))
    throat = np.median([view.colour(view.at(0, below))[0] for below in (1.8, 1.9, 2.0, 2.1, 2.2, 2.3)])
    if max(chin - 0.15 * face, throat) > BEARD_LIGHTNESS * face:
        return []
    return _down_the_lock(view, np.zeros_like(bare), view.at(0, 1.75))


def _clothes(view: _View, sam: _Sam, bare: NDArray[np.bool_], hair: list[Point]) -> _Clothes:
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
    if not sites:
        return _Clothes(np.full(view.matte.shape, -20, np.float32), ())
    outside = [view.at(0, 0.6), *hair[::2]]
    throat = view.at(0, view.head.chin + 0.35)
    if bare[int(throat[1]), int(throat[0])]:
        outside.append(throat)
    return _Clothes(sam.ask(_Prompt(inside=sites, outside=outside)), tuple(sites))


def _strand(view: _View, sam: _Sam, points: list[Point], clothes: _Clothes) -> Plane:
    """One lock or beard: SAM's answer where the colour is about that of the nearest point of the strand."""
    outside = [view.at(0, 0.6 if points[0][0] != view.at(0, 1.75)[0] else 0.3), *clothes.sites]
    throat = view.at(0, view.head.chin + 0.35)
    if min(np.hypot(x - throat[0], y - throat[1]) for x, y in points) > 0.5 * view.head.unit:
        outside.append(throat)
    answer = _sigmoid(sam.ask(_Prompt(inside=points, outside=outside)))
    likely = cv2.resize(_strand_colour(view, points, clothes), answer.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return (answer * likely).astype(np.float32)


def _strand_colour(view: _View, points: list[Point], clothes: _Clothes) -> Plane:
    """1 where the colour is nearer to the strand's at that height than to any of the clothes'; half the view's size."""
    lab = cv2.resize(view.lab, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    height, width = lab.shape[:2]
    below = cv2.resize(view.below, (width, height), interpolation=cv2.INTER_NEAREST)
    colours = np.array([view.colour(point) for point in points])
    rows = np.arange(height) * 2
    expected = np.stack([np.interp(rows, [y for _, y in points], colours[:, k]) for k in range(3)], -1)
    strangeness = _unlike(lab, expected[:, None].astype(np.float32))
    for site in clothes.sites[::2]:
        cloth = _unlike(lab, view.colour(site))
        strangeness[(cloth < strangeness) & (strangeness > 0.4)] = 2
    strangeness[below < 1.3] = 0
    likely = (strangeness < 1.5).astype(np.uint8)
    small, wide = (max(3, round(share * view.head.unit / 2)) | 1 for share in (0.07, 0.2))
    likely = cv2.morphologyEx(likely, cv2.MORPH_CLOSE, np.ones((wide, wide), np.uint8))
    likely = cv2.morphologyEx(likely, cv2.MORPH_OPEN, np.ones((small, small), np.uint8))
    return np.asarray(cv2.GaussianBlur(likely.astype(np.float32), (0, 0), 1.0))


def _unlike(lab: NDArray[np.float32], colour: NDArray[np.float32]) -> NDArray[np.float32]:
    """Distance from a colour, lightness counting less than hue; about 1 = another material."""
    apart = np.abs(lab - colour) / np.array((40, 12, 12), np.float32)
    return np.maximum(np.maximum(apart[..., 0], apart[..., 1]), apart[..., 2])


def _oval(view: Pixels, head: Head) -> Plane:
    """The face alone: an ellipse from hairline to chin, as wide as the cheeks, with a soft edge."""
    middle = head.at(0, (head.chin - FOREHEAD_ABOVE_EYES) / 2)
    axes = (2.04 * head.unit, (head.chin + FOREHEAD_ABOVE_EYES) * head.unit)
    oval = np.zeros(view.shape[:2], np.float32)
    cv2.ellipse(oval, (middle, axes, head.roll), 1.0, -1)
    return np.asarray(cv2.GaussianBlur(oval, (0, 0), max(1.0, 0.03 * head.unit)))


def _selfie_matte(models: _Models, view: Pixels) -> Plane:
    small = cv2.resize(view, (256, 256), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    models.matte.setInput(small.transpose(2, 0, 1)[None])
    matte = models.matte.forward().reshape(256, 256)
    size = (view.shape[1], view.shape[0])
    return np.clip(cv2.resize(matte, size, interpolation=cv2.INTER_LINEAR), 0, 1).astype(np.float32)


def _sigmoid(logits: NDArray[np.float32]) -> Plane:
    return (1 / (1 + np.exp(-np.clip(logits, -20, 20)))).astype(np.float32)


def _collar_line(view: _View) -> NDArray[np.float32]:
    """How far below the eyes the neck is kept: deepest at the throat, rising to the sides as a collar does."""
    return (view.head.chin + 0.42 - 0.55 * np.abs(view.across) ** 1.5).astype(np.float32)


def _joined_to_face(member: Plane, head: Head) -> Plane:
    """1 on the piece that holds the face and just around it: hoods and straps that look like hair fall away."""
    _, labels = cv2.connectedComponents((member > 0.4).astype(np.uint8))
    x, y = head.at(0, 0.6)
    piece = (labels == labels[int(y), int(x)]).astype(np.uint8)
    reach = max(3, round(0.12 * head.unit)) | 1
    return cv2.dilate(piece, np.ones((reach, reach), np.uint8)).astype(np.float32)


def _soft_person(view: _View, skull: NDArray[np.float32]) -> Plane:
    # Where the matte hesitates, SAM's sharper outline of the head decides.
    doubt = steepen(0.5 - np.abs(view.matte - 0.5), 0.05, 0.3)
    plane = (view.matte * (1 - doubt) + doubt * np.maximum(_sigmoid(skull), 0.5 * view.matte)).astype(np.float32)
    soft = guided(view.pixels, plane, max(2, round(0.12 * view.head.unit)), 2e-4)
    soft = by_colour(view.pixels, steepen(soft, 0.1, 0.92), max(4, round(0.3 * view.head.unit)))
    return soft


def _tapered(view: _View, strands: Plane) -> Plane:
    """Hair that the picture's lower edge cuts gets tips: strands end at different heights instead of in one line."""
    height, width = strands.shape
    unit = view.head.unit
    random = np.random.default_rng(5)
    jitter = cv2.GaussianBlur(random.standard_normal((1, width)).astype(np.float32), (0, 0), 0.035 * unit)
    jitter += 0.8 * cv2.GaussianBlur(random.standard_normal((1, width)).astype(np.float32), (0, 0), 0.2 * unit)
    jitter = (jitter - jitter.min()) / max(float(np.ptp(jitter)), 1e-3)
    left = (height - 1 - np.arange(height, dtype=np.float32))[:, None] / unit
    return (strands * steepen(left - 0.05 - 0.5 * jitter, 0.0, 0.3)).astype(np.float32)


def _refuse_cut_off(parts: _Parts, head: Head, touches: tuple[bool, bool, bool]) -> None:
    left, top, right = touches
    solid = parts.head > 0.5
    limit = CUT_OFF_SHARE * 2.2 * head.unit
    if (top and solid[0].sum() > limit) or (left and solid[:, 0].sum() > limit) or (right and solid[:, -1].sum() > limit):
        raise Rejected("the head touches the picture's border", code="head_cut_off")
