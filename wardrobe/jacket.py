"""A tailored jacket: one sheet for fronts, shoulders and sleeves; lapels, collar, pocket and buttons laid on it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.interpolate import RegularGridInterpolator
from scipy.ndimage import gaussian_filter

from wardrobe.geometry import (
    Array,
    blend,
    bump,
    curve,
    gradient_normal,
    lengths,
    noise,
    refined,
    smoothstep,
    trace,
    tube,
    unit,
)
from wardrobe.mannequin import Cut, Mannequin, Point
from wardrobe.sheet import BEHIND, Sheet, behind_neck, mirrored, stitched

LOWEST = -46.0
"""Where the sheets end, under the plate's lower edge."""


def jacket(cut: Cut) -> list[Sheet]:
    """All sheets of the jacket."""
    wearer = Mannequin(cut)
    front = Front(wearer)
    sheets = [body(wearer), lining(wearer)]
    for side in (1, -1):
        points = lapel(front, side)
        sheets.append(Sheet("jacket", points, thickness=0.40, bevel=0.16, turn=20.0))
        if side == cut.over:
            sheets.append(Sheet("thread", buttonhole(points)))
        points = collar(front, side)
        sheets.append(Sheet("jacket", points, thickness=0.38, bevel=0.15, turn=75.0, behind=_hidden_collar(points)))
    if cut.pocket:
        sheets.append(Sheet("jacket", welt(front), thickness=0.2, bevel=0.05, turn=8.0))
    sheets.append(Sheet("button", button(front)))
    return sheets


# --- the body ------------------------------------------------------------------------------------


def body(wearer: Mannequin) -> Sheet:
    """Fronts, shoulders and sleeves in one, so that the armhole is a seam pressed into whole cloth.

    Columns run across. Rows run up the front, over the shoulder and down the back. Of the back the sleeves alone stay:
    seen from the front they are the outline.
    """
    cut = wearer.cut
    points = refined(_traced_body(wearer), 840, 860)
    x, y, z = points[..., 0], points[..., 1], points[..., 2]
    aside = np.abs(x)
    facing = smoothstep(3.0 - y, 0, 1.5)
    height = cut.creases * folds(x, z, cut) * facing
    height += 0.06 * noise(x.shape, (36, 33), cut.seed) + 0.035 * noise(x.shape, (20, 12), cut.seed + 1)
    # The outline stays calm.
    height *= 1 - 0.85 * smoothstep(aside, cut.shoulder + 1.5, cut.shoulder + 4.0)
    height += _armhole_seam(wearer, x, y, z) + _front_edge(cut, x, z)
    # The shoulder seam: a ditch over the top, from the collar to the armhole.
    on_shoulder = smoothstep(wearer.armhole(z) - aside, 0, 0.4) * (z > -13)
    height -= 0.10 * bump(y - 2.2, 0.16) * on_shoulder
    if cut.bust:
        height += _princess_seam(cut, aside, z) * facing
    points = points + gradient_normal(wearer.jacket, points) * height[..., None]
    return Sheet("jacket", points, keep=_closed(wearer, points))


def _traced_body(wearer: Mannequin) -> Array:
    cut = wearer.cut
    # Closer together outwards, where the sleeve turns away.
    across = np.sin(np.linspace(-1, 1, 281) * 1.46) / np.sin(1.46)
    knots = (6.0, cut.shoulder, cut.shoulder + 1.5)
    heights = (wearer.pad_inner[2], wearer.pad_outer[2], wearer.arm_top[2])

    def row(heading: Array, share: float) -> Array:
        """Rays along `heading`: level at a share of the shoulder's height, then turning over the shoulder."""

        def centre(x: Array) -> Array:
            shoulder = np.interp(np.abs(x), knots, heights)
            return np.stack([x, np.full_like(x, 3.3), LOWEST + (shoulder - LOWEST) * share], -1)

        reach = _reach(wearer, centre, heading)
        return trace(wearer.jacket, centre(across * reach) + heading * 37, -heading)

    up_front = [row(np.array((0.0, -1.0, 0.0)), share) for share in np.linspace(0, 1, 160, endpoint=False)]
    over = [row(np.array((0.0, -np.cos(angle), np.sin(angle))), 1.0) for angle in np.linspace(0, np.pi, 70)]
    down_back = [row(np.array((0.0, 1.0, 0.0)), share) for share in np.linspace(1, 0, 51)[1:]]
    return np.stack([*up_front, *over, *down_back])


