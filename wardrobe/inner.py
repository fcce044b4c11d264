"""What is worn under the jacket: shirts, blouses, tie."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wardrobe.geometry import (
    Array,
    blend,
    bump,
    curve,
    gradient_normal,
    noise,
    smoothstep,
    unit,
)
from wardrobe.jacket import LOWEST
from wardrobe.mannequin import MAN, WOMAN, Cut, Mannequin, Point
from wardrobe.sheet import Sheet, behind_neck, mirrored, stitched


@dataclass(frozen=True)
class Collar:
    """A shirt collar; heights in cm over the chin."""

    tip: Point
    front: float
    side: float
    back: float
    gap: float
    """Half of the space between its ends, cm."""
    open_front: bool = False
    stand_only: bool = False
    """A band without a leaf."""


@dataclass(frozen=True)
class Inner:
    """One garment for under the jacket of `cut`."""

    cut: Cut
    neckline: tuple[Point, ...]
    """The front's upper edge, (x, z) from its middle to the shoulder."""
    seed: int
    collar: Collar | None = None
    placket: bool = False
    tie: bool = False
    drape: float = 0.07
    """Height of the folds, cm."""


CLOSED = ((0.0, -5.0), (1.6, -4.9), (3.4, -4.4), (4.8, -3.6), (5.5, -2.6))
OPEN = ((0.0, -11.4), (0.3, -10.9), (1.35, -9.0), (2.4, -7.2), (2.9, -6.3), (5.2, -3.2))

INNERS = {
    "tie": Inner(MAN, CLOSED, 1, Collar((4.7, -10.6), -4.3, 0.6, 1.2, 1.15), placket=True, tie=True, drape=0.05),
    "open": Inner(MAN, OPEN, 4, Collar((6.0, -12.8), -7.6, -0.1, 0.8, 2.5, open_front=True), placket=True, drape=0.06),
    "round": Inner(WOMAN, ((0.0, -5.0), (1.5, -4.9), (3.1, -4.5), (4.5, -3.8), (5.5, -3.0)), 5),
    "v": Inner(WOMAN, ((0.0, -11.4), (0.4, -10.9), (2.0, -8.9), (4.0, -5.8), (5.5, -3.0)), 8),
    "shirt": Inner(
        WOMAN,
        ((0.0, -10.4), (0.28, -9.9), (1.15, -8.3), (2.0, -6.8), (2.4, -5.9), (4.8, -3.2)),
        9,
        Collar((5.6, -12.0), -6.9, -0.5, 0.3, 2.3, open_front=True),
        placket=True,
    ),
    "stand": Inner(
        WOMAN,
        ((0.0, -5.6), (1.4, -5.4), (2.7, -4.95), (3.8, -4.5), (4.8, -4.1), (5.8, -3.9)),
        11,
        Collar((0.0, 0.0), -3.1, -0.6, 0.0, 0.12, stand_only=True),
        placket=True,
    ),
}


def inner(name: str) -> list[Sheet]:
    """All sheets of one inner garment."""
    made = INNERS[name]
    wearer = Mannequin(made.cut)
    sheets = [Sheet("shirt", front(wearer, made), thickness=0.14, bevel=0.05)]
    if made.placket and not made.tie:
        sheets += [Sheet("shirt_button", points) for points in buttons(wearer, made)]
    if made.collar:
        for side in (1, -1):
            points = (stand if made.collar.stand_only else turned_down)(wearer, made.collar, side)
            behind = (behind_neck if made.collar.stand_only else hidden_band)(points)
            sheets.append(Sheet("shirt", points, thickness=0.15, bevel=0.05, material="collar", behind=behind))
    if made.collar is None or not made.collar.stand_only:
        points = neckband(wearer, made)
        sheets.append(Sheet("shirt", points, thickness=0.14, bevel=0.05, behind=behind_neck(points)))
    if made.tie:
        sheets.append(Sheet("tie", blade(wearer), thickness=0.15))
        sheets.append(Sheet("tie", knot(wearer), material="knot"))
    return sheets


# --- the front -----------------------------------------------------------------------------------


