"""Faults of portraits, made by script: each takes a good portrait and spoils it in one way.

What a mask does wrong is done to the mask too, since the judge is given both. Nothing here is random without its
generator, so that the same portrait, fault and seed give the same picture.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from photos.anatomy import Head, head_of
from photos.framing import BACKGROUND
from photos.types import Face, FaceBox, FramedHead, Pixels

Rng = np.random.Generator
Spoiled = tuple[Pixels, FramedHead]


@dataclass(frozen=True)
class Fault:
    spoil: Callable[[Scene], Spoiled]
    measures: tuple[str, ...]
    """Which of the judge's measures may name it."""


@dataclass(frozen=True)
class Scene:
    portrait: Pixels
    framed: FramedHead
    rng: Rng

    @property
    def head(self) -> Head:
        return head_of(self.framed.face, self.portrait.shape[1], self.portrait.shape[0])

    @property
    def positions(self) -> tuple[NDArray[Any], NDArray[Any]]:
        y, x = np.mgrid[: self.portrait.shape[0], : self.portrait.shape[1]].astype(np.float32)
        return self.head.position(x, y)

    @property
    def unit(self) -> float:
        return self.head.unit

    @property
    def side(self) -> int:
        return int(self.rng.choice((-1, 1)))

    def figure(self) -> NDArray[Any]:
        """The whole figure before its plain background."""
        away = np.abs(self.portrait.astype(int) - BACKGROUND).max(2) > 14
        closed = cv2.morphologyEx(away.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
        return np.asarray(closed > 0)

    def blob(self, across: float, below: float, radius: float, lumps: float = 0.25) -> NDArray[Any]:
        """An uneven disc, soft at its edge, 0–1."""
        x, y = self.positions
        angle = np.arctan2(y - below, x - across)
        phases = self.rng.uniform(0, 2 * np.pi, 4)
        edge = radius * (1 + lumps * sum(np.sin((k + 2) * angle + p) for k, p in enumerate(phases)) / 2)
        return np.asarray(np.clip((edge - np.hypot(x - across, y - below)) * self.unit / 2 + 0.5, 0, 1), np.float32)

    def edge_of_head(self, below: float, side: int) -> float:
        """How far out the kept head reaches at a height, in eye distances."""
        x, y = self.positions
        row = (np.abs(y - below) < 0.06) & (self.framed.keep > 128)
        return float((x[row] * side).max(initial=0.9))


def mixed(portrait: Pixels, other: NDArray[Any] | tuple[int, ...], share: NDArray[Any]) -> Pixels:
    under = portrait.astype(np.float32)
    blended = under + (np.asarray(other, np.float32) - under) * share[..., None]
    return np.asarray(np.clip(np.rint(blended), 0, 255), np.uint8)


def kept_too(scene: Scene, share: NDArray[Any], *, person: bool) -> Spoiled:
    """The photo's own pixels in a place where none should be, as a wrong mask leaves them."""
    alpha = np.rint(share * 255).astype(np.uint8)
    framed = replace(scene.framed, keep=np.maximum(scene.framed.keep, alpha))
    if person:
        framed = replace(framed, person=np.maximum(scene.framed.person, alpha))
    return mixed(scene.portrait, scene.framed.pixels, share), framed


def both(scene: Scene, matrix: NDArray[Any]) -> Spoiled:
    """Portrait and framed photo moved alike: a head framed wrongly."""
    size = (scene.portrait.shape[1], scene.portrait.shape[0])

    def warp(image: NDArray[Any], border: tuple[int, ...]) -> Pixels:
        warped = cv2.warpAffine(
            image, matrix, size, flags=cv2.INTER_AREA, borderMode=cv2.BORDER_CONSTANT, borderValue=border
        )
        return np.asarray(warped, np.uint8)

    def move(x: float, y: float) -> tuple[float, float]:
        there = matrix @ (x * size[0], y * size[1], 1.0)
        return float(there[0] / size[0]), float(there[1] / size[1])

    face, scale = scene.framed.face, float(np.hypot(matrix[0, 0], matrix[1, 0]))
    left, top = move(face.box.left, face.box.top)
    moved: Face = replace(
        face,
        box=FaceBox(left, top, face.box.width * scale, face.box.height * scale),
        landmarks=tuple(move(x, y) for x, y in face.landmarks),
        temple_width=face.temple_width * scale,
    )
    # Cloth reaches the lower edge in any size.
    portrait = warp(scene.portrait, BACKGROUND)
    last = int(move(0.5, 1.0)[1] * size[1]) - 2
    if 0 < last < size[1]:
        portrait[last:] = portrait[last - 1]
    framed = FramedHead(
        pixels=warp(scene.framed.pixels, BACKGROUND),
        keep=warp(scene.framed.keep, (0,)),
        person=warp(scene.framed.person, (0,)),
        face=moved,
        enlargement=scene.framed.enlargement * scale,
    )
    return portrait, framed


# --- hair and head ---------------------------------------------------------------------------------


def hair_bitten(scene: Scene) -> Spoiled:
    side = scene.side
    below = float(scene.rng.uniform(-0.7, 0.0))
    bite = scene.blob(side * scene.edge_of_head(below, side), below, float(scene.rng.uniform(0.3, 0.45)))
    return mixed(scene.portrait, BACKGROUND, bite), scene.framed


def side_cut(scene: Scene) -> Spoiled:
    across, below = scene.positions
    side = scene.side
    line = 0.78 * scene.edge_of_head(0.0, side)
    cut = (across * side > line) & (below < 0.9)
    return mixed(scene.portrait, BACKGROUND, cut.astype(np.float32)), scene.framed


def crown_cut(scene: Scene) -> Spoiled:
    _, below = scene.positions
    top = float(below[scene.framed.keep > 128].min())
    cut = below < top + float(scene.rng.uniform(0.22, 0.4))
    return mixed(scene.portrait, BACKGROUND, cut.astype(np.float32)), scene.framed


def clothes_patch(scene: Scene) -> Spoiled:
    side = scene.side
    patch = scene.blob(
        side * float(scene.rng.uniform(1.3, 1.7)), scene.head.chin + float(scene.rng.uniform(0.1, 0.4)), 0.4
    )
    framed = replace(scene.framed, pixels=mixed(scene.framed.pixels, (118, 60, 128), patch))
    return kept_too(replace(scene, framed=framed), patch, person=True)


def collar_left(scene: Scene) -> Spoiled:
    across, below = scene.positions
    line = scene.head.chin + 0.12 + 0.25 * across**2
    band = (np.abs(below - line - 0.12) < 0.12) & (np.abs(across) < 0.75)
    framed = replace(scene.framed, pixels=mixed(scene.framed.pixels, (70, 110, 70), band.astype(np.float32)))
    return kept_too(replace(scene, framed=framed), band.astype(np.float32), person=True)


def background_patch(scene: Scene) -> Spoiled:
    side, below = scene.side, float(scene.rng.uniform(-1.2, -0.3))
    patch = scene.blob(side * (scene.edge_of_head(below, side) + 0.22), below, float(scene.rng.uniform(0.3, 0.45)))
    framed = replace(scene.framed, pixels=_wall(scene))
    return kept_too(replace(scene, framed=framed), patch, person=True)


def round_frame(scene: Scene) -> Spoiled:
    across, below = scene.positions
    disc = np.clip((2.15 - np.hypot(across, below - 0.35)) * scene.unit / 2 + 0.5, 0, 1) * (
        below < scene.head.chin + 0.3
    )
    framed = replace(scene.framed, pixels=_wall(scene))
    return kept_too(replace(scene, framed=framed), disc.astype(np.float32), person=True)


def piece_apart(scene: Scene) -> Spoiled:
    side = scene.side
    below = float(scene.rng.uniform(-1.0, 0.6))
    patch = scene.blob(side * (scene.edge_of_head(below, side) + 0.65), below, float(scene.rng.uniform(0.12, 0.22)))
    return mixed(scene.portrait, _hair_colour(scene), patch), scene.framed


def hole_in_hair(scene: Scene) -> Spoiled:
    across, below = scene.positions
    hair = (scene.framed.keep == 255) & (below < -0.7) & (np.abs(across) < 1.0)
    deep = cv2.distanceTransform(hair.astype(np.uint8), cv2.DIST_L2, 5)
    y, x = np.unravel_index(int(deep.argmax()), deep.shape)
    hole = scene.blob(float(across[y, x]), float(below[y, x]), float(scene.rng.uniform(0.14, 0.2)))
    return mixed(scene.portrait, BACKGROUND, hole), scene.framed


def strap_left(scene: Scene) -> Spoiled:
    across, below = scene.positions
    side, chin = scene.side, scene.head.chin
    strap = (np.abs(across * side - 1.15) < 0.09) & (below > 0.9) & (below < chin + 1.0)
    framed = replace(scene.framed, pixels=mixed(scene.framed.pixels, (205, 60, 66), strap.astype(np.float32)))
    return kept_too(replace(scene, framed=framed), strap.astype(np.float32), person=True)


def chin_cut(scene: Scene) -> Spoiled:
    across, below = scene.positions
    cut = (below > scene.head.chin - 0.12) & (below < scene.head.chin + 0.08) & (np.abs(across) < 0.9)
    return mixed(scene.portrait, BACKGROUND, cut.astype(np.float32)), scene.framed


# --- edges -----------------------------------------------------------------------------------------


def torn_edge(scene: Scene) -> Spoiled:
    _, below = scene.positions
    noise = cv2.GaussianBlur(scene.rng.standard_normal(below.shape).astype(np.float32), (0, 0), 0.05 * scene.unit)
    noise = noise / noise.std()
    distance = cv2.distanceTransform(scene.figure().astype(np.uint8), cv2.DIST_L2, 5) / scene.unit
    torn = (distance < 0.10 + 0.13 * noise) & (below < 0.8)
    return mixed(scene.portrait, BACKGROUND, cv2.GaussianBlur(torn.astype(np.float32), (0, 0), 1.0)), scene.framed


def smeared_edge(scene: Scene) -> Spoiled:
    _, below = scene.positions
    figure = scene.figure()
    rim = cv2.morphologyEx(figure.astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((5, 5), np.uint8)).astype(np.float32)
    soft = cv2.GaussianBlur(cv2.dilate(rim, np.ones((25, 25), np.uint8)) * (below < 0.9), (0, 0), 6)
    return mixed(scene.portrait, cv2.GaussianBlur(scene.portrait, (0, 0), 0.16 * scene.unit), soft), scene.framed


def _rim(scene: Scene, colour: tuple[int, int, int]) -> Spoiled:
    _, below = scene.positions
    figure = scene.figure().astype(np.uint8)
    reach = max(3, round(0.05 * scene.unit)) | 1
    rim = (cv2.dilate(figure, np.ones((3, 3), np.uint8)) - cv2.erode(figure, np.ones((reach, reach), np.uint8))) > 0
    share = cv2.GaussianBlur((rim & (below < 1.2)).astype(np.float32), (0, 0), 1.0) * 0.85
    return mixed(scene.portrait, colour, share), scene.framed


def white_rim(scene: Scene) -> Spoiled:
    return _rim(scene, (252, 252, 252))


def green_rim(scene: Scene) -> Spoiled:
    return _rim(scene, (60, 140, 70))


def dark_rim(scene: Scene) -> Spoiled:
    return _rim(scene, (120, 20, 90))


# --- neck ------------------------------------------------------------------------------------------


def slit_under_jaw(scene: Scene) -> Spoiled:
    across, below = scene.positions
    line = scene.head.chin + 0.12 - 0.35 * across**2
    slit = (np.abs(below - line) < 0.05) & (np.abs(across) < 0.7)
    return mixed(scene.portrait, BACKGROUND, slit.astype(np.float32)), scene.framed


def gap_beside_neck(scene: Scene) -> Spoiled:
    across, below = scene.positions
    side, chin = scene.side, scene.head.chin
    wedge = (across * side > 0.42) & (across * side < 0.85) & (below > chin - 0.1) & (below < chin + 0.5)
    return mixed(scene.portrait, BACKGROUND, wedge.astype(np.float32)), scene.framed


def neck_of_another(scene: Scene) -> Spoiled:
    across, below = scene.positions
    zone = np.clip((below - scene.head.chin) * 12, 0, 1) * np.clip((0.85 - np.abs(across)) * 10, 0, 1)
    lab = cv2.cvtColor(scene.portrait, cv2.COLOR_RGB2LAB).astype(np.float32)
    skin = (lab[..., 1] > 132) & (lab[..., 2] > 130) & (lab[..., 0] < 235)
    share = zone * cv2.GaussianBlur(skin.astype(np.float32), (0, 0), 2) * (below < scene.head.chin + 0.9)
    lab += np.array((-20.0, 24.0, -16.0)) if scene.rng.random() < 0.5 else np.array((-10.0, -18.0, 26.0))
    other = cv2.cvtColor(np.clip(lab, 0, 255).astype(np.uint8), cv2.COLOR_LAB2RGB)
    return mixed(scene.portrait, other, share), scene.framed


def bust_in_air(scene: Scene) -> Spoiled:
    portrait = scene.portrait.copy()
    portrait[-int(scene.rng.uniform(0.06, 0.12) * len(portrait)) :] = BACKGROUND
    return portrait, scene.framed


def mirrored_clothes(scene: Scene) -> Spoiled:
    portrait = scene.portrait.copy()
    row = int(scene.rng.uniform(0.8, 0.88) * len(portrait))
    rest = len(portrait) - row
    portrait[row:] = portrait[row - rest : row][::-1]
    return portrait, scene.framed


# --- face ------------------------------------------------------------------------------------------


def second_face(scene: Scene) -> Spoiled:
    box = scene.framed.face.box
    height, width = scene.portrait.shape[:2]
    top, bottom = int((box.top - 0.02) * height), int((box.top + box.height + 0.02) * height)
    left, right = int((box.left - 0.02) * width), int((box.left + box.width + 0.02) * width)
    face = cv2.resize(scene.portrait[top:bottom, left:right], None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    portrait = scene.portrait.copy()
    x = 12 if scene.side < 0 else width - face.shape[1] - 12
    y = int(scene.rng.uniform(0.66, 0.78) * height)
    portrait[y : y + face.shape[0], x : x + face.shape[1]] = face
    return portrait, scene.framed


def _warped_face(scene: Scene, wide: float, tall: float, turn: float) -> Spoiled:
    across, below = scene.positions
    share = np.exp(-(((across / 1.1) ** 2 + ((below - 0.5) / 1.3) ** 2) ** 2))
    cosine, sine = np.cos(np.radians(turn)), np.sin(np.radians(turn))
    down = below - 0.5
    source_across = across + (across * (cosine / wide - 1) + down * sine) * share
    source_below = below + (down * (cosine / tall - 1) - across * sine) * share
    head = scene.head
    x = head.eyes[0] + (head.right[0] * source_across + head.down[0] * source_below) * head.unit
    y = head.eyes[1] + (head.right[1] * source_across + head.down[1] * source_below) * head.unit
    warped = cv2.remap(scene.portrait, x.astype(np.float32), y.astype(np.float32), cv2.INTER_LINEAR)
    return np.asarray(warped, np.uint8), scene.framed


def other_proportions(scene: Scene) -> Spoiled:
    return _warped_face(scene, 1.28, 0.86, 0)


def leaning_face(scene: Scene) -> Spoiled:
    return _warped_face(scene, 1, 1, 16 * scene.side)


def repainted_face(scene: Scene) -> Spoiled:
    face = scene.blob(0, 0.5, 1.0, 0.05)
    smooth = cv2.bilateralFilter(scene.portrait, 9, 40, 12)
    smooth = np.clip(smooth * np.array((1.06, 0.96, 0.9)), 0, 255)
    return mixed(scene.portrait, smooth, face), scene.framed


def squeezed_face(scene: Scene) -> Spoiled:
    return _warped_face(scene, 0.82, 1.12, 0)


def mosaic_face(scene: Scene) -> Spoiled:
    size = (scene.portrait.shape[1], scene.portrait.shape[0])
    small = cv2.resize(scene.portrait, None, fx=1 / 12, fy=1 / 12, interpolation=cv2.INTER_AREA)
    return mixed(
        scene.portrait, cv2.resize(small, size, interpolation=cv2.INTER_NEAREST), scene.blob(0, 0.5, 1.0, 0.05)
    ), scene.framed


def blurred(scene: Scene) -> Spoiled:
    sigma = 0.055 * scene.unit
    pixels, portrait = (
        np.asarray(cv2.GaussianBlur(image, (0, 0), sigma), np.uint8) for image in (scene.framed.pixels, scene.portrait)
    )
    return portrait, replace(scene.framed, pixels=pixels)


def _coloured(scene: Scene, change: Callable[[NDArray[Any]], NDArray[Any]]) -> Spoiled:
    """The photo's own light was wrong; the clothes are painted in theirs."""
    head = cv2.GaussianBlur(scene.framed.keep, (0, 0), 1).astype(np.float32) / 255
    changed = np.clip(change(scene.framed.pixels.astype(np.float32)), 0, 255)
    framed = replace(scene.framed, pixels=changed.astype(np.uint8))
    return mixed(scene.portrait, np.clip(change(scene.portrait.astype(np.float32)), 0, 255), head), framed


def orange_face(scene: Scene) -> Spoiled:
    return _coloured(scene, lambda image: image * (1.05, 0.62, 0.3))


def grey_face(scene: Scene) -> Spoiled:
    return _coloured(scene, lambda image: np.repeat(image @ np.array((0.3, 0.59, 0.11)), 3).reshape(image.shape))


def dark_face(scene: Scene) -> Spoiled:
    return _coloured(scene, lambda image: image * 0.25)


def blown_face(scene: Scene) -> Spoiled:
    return _coloured(scene, lambda image: 60 + image * 1.75)


# --- background, place, light ----------------------------------------------------------------------


def other_background(scene: Scene) -> Spoiled:
    return mixed(scene.portrait, (222, 205, 180), (~scene.figure()).astype(np.float32)), scene.framed


def patterned_background(scene: Scene) -> Spoiled:
    x = np.arange(scene.portrait.shape[1])
    stripes = np.broadcast_to((x // 14 % 2)[None, :] * 0.8, scene.portrait.shape[:2]).astype(np.float32)
    return mixed(scene.portrait, (160, 188, 220), stripes * ~scene.figure()), scene.framed


def cloudy_background(scene: Scene) -> Spoiled:
    noise = cv2.GaussianBlur(scene.rng.standard_normal(scene.portrait.shape[:2]).astype(np.float32), (0, 0), 30)
    cloud = np.clip(noise / noise.std() * 0.4 + 0.3, 0, 1) * ~scene.figure()
    return mixed(scene.portrait, (120, 140, 160), cloud.astype(np.float32)), scene.framed


def _zoomed(scene: Scene, scale: float, across: float = 0.0) -> Spoiled:
    x, y = scene.head.at(0, 0.5)
    matrix = np.array(((scale, 0, x * (1 - scale) + across * scene.unit), (0, scale, y * (1 - scale))))
    return both(scene, matrix)


def head_too_large(scene: Scene) -> Spoiled:
    return _zoomed(scene, 1.65)


def head_too_small(scene: Scene) -> Spoiled:
    return _zoomed(scene, 0.6)


def head_aside(scene: Scene) -> Spoiled:
    return _zoomed(scene, 1.0, 0.9 * scene.side)


def noisy_cloth(scene: Scene) -> Spoiled:
    noise = scene.rng.standard_normal(scene.portrait.shape[:2]).astype(np.float32) * 30
    _, below = scene.positions
    cloth = scene.figure() & (below > scene.head.chin + 0.3) & (scene.framed.keep < 10)
    noisy = np.clip(scene.portrait + cv2.GaussianBlur(noise, (0, 0), 0.9)[..., None] * 2.0, 0, 255)
    return mixed(scene.portrait, noisy, cloth.astype(np.float32)), scene.framed


def cloth_lit_from_elsewhere(scene: Scene) -> Spoiled:
    across, below = scene.positions
    cloth = scene.figure() & (below > scene.head.chin + 0.2) & (scene.framed.keep < 10)
    light = np.exp(np.clip(across * 0.38, -1.1, 1.1) * scene.side)[..., None]
    return mixed(
        scene.portrait, np.clip((scene.portrait + 18.0) * light, 0, 255), cloth.astype(np.float32)
    ), scene.framed


def _wall(scene: Scene) -> Pixels:
    """The framed photo before a wall of another colour than the studio's, so that what is left of it can be seen."""
    away = 1 - scene.framed.person.astype(np.float32) / 255
    colour = ((96, 122, 72), (176, 84, 60), (232, 230, 226))[int(scene.rng.integers(3))]
    return mixed(scene.framed.pixels, colour, away)


def _hair_colour(scene: Scene) -> NDArray[Any]:
    across, below = scene.positions
    zone = (below < -0.95) & (np.abs(across) < 0.7) & (scene.framed.keep == 255)
    return np.asarray(np.median(scene.portrait[zone], axis=0) if zone.any() else (60, 50, 45))


FAULTS: dict[str, Fault] = {
    "hair_bitten": Fault(hair_bitten, ("hair_lost",)),
    "side_cut": Fault(side_cut, ("hair_lost",)),
    "crown_cut": Fault(crown_cut, ("hair_lost",)),
    "clothes_patch": Fault(clothes_patch, ("clothes_left",)),
    "collar_left": Fault(collar_left, ("clothes_left",)),
    "background_patch": Fault(background_patch, ("background_left", "odd_patch")),
    "round_frame": Fault(round_frame, ("frame_left", "background_left", "odd_patch")),
    "piece_apart": Fault(piece_apart, ("floating_piece",)),
    "torn_edge": Fault(torn_edge, ("edge_ragged", "hair_lost")),
    "smeared_edge": Fault(smeared_edge, ("edge_smeared",)),
    "white_rim": Fault(white_rim, ("halo",)),
    "green_rim": Fault(green_rim, ("halo",)),
    "slit_under_jaw": Fault(slit_under_jaw, ("neck_gap",)),
    "gap_beside_neck": Fault(gap_beside_neck, ("neck_gap",)),
    "neck_of_another": Fault(neck_of_another, ("skin_step",)),
    "bust_in_air": Fault(bust_in_air, ("bust_in_air",)),
    "mirrored_clothes": Fault(mirrored_clothes, ("mirrored",)),
    "second_face": Fault(second_face, ("faces_extra",)),
    "other_proportions": Fault(other_proportions, ("face_moved", "face_changed")),
    "leaning_face": Fault(leaning_face, ("face_moved", "face_changed")),
    "repainted_face": Fault(repainted_face, ("face_changed",)),
    "blurred": Fault(blurred, ("face_soft",)),
    "orange_face": Fault(orange_face, ("skin_unnatural",)),
    "grey_face": Fault(grey_face, ("skin_unnatural",)),
    "dark_face": Fault(dark_face, ("face_dark",)),
    "blown_face": Fault(blown_face, ("face_blown",)),
    "other_background": Fault(other_background, ("background_colour",)),
    "patterned_background": Fault(patterned_background, ("background_uneven",)),
    "head_too_large": Fault(head_too_large, ("head_size",)),
    "head_too_small": Fault(head_too_small, ("head_size",)),
    "head_aside": Fault(head_aside, ("head_place",)),
    "noisy_cloth": Fault(noisy_cloth, ("grain_step",)),
    "cloth_lit_from_elsewhere": Fault(cloth_lit_from_elsewhere, ("light_step",)),
}

HELD_OUT: dict[str, Fault] = {
    "hole_in_hair": Fault(hole_in_hair, ("hair_lost",)),
    "strap_left": Fault(strap_left, ("clothes_left",)),
    "chin_cut": Fault(chin_cut, ("neck_gap", "hair_lost", "face_changed")),
    "dark_rim": Fault(dark_rim, ("halo",)),
    "squeezed_face": Fault(squeezed_face, ("face_moved", "face_changed")),
    "mosaic_face": Fault(mosaic_face, ("face_changed",)),
    "cloudy_background": Fault(cloudy_background, ("background_uneven",)),
}
"""Written after the thresholds were set, and never used to set one."""


def spoiled(name: str, portrait: Pixels, framed: FramedHead, seed: int) -> Spoiled:
    """The portrait with that fault. Raises KeyError for an unknown name."""
    return {**FAULTS, **HELD_OUT}[name].spoil(Scene(portrait, framed, np.random.default_rng(seed)))