def _reach(wearer: Mannequin, centre: Callable[[Array], Array], heading: Array) -> float:
    """How far out rays still meet the sleeve, found by halving."""
    near, far = wearer.cut.shoulder, wearer.cut.shoulder + wearer.cut.arm_out + 1.5 * wearer.cut.arm
    along = np.linspace(-1, 14, 90)[:, None] * heading
    for _ in range(14):
        middle = (near + far) / 2
        if wearer.jacket(centre(np.array([middle])) + along).min() < 0:
            near = middle
        else:
            far = middle
    return near - 0.02


def _closed(wearer: Mannequin, points: Array) -> NDArray[np.bool_]:
    """Where there is cloth: not between the lapels' folds, not at the neck."""
    cut = wearer.cut
    x, y, z = points[..., 0], points[..., 1], points[..., 2]
    roll = np.array(cut.roll)[::-1]
    open_front = (np.abs(x) < np.interp(z, roll[:, 1], roll[:, 0], left=-9.0) + 0.9) & (y < 2.5)
    neck = (np.abs(x) < cut.neck + 2.0) & (y > -0.5) & (z > -10)
    back = (np.abs(x) < cut.shoulder - 3.0) & (y > 4.0) & (z < -10)
    return np.asarray(~open_front & ~neck & ~back)


def folds(x: Array, z: Array, cut: Cut) -> Array:
    """Height of soft creases: drag lines in a fan around each armpit, drape from the shoulder, pull to the button."""
    random = np.random.default_rng(cut.seed)
    height = np.zeros_like(x)
    # Angle (0 = outwards, 90 = up), width in degrees, height, start and end as distances from the armpit.
    fan = (
        (-72, 9, 0.20, 2, 13),
        (-40, 9, 0.22, 2, 11),
        (-8, 10, -0.08, 2, 9),
        (22, 11, 0.12, 2, 10),
        (52, 11, -0.12, 3, 10),
        (96, 10, -0.14, 3, 11),
        (122, 9, 0.15, 3, 12),
        (205, 9, 0.15, 2, 12),
        (226, 8, -0.16, 2, 13),
        (247, 8, 0.20, 2, 15),
    )
    for side in (-1, 1):
        half = smoothstep(x * side, 0, 2)
        across, up = x * side - (cut.shoulder - 1.0), z + 21.5
        distance = np.hypot(across, up) + 1e-6
        angles = np.degrees(np.arctan2(up, across))
        for angle, width, tall, near, far in fan:
            bend = random.normal(0, 1.2) * (distance - 4)
            off = (angles - angle - random.normal(0, 6) + bend + 180) % 360 - 180
            off = np.where(off > 0, off, off / 1.8) / (width * random.uniform(0.8, 1.3))
            end = far * random.uniform(0.8, 1.2)
            reach = smoothstep(distance, near * 0.3, near * 1.3) * (1 - smoothstep(distance, end * 0.45, end))
            height += tall * random.uniform(0.8, 1.7) * bump(off, 1.0) * reach * half
        drapes = (
            (cut.shoulder - 4.0, -9.5, cut.shoulder - 5.5, -19.0, 1.7, -0.16),
            (cut.shoulder - 7.5, -17.0, cut.shoulder - 11.0, -33.0, 2.0, 0.14),
            (cut.shoulder - 5.0, -27.0, 2.5, cut.button + 0.5, 1.3, 0.13),
            (cut.shoulder - 3.0, -31.0, 3.5, cut.button - 0.5, 1.1, -0.11),
        )
        for start_x, start_z, end_x, end_z, wide, high in drapes:
            along = (z - start_z) / (end_z - start_z)
            off = x * side - start_x - (end_x - start_x) * along - random.normal(0, 0.5)
            taper = smoothstep(along, 0, 0.4) * smoothstep(1 - along, 0, 0.5)
            height += high * bump(off, wide) * taper * half
    return height


def _armhole_seam(wearer: Mannequin, x: Array, y: Array, z: Array) -> Array:
    """The sleeve's head stands a little over the shoulder it is sewn to; its fullness is eased in."""
    outside = np.abs(x) - wearer.armhole(z)
    sewn = smoothstep(z, -23.5, -19.5) * smoothstep(5.5 - y, 0, 1.5)
    head = 0.12 * smoothstep(outside, -0.06, 0.12) * (1 - 0.8 * smoothstep(outside, 0.6, 4.0))
    ditch = 0.09 * bump(outside - 0.0, 0.09)
    pressed = 0.08 * np.exp(-np.clip(-outside, 0, 9) / 0.45) * (outside < 0)
    around = np.arctan2(y - 3.6, z + 16)
    eased = 0.018 * np.sin(around * 24 + 2 * np.sin(around * 5)) * np.exp(-np.clip(outside, 0, 9) / 1.1) * (outside > 0)
    return np.asarray((head - ditch - pressed + eased) * sewn)