def front(wearer: Mannequin, made: Inner) -> Array:
    """Hemmed along its neckline, hanging from there. Rows run down, columns across."""
    half = curve(made.neckline, 300, straight=True)
    top = np.vstack([half[::-1] * (-1, 1), half[1:]])
    aside = np.linspace(-1, 1, len(top))
    low_x = np.interp(np.abs(aside), (0, 0.55, 1), (0, 9.5, 10.5)) * np.sign(aside)
    low_z = np.interp(np.abs(aside), (0, 0.55, 1), (LOWEST, LOWEST, half[-1, 1] - 4))
    down = np.r_[np.linspace(0, 0.06, 70, endpoint=False), np.linspace(0.06, 1, 480)][:, None]
    x = top[:, 0] + (low_x - top[:, 0]) * down
    z = top[:, 1] + (low_z - top[:, 1]) * down
    points = wearer.from_front(wearer.shirt, x, z)
    height = _drape(x, z, made) * smoothstep(down * 34, 0.6, 5.5)
    if made.placket:
        height = height * (0.35 + 0.65 * smoothstep(np.abs(x), 1.2, 2.6)) + _placket(x, z, made)
    points = points + gradient_normal(wearer.shirt, points) * height[..., None]
    points[..., 1] += pressed_flat(z)
    under_collar = made.tie or (made.collar and made.collar.stand_only)
    return points if under_collar else stitched(points, 0.6, "t", depth=0.045, width=0.09)


def _drape(x: Array, z: Array, made: Inner) -> Array:
    """Folds that hang from the shoulders and lean to the jacket's button."""
    random = np.random.default_rng(made.seed)
    height = made.drape * (0.6 * noise(x.shape, (50, 24), made.seed) + 0.16 * noise(x.shape, (14, 14), made.seed + 1))
    for _ in range(11):
        start, width = random.uniform(1.5, 6.5) * random.choice((-1, 1)), random.uniform(0.5, 1.2)
        path = start * blend(z, (-36, -8), (0.45, 1.0)) + random.uniform(-0.08, 0.08) * (z + 18)
        begin = random.uniform(8, 14)
        tall = made.drape * random.uniform(0.6, 2.0) * random.choice((-1, 1))
        height += tall * bump(x - path, width) * smoothstep(-z, begin, begin + 7)
    # Short slanting creases, as cotton has where it is drawn aside.
    for _ in range(7):
        centre_x, centre_z, lean = (
            random.uniform(2, 6) * random.choice((-1, 1)),
            random.uniform(-32, -12),
            random.uniform(-0.9, 0.9),
        )
        across = (z - centre_z) - lean * (x - centre_x)
        along = np.hypot(z - centre_z, x - centre_x)
        height += 0.5 * made.drape * random.choice((-1, 1)) * bump(across, 0.45) * bump(along, 3.0)
    return np.asarray(height)


PLACKET = 1.65
"""Half width, cm."""


def _placket(x: Array, z: Array, made: Inner) -> Array:
    """The strip that holds the buttons: a fold on each side, a row of stitches beside each."""
    over = made.cut.over
    begin = -made.neckline[0][1]
    strip = smoothstep(PLACKET - np.abs(x), -0.04, 0.04)
    lip = 0.5 + 0.5 * smoothstep(-x * over, 0, 0.5)
    seams = bump(np.abs(x) - PLACKET + 0.55, 0.08) * 0.035 + bump(np.abs(x) - PLACKET - 0.05, 0.10) * 0.06 * lip
    ripple = 0.02 * noise(x.shape, (30, 20), made.seed + 5)
    return np.asarray((0.07 * strip + ripple * strip - seams) * smoothstep(-z, begin, begin + 0.6))


def buttons(wearer: Mannequin, made: Inner) -> list[Array]:
    first = made.neckline[0][1] - (1.4 if made.collar and made.collar.open_front else 3.2)
    radius = np.r_[np.linspace(0, 1, 24), np.full(4, 1.0)]
    height = blend(radius, (0, 0.6, 0.75, 0.95, 1.0), (0.22, 0.22, 0.30, 0.30, 0.24))
    height[-4:] = np.linspace(height[-5], 0.05, 4)
    turn = np.linspace(0, 2 * np.pi, 64)
    found = []
    for z in np.arange(first, LOWEST + 2, -8.4):
        x, up = 0.56 * radius[:, None] * np.sin(turn), 0.56 * radius[:, None] * np.cos(turn)
        holes = sum(bump(np.hypot(x - a, up - b), 0.06) for a in (-0.12, 0.12) for b in (-0.12, 0.12))
        base = wearer.from_front(wearer.shirt, x, up + z)
        outwards = gradient_normal(wearer.shirt, base)
        lifted = base + outwards * (height[:, None] + 0.05 - 0.10 * holes)[..., None]
        found.append(lifted + (0, float(pressed_flat(np.array(z))), 0))
    return found


def pressed_flat(z: Array) -> Array:
    """How far the closing jacket pushes back what is worn under it."""
    return 1.3 * smoothstep(-z, 27, 38)


# --- collars -------------------------------------------------------------------------------------