def _front_edge(cut: Cut, x: Array, z: Array) -> Array:
    """Under the lapels one front lies on the other."""
    low = cut.roll[-1]
    inside = x * cut.over - np.interp(z, (LOWEST, low[1]), (low[0] - 0.5, low[0]))
    over = smoothstep(inside, -0.05, 0.05) * (1 - smoothstep(inside, 1.5, 8.0))
    swell = -0.03 * bump(inside - 0.6, 0.07)
    return np.asarray((0.26 * over + swell) * smoothstep(-z, -low[1] - 0.6, -low[1] + 0.6))


def _princess_seam(cut: Cut, aside: Array, z: Array) -> Array:
    """A closer cut is shaped by a seam from the armhole over the bust to the hem."""
    line = blend(z, (LOWEST, -34, -26, -21, -18), (6.6, 7.4, 9.4, 11.8, cut.shoulder - 0.8))
    return np.asarray(-0.07 * bump(aside - line, 0.10) * smoothstep(-z, 18.5, 20))


def lining(wearer: Mannequin) -> Sheet:
    """The jacket's inside behind the neck, so that nothing shines through where a neck is slim or off the middle."""
    cut = wearer.cut
    angle = np.linspace(0.64 * np.pi, 1.36 * np.pi, 80)
    z = np.linspace(cut.collar_side - 1.2, -16.0, 50)
    radius = cut.neck + 1.3 + 0.22 * np.clip(-3.0 - z, 0, None)
    x = radius[:, None] * np.sin(angle)
    y = 2.0 - (radius[:, None] * np.cos(angle)) * 1.15
    points = np.stack([x, y, np.broadcast_to(z[:, None], x.shape)], -1)
    return Sheet("lining", points, thickness=0.1, behind=behind_neck(points))


# --- what lies on it -----------------------------------------------------------------------------


class Front:
    """The jacket's surface as seen from the front: depth and normal for any (x, z)."""

    def __init__(self, wearer: Mannequin) -> None:
        self.wearer = wearer
        self.cut = wearer.cut
        across, up = np.linspace(-24, 24, 241), np.linspace(-48, -1, 236)
        x, z = np.meshgrid(across, up, indexing="ij")
        depth = wearer.from_front(wearer.jacket, x, z)[..., 1]
        depth = gaussian_filter(np.clip(depth, -30, 8), 3)
        slopes = [-np.gradient(depth, across, axis=0), np.ones_like(depth), -np.gradient(depth, up, axis=1)]
        grid = {"bounds_error": False, "fill_value": None}
        self._depth = RegularGridInterpolator((across, up), depth, **grid)
        self._normal = RegularGridInterpolator((across, up), -unit(np.stack(slopes, -1)), **grid)

    def on(self, x: Array, z: Array, height: Array | float = 0.0) -> Array:
        """Points `height` over the jacket."""
        place = np.stack(np.broadcast_arrays(x, z), -1)
        depth, normal = self._depth(place).reshape(place.shape[:-1]), self._normal(place).reshape(*place.shape[:-1], 3)
        base = np.stack([place[..., 0], depth, place[..., 1]], -1)
        return np.asarray(base + normal * np.broadcast_to(height, depth.shape)[..., None])

    def at(self, point: Point | Array, height: float) -> Array:
        return self.on(np.array(float(point[0])), np.array(float(point[1])), height)


def close_to_start(count: int) -> Array:
    """Shares of a length from 0 to 1, four times as close over the first tenth, where seams run across the rows."""
    return np.interp(np.linspace(0, 1, count), (0, 0.31, 1), (0, 0.1, 1))


def along_curve(points: ArrayLike, share: Array) -> Array:
    return _sampled(curve(points, 1200, straight=True), share)


def _sampled(fine: Array, share: Array) -> Array:
    return np.stack([np.interp(share, np.linspace(0, 1, len(fine)), fine[:, i]) for i in range(fine.shape[1])], -1)


LAPEL_ACROSS = np.array([1.0, 0.55, 0.16, 0.0, 0.12, 0.50, 1.20, 2.40])
LAPEL_HEIGHT = np.array([-0.25, -0.05, 0.16, 0.50, 0.84, 1.08, 1.10, 0.92])
"""The fold in section: from the facing inside, around, and over to the outside; cm from the fold, cm over the cloth."""


def lapel(front: Front, side: int) -> Array:
    """Rolls over its fold, lies on the chest, and is free at its outer edge."""
    cut = front.cut
    count, columns = 260, 150
    share = close_to_start(count)
    fold = along_curve(cut.roll, share)
    # No two sides of a worn jacket lie alike.
    random = np.random.default_rng(cut.seed * 2 + side)
    shifts = random.normal(0, (0.2, 0.1), (len(cut.lapel), 2)) * np.r_[np.ones(len(cut.lapel) - 2), 0, 0][:, None]
    outer = along_curve((cut.tip, *(np.array(cut.lapel) + shifts)), share)
    uneven = noise((count, columns), (26, 14), cut.seed + 7 + side)
    waves = noise((count, 1), (22, 0.1), cut.seed + 17 + side)[:, 0]
    # At the button the front that lies on top covers the other.
    level = (0.14 if side == cut.over else -0.75) * smoothstep(share, 0.78, 1.0)
    to_notch = float(np.hypot(*(np.array(cut.notch) - cut.roll[0])))
    rows = []
    for i in range(count):
        across = outer[i] - fold[i]
        width = float(np.hypot(*across))
        size = min(1.0, width / 4.2)
        open_ = 1 + 0.35 * share[i] * size
        away = np.r_[LAPEL_ACROSS * size, width * 0.72 + 0.75 * size, width]
        lift = 0.56 + 0.07 * waves[i]
        height = np.r_[
            LAPEL_HEIGHT * size * np.r_[1, 1, 1, np.full(5, open_)], 0.60 * size + 0.06, lift * max(size, 0.5)
        ]
        walked = lengths(np.stack([away, height], -1))
        at = np.linspace(0, 1, columns) ** 1.15 * walked[-1]
        away, height = (blend(at, list(walked), list(values)) for values in (away, height))
        height = height + 0.05 * uneven[i] * np.clip(away, 0, 1) + level[i]
        place = fold[i] + across / max(width, 1e-6) * away[:, None]
        # Up to the notch the lapel is sewn to the collar, and reaches under it.
        sewn = (1 - smoothstep(share[i], 0, 0.035)) * (1 - smoothstep(away, to_notch - 1.0, to_notch - 0.1))
        place += np.array((0.22, 0.55)) * sewn[:, None]
        height = height - 0.2 * sewn
        rows.append(front.on(place[:, 0] * side, place[:, 1], height))
    return stitched(np.stack(rows), 0.65, "tr", depth=0.05, width=0.09)


def buttonhole(sheet: Array) -> Array:
    """A worked hole in the lapel's corner: a bar of thread on the lapel's sheet."""
    row, column = np.linspace(0.10, 0.116, 14), np.linspace(0.74, 0.88, 14)
    i, j = (row * (len(sheet) - 1)).astype(int), (column * (sheet.shape[1] - 1)).astype(int)
    return tube(curve(sheet[i, j], 24) + (0, -0.2, 0), 0.05)


def welt(front: Front) -> Array:
    """The breast pocket's strip, on the wearer's left."""
    cut = front.cut
    inner, outer = np.array((cut.lapel[1][0] - 1.4, -24.3)), np.array((cut.shoulder - 2.4, -23.0))
    along, down = np.meshgrid(np.linspace(0, 1, 70), np.linspace(0, 1, 20), indexing="ij")
    x = inner[0] + (outer[0] - inner[0]) * along
    z = inner[1] + (outer[1] - inner[1]) * along - 2.2 * down
    return front.on(x, z, cut.creases * folds(x, z, cut) + 0.22 + 0.10 * (1 - down))


def button(front: Front) -> Array:
    """A flat button with a rim and four holes, sewn on where the fronts close."""
    radius = np.r_[np.linspace(0, 1, 40), np.full(6, 1.0)] * 1.0
    height = blend(radius, (0, 0.66, 0.78, 0.95, 1.0), (0.18, 0.18, 0.27, 0.27, 0.2)) + 0.42
    height[-6:] = np.linspace(height[-7], 0.3, 6)
    turn = np.linspace(0, 2 * np.pi, 96)
    x, z = radius[:, None] * np.sin(turn), radius[:, None] * np.cos(turn)
    holes = sum(bump(np.hypot(x - a, z - b), 0.10) for a in (-0.2, 0.2) for b in (-0.2, 0.2))
    return front.on(x, z + front.cut.button, height[:, None] - 0.16 * holes)


# --- the collar ----------------------------------------------------------------------------------