def turned_down(wearer: Mannequin, collar: Collar, side: int) -> Array:
    """One half of a shirt collar: band, fold and leaf. Rows run from its point around to the back."""
    count, columns = 240, 110
    share = np.linspace(0, 1, count)
    angle = collar.gap / 6 + share * (np.pi - collar.gap / 6)
    z = blend(
        angle,
        (0, 0.55, 1.15, 1.75, 2.5, np.pi),
        (collar.front, collar.front + 1.5, collar.side - 0.9, collar.side, collar.back - 0.2, collar.back),
    )
    ring, out = wearer.around_neck(wearer.neck, angle, z)
    low, low_out = wearer.around_neck(wearer.neck, angle, z - np.interp(angle, (0, 1.2, np.pi), (2.6, 3.2, 3.6)))
    fold = ring + out * (0.45 + 0.55 * bump(angle, 0.5))[:, None]
    base = low + low_out * 0.25
    if collar.open_front:
        # Unbuttoned, the collar's ends fall forward onto the chest.
        chest, _ = wearer.around_neck(wearer.shirt, angle, z)
        fold = fold + (chest + out * 0.45 - fold) * np.clip(1.2 - angle / 0.9, 0, 1)[:, None]
        base = base + (fold - (0, 0, 0.4) - base) * np.clip(1.3 - angle / 0.8, 0, 1)[:, None]
    outer = _leaf_edge(wearer, collar, count)
    up = np.array((0.0, 0.0, 1.0))
    # Of an open collar the band ends in the leaf's corner.
    band = smoothstep(angle - angle[0], 0, 0.5) if collar.open_front else np.ones(count)
    rows = []
    for i in range(count):
        top, edge, away = fold[i], outer[i], out[i]
        normal = unit(away + 0.25 * up)
        lift = np.interp(share[i], (0, 0.1, 0.3), (1, 0.5, 0.3))  # under the jacket it is pressed flat
        section = (
            top + (base[i] - top) * max(band[i], 0.05) - up * 0.02,
            top - (up * 0.5 + away * 0.06) * max(band[i], 0.03),
            top - up * 0.10 * max(band[i], 0.1),
            top + up * 0.05 + away * 0.10,
            top + away * 0.26 - up * 0.12,
            top * 0.72 + edge * 0.28 + normal * 0.30 * lift,
            top * 0.4 + edge * 0.6 + normal * 0.26 * lift,
            edge,
        )
        rows.append(curve(section, columns, straight=True))
    return mirrored(stitched(np.stack(rows), 0.55, "rt", depth=0.04, width=0.09), side)


def hidden_band(points: Array) -> NDArray[np.bool_]:
    """What the neck hides of a turned-down collar: all that is behind it, and beside it the band's inside."""
    fold = points[..., 2].argmax(1)
    beside = points[np.arange(len(points)), fold, 1] > -1.5
    # The crest itself stays in front, so that its outline is smooth.
    inside = np.arange(points.shape[1]) < fold[:, None] - 5
    behind = points[np.arange(len(points)), fold, 1] > 1.2
    return np.asarray(behind[:, None] | (beside[:, None] & inside))


def _leaf_edge(wearer: Mannequin, collar: Collar, count: int) -> Array:
    """From the collar's point over the collar bone to the middle of the back."""
    neck = wearer.cut.neck

    def on_shirt(x: float, z: float, height: float) -> Array:
        point = wearer.from_front(wearer.shirt, np.array([x]), np.array([z]))
        return np.asarray((point + gradient_normal(wearer.shirt, point) * height)[0])

    back, out = wearer.around_neck(
        wearer.neck, np.array([1.75, 2.4, np.pi]), np.array([collar.side - 4.6, collar.back - 4.2, collar.back - 4.2])
    )
    tip = collar.tip
    knots = [
        on_shirt(*tip, 0.55),
        on_shirt((tip[0] + neck + 2.2) / 2 + 0.4, tip[1] + 2.3, 0.38),
        np.array((neck + 2.0, 0.0, collar.side - 5.2)),
        *(back + out * np.array([1.6, 1.4, 1.3])[:, None]),
    ]
    return curve(knots, count)


def stand(wearer: Mannequin, collar: Collar, side: int) -> Array:
    """One half of a band collar: it stands around the neck, its ends meet in front."""
    count, columns = 240, 40
    # In front one end lies on the other.
    angle = np.linspace(-0.07 if side == wearer.cut.over else 0.02, np.pi, count)
    knots = (0, 0.55, 1.15, 1.75, 2.5, np.pi)
    top = blend(
        angle, knots, (collar.front, collar.front + 0.55, collar.side - 0.9, collar.side, collar.back, collar.back)
    )
    # The ends are rounded off.
    top = top - 0.6 * np.clip(1 - (angle - angle[0]) * wearer.cut.neck / 0.7, 0, 1) ** 2
    low = blend(angle, knots, (-6.1, -5.6, -4.8, -4.2, -3.8, -3.8))
    # A straight strip from the shirt it is sewn to up along the neck.
    chest, chest_out = wearer.around_neck(wearer.shirt, angle, low)
    ring, ring_out = wearer.around_neck(wearer.neck, angle, top)
    base, edge = chest + chest_out * 0.16, ring + ring_out * 0.5
    rows = [base + (edge - base) * share for share in np.linspace(0, 1, columns)]
    points = np.stack(rows)[::-1]
    points[..., 1] -= 0.10 * (side == wearer.cut.over) * smoothstep(0.5 - angle, 0, 0.5)
    return mirrored(stitched(points, 0.5, "tl", depth=0.04, width=0.06), side)


def neckband(wearer: Mannequin, made: Inner) -> Array:
    """The back of a collarless neckline, behind the neck: it carries the front's edge around."""
    end = np.array(made.neckline[-1])
    angle = np.linspace(0.42 * np.pi, 1.58 * np.pi, 160)
    middle = np.abs(angle - np.pi) / (0.58 * np.pi)
    top = blend(middle, (0, 0.6, 1.0), (end[1] + 0.9, end[1] + 0.7, end[1] - 0.1))
    rows = []
    for drop in np.linspace(0, 6.0, 50):
        ring, out = wearer.around_neck(wearer.shirt, angle, top - drop)
        rows.append(ring + out * 0.12)
    return stitched(np.stack(rows), 0.6, "t", depth=0.045, width=0.09)


# --- the tie -------------------------------------------------------------------------------------


def blade(wearer: Mannequin, top: float = -8.5, half_top: float = 1.3, half_low: float = 4.3) -> Array:
    """The hanging part, with the dimple under the knot."""
    down, across = np.meshgrid(np.linspace(0, 1, 360), np.linspace(-1, 1, 101), indexing="ij")
    z = top + (LOWEST - top) * down
    x = across * (half_top + (half_low - half_top) * down**0.92) + 0.25 * down
    depth = wearer.from_front(wearer.shirt, 0 * z[:, 0], z[:, 0])[:, 1][:, None]
    arch = 0.60 * (1 - across**2) ** 0.75 * np.clip(1.25 - down, 0.4, 1)
    dimple = 0.75 * bump(across + 0.10, 0.30) * np.exp(-down / 0.10)
    crease = 0.10 * bump(across - 0.58 - 0.3 * down, 0.22) * np.exp(-down / 0.07)
    height = arch - dimple - crease + 0.03 * noise(down.shape, (27, 15), 9)
    return np.stack([x, depth - 0.6 - height + pressed_flat(z), z], -1)


def knot(wearer: Mannequin, top: float = -3.9, low: float = -9.0) -> Array:
    """A four-in-hand: a bulging, slightly crooked wedge with the wrap's edge across it."""
    down, turn = np.meshgrid(np.linspace(0, 1, 160), np.linspace(-1.75, 1.75, 120), indexing="ij")
    half = 2.3 - 0.9 * down**0.9
    half = half * (1 - 0.30 * np.clip((down - 0.93) / 0.07, 0, 1) ** 2 - 0.32 * np.clip((0.3 - down) / 0.3, 0, 1) ** 2)
    bent = np.clip(turn, -np.pi / 2, np.pi / 2)
    across = np.sin(bent)
    z = top + (low - top) * down
    x = across * half + 0.12 * (down - 0.5) - 0.1
    depth = wearer.from_front(wearer.shirt, 0 * z[:, 0], z[:, 0])[:, 1][:, None]
    bulge = np.maximum(np.cos(bent), 0) ** 0.7 * np.interp(down, (0, 0.15, 0.5, 0.85, 1), (0.35, 0.8, 1.35, 1.3, 1.0))
    # The cloth runs slantwise around the knot.
    slant = down + 0.16 * across
    crease = 0.07 * np.sin(slant * 21 + 1.5 * across) * bump(across - 0.55, 0.5) + 0.05 * noise(down.shape, (9, 16), 4)
    wrap = 0.16 / (1 + np.exp((slant - 0.12) * 60))
    tuck = -0.35 * bump(down - 1.0, 0.10) * bump(across + 0.05, 0.35)
    y = depth - 0.15 - bulge - crease + wrap - tuck
    y = y + np.clip(np.abs(turn) - np.pi / 2, 0, None) * 6
    return np.stack([x, y, z], -1)


def wearer_skin(wearer: Mannequin) -> Array:
    """Neck and chest: they shade the cloth, and hide what lies behind the neck."""
    angle = np.linspace(0, 2 * np.pi, 120)
    rings = [wearer.around_neck(wearer.skin, angle, np.full_like(angle, z))[0] for z in np.linspace(-30, 6, 140)]
    return np.stack(rings)