def collar(front: Front, side: int) -> Array:
    """From the notch around the neck to the middle of the back. Rows go around, columns over stand, fold and fall."""
    cut = front.cut
    count, columns = 260, 130
    share = close_to_start(count)
    fold, outer = (_sampled(curve(points, 1200), share) for points in _collar_lines(front))
    outwards = unit((fold - np.array((0.0, 1.8, 0.0))) * (1.0, 1.0, 0.0))
    along = np.gradient(fold, axis=0)
    up = np.array((0.0, 0.0, 1.0))
    rows = []
    for i in range(count):
        top, low, out = fold[i], outer[i], outwards[i]
        normal = unit(np.cross(low - top, along[i]))
        normal = normal if normal @ (out + up) > 0 else -normal
        middle = (top + low) / 2
        section = (
            top - up * 2.6 + out * 0.25,
            top - up * 1.2 + out * 0.05,
            top - up * 0.25,
            top + up * 0.08 + out * 0.22,
            top + out * 0.62 - up * 0.18 + normal * 0.1,
            middle * 0.5 + top * 0.5 + normal * 0.42,
            middle + normal * 0.34,
            low,
        )
        rows.append(curve(section, columns, straight=True))
    points = np.stack(rows)
    # Towards the front the collar's end follows gorge and notch.
    near = 1 - smoothstep(share / 0.34)
    points = points + (_collar_end(front, columns) - points[0])[None] * near[:, None, None]
    uneven = 0.03 * noise(points.shape[:2], (20, 20), cut.seed + 40 + side)
    outside = np.linspace(0, 1, columns) > 0.4
    points = points + unit(points - (0.0, 3.0, -8.0)) * (uneven * outside)[..., None]
    return mirrored(stitched(points, 0.6, "tr", depth=0.05, width=0.09), side)


def _hidden_collar(points: Array) -> NDArray[np.bool_]:
    """What the neck hides of the collar: all that is behind it, and beside it the inside of the stand."""
    fold = len(points[0]) // 3
    beside = points[:, fold, 1] > -3.0
    inside = np.arange(points.shape[1]) < fold
    return np.asarray((points[..., 1] > BEHIND) | (beside[:, None] & inside))


def _collar_lines(front: Front) -> tuple[list[Array], list[Array]]:
    """The fold and the outer edge, from the front to the middle of the back."""
    cut, wearer = front.cut, front.wearer
    gorge = np.array(cut.roll[0])
    radius, side = cut.neck + 1.45, cut.collar_side

    def on_shoulder(x: float, y: float) -> Array:
        return trace(wearer.jacket, np.array([x, y, 20.0]), (0.0, 0.0, -1.0))

    fold = [
        front.at(gorge, 0.5),
        front.at(gorge + (0.28, 1.4), 0.7),
        np.array((radius * 1.02, 0.2, side - 0.9)),
        np.array((radius, 2.6, side)),
        np.array((radius * 0.80, 6.2, side + 0.5)),
        np.array((radius * 0.42, 8.3, side + 0.8)),
        np.array((0.0, 8.9, side + 0.9)),
    ]
    corner = np.array(cut.corner)
    outer = [
        front.at(corner, 0.42),
        front.at(corner + (-0.3, 1.2), 0.5),
        on_shoulder(corner[0] - 0.9, 1.6) + (0, 0, 0.35),
        on_shoulder(corner[0] - 1.8, 5.2) + (0, 0.2, 0.3),
        np.array((cut.neck + 0.6, 9.6, side - 3.2)),
        np.array((cut.neck * 0.5, 11.6, side - 3.3)),
        np.array((0.0, 12.2, side - 3.3)),
    ]
    return fold, outer


def _collar_end(front: Front, columns: int) -> Array:
    """The collar's front end: inside along the fold, then over the gorge seam to the notch and up to the corner."""
    cut = front.cut
    gorge, notch, corner = (np.array(point) for point in (cut.roll[0], cut.notch, cut.corner))
    seam = curve([gorge, gorge * 0.55 + notch * 0.45, notch], 60)
    edge = np.vstack([seam, np.linspace(notch, corner, 40)[1:]])
    heights = np.interp(
        np.linspace(0, 1, len(edge)), (0, 0.05, 0.12, 0.26, 0.6, 1), (0.50, 0.90, 1.16, 1.06, 0.62, 0.48)
    )
    visible = front.on(edge[:, 0], edge[:, 1], heights)
    inwards = unit(np.array(cut.tip) - gorge)
    hidden = np.stack(
        [
            front.at(gorge + inwards * away, high)
            for away, high in ((1.0, -0.25), (0.55, -0.05), (0.16, 0.16), (0.0, 0.5))
        ]
    )
    first = round(columns / 3)
    return np.vstack([curve(hidden, first + 1, straight=True)[:-1], curve(visible, columns - first, straight=True)])
