"""The input of the measures: the finished picture, the framed photo, and the planes that several measures need.

Everything is computed at half the canvas's size, 384 pixels wide, whatever size the provider paints at. It takes a
third of the time of the full size, and all thresholds have one scale. Only the face's sharpness needs the full size.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from photos.anatomy import Head, head_of
from photos.skin import bare_skin
from photos.types import Alpha, FramedHead, Pixels

SIZE = (384, 576)
"""Width and height of all planes here."""
OWN = 9.0
"""ΔE (CIE 76) between candidate and photo, up to which a pixel counts as the photo's. JPEG and grain stay below it."""
GROUND = 6.0
"""ΔE to the fitted background, up to which a pixel is background."""
SHADING = 0.6
"""Weight of a difference in lightness beside one in colour. It is below 1, since light falls off across a backdrop."""
THROAT = 1.05
"""Half the width, in eye distances, of the zone under the chin in which the background's colour is clothes or a gap."""

Lab = NDArray[np.float32]
"""Height × width × 3, CIE L*a*b* with L 0–100."""
Mask = NDArray[np.bool_]
Plane = NDArray[np.float32]


def lab_of(pixels: Pixels) -> Lab:
    return np.asarray(cv2.cvtColor(pixels.astype(np.float32) / 255, cv2.COLOR_RGB2LAB), np.float32)


def difference(one: Lab, other: Lab | NDArray[np.float32]) -> Plane:
    """ΔE (CIE 76) of each pixel."""
    apart = one - other
    return np.asarray(np.sqrt(np.einsum("...c,...c->...", apart, apart)), np.float32)


def carried(image: Lab, known: Mask, reach: int) -> tuple[Lab, Mask]:
    """The mean colour of the known pixels within `reach` pixels of each pixel, and where there are any."""
    side = (2 * reach + 1, 2 * reach + 1)
    weight = known.astype(np.float32)
    mass = cv2.blur(weight, side)
    total = cv2.blur(image * weight[..., None], side)
    return np.asarray(total / np.maximum(mass, 1e-6)[..., None], np.float32), mass > 1e-4


def largest_piece(mask: Mask) -> int:
    """Pixels of the largest connected component; 0 when there is none."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    return int(stats[1:, cv2.CC_STAT_AREA].max(initial=0))


def opened(mask: Mask, side: int) -> Mask:
    """The mask without parts narrower than `side` pixels (morphological opening)."""
    return cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, np.ones((side, side), np.uint8)) > 0


@dataclass(frozen=True)
class Evidence:
    """A candidate, and the framed photo that it was made from."""

    candidate: Pixels
    """At the provider's size."""
    framed: FramedHead
    background: tuple[int, int, int]
    """The requested colour, sRGB."""

    @cached_property
    def pixels(self) -> Pixels:
        return _half(self.candidate)

    @cached_property
    def photo(self) -> Pixels:
        return _half(self.framed.pixels)

    @cached_property
    def keep(self) -> Alpha:
        return _half(self.framed.keep)

    @cached_property
    def person(self) -> Alpha:
        return _half(self.framed.person)

    @cached_property
    def lab(self) -> Lab:
        return lab_of(self.pixels)

    @cached_property
    def photo_lab(self) -> Lab:
        return lab_of(self.photo)

    @cached_property
    def head(self) -> Head:
        return head_of(self.framed.face, *SIZE)

    @cached_property
    def positions(self) -> tuple[Plane, Plane]:
        """Each pixel's position on the head, (across, below), in eye distances."""
        y, x = np.mgrid[: SIZE[1], : SIZE[0]].astype(np.float32)
        return self.head.position(x, y)

    @property
    def across(self) -> Plane:
        return self.positions[0]

    @property
    def below(self) -> Plane:
        return self.positions[1]

    @property
    def unit(self) -> float:
        """Eye distance in pixels of the planes."""
        return self.head.unit

    @property
    def area(self) -> float:
        """Pixels of one squared eye distance, the unit of areas."""
        return self.head.unit**2

    @cached_property
    def own(self) -> Mask:
        """Where the candidate shows the photo's own pixels."""
        return np.asarray((difference(self.lab, self.photo_lab) < OWN) & self.figure)

    @cached_property
    def skin(self) -> Mask:
        """Skin-coloured pixels of the candidate, by the range of this face."""
        return bare_skin(self.pixels, self.head, darkest=0.45)

    @cached_property
    def border(self) -> Mask:
        """Background by position: the outer tenth left and right down to the mouth, and a strip above, without hair."""
        width, height = SIZE
        band = np.zeros((height, width), np.bool_)
        mouth = int(np.clip(self.head.at(0, 1.0)[1], height // 5, height - 1))
        band[:mouth, : width // 10] = band[:mouth, -width // 10 :] = True
        band[: height // 24] = True
        return np.asarray(band & (cv2.dilate(self.keep, np.ones((9, 9), np.uint8)) == 0))

    @cached_property
    def ground_lab(self) -> Lab:
        """The background's smooth colour everywhere: a plane in L*, a* and b* fitted to the border."""
        y, x = np.mgrid[: SIZE[1], : SIZE[0]].astype(np.float32)
        terms = np.stack((np.ones_like(x), x / SIZE[0] - 0.5, y / SIZE[1] - 0.5), axis=-1)
        known = self.border if self.border.any() else np.ones_like(self.border)
        values = self.lab[known]
        median = np.median(values, axis=0)
        usual = difference(values, median) < 15
        if usual.sum() < 100:
            return np.broadcast_to(median, self.lab.shape).astype(np.float32)
        slopes, *_ = np.linalg.lstsq(terms[known][usual], values[usual], rcond=None)
        # Half the slope, since there is no border further down and an extrapolated slope would grow too far.
        slopes[1:] *= 0.5
        slopes[0] = median
        return np.asarray(terms @ slopes, np.float32)

    @cached_property
    def away(self) -> Plane:
        """ΔE of each pixel from the background's smooth colour."""
        weights = np.array((SHADING, 1, 1), np.float32)
        return difference(self.lab * weights, self.ground_lab * weights)

    @cached_property
    def ground(self) -> Mask:
        """The plain background: pixels of its colour, connected to the picture's border, or in a large island outside
        the clothes.
        """
        alike = opened(self.away < GROUND, 3) & ~self._shirt_front
        _, labels, stats, _ = cv2.connectedComponentsWithStats(alike.astype(np.uint8), connectivity=4)
        edge = np.concatenate((labels[0], labels[:, 0], labels[:, -1]))
        clothes = (self.below > self.head.chin) & (np.abs(self.across) < THROAT)
        inside = set(np.unique(labels[clothes]))
        islands = {
            label
            for label in range(1, len(stats))
            if stats[label, cv2.CC_STAT_AREA] > 0.01 * self.area and label not in inside
        }
        joined = np.isin(labels, [label for label in {*np.unique(edge), *islands} if label])
        near, further = (cv2.dilate(joined.astype(np.uint8), np.ones((side, side), np.uint8)) > 0 for side in (3, 9))
        return np.asarray((near | (further & self._shirt_front)) & (self.away < GROUND))

    @property
    def _shirt_front(self) -> Mask:
        """The region around shirt or blouse. Their colour may be the background's, and must not be connected to it."""
        across, below = np.abs(self.across), self.below - self.head.chin - 0.15
        beside = (np.abs(across - THROAT) < 0.04) & (below > 0)
        return np.asarray(beside | ((across < THROAT) & (np.abs(below) < 0.04)))

    @cached_property
    def figure(self) -> Mask:
        """Person and clothes as the picture shows them."""
        return ~self.ground

    @cached_property
    def outline(self) -> NDArray[Any]:
        """The figure's largest contour, N × 2 pixels (x, y)."""
        return longest_contour(self.figure)


def longest_contour(mask: Mask) -> NDArray[Any]:
    contours, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    longest = max(contours, key=len, default=np.zeros((0, 1, 2), np.int32))
    return np.asarray(longest).reshape(-1, 2)


def _half(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    if image.shape[1] == SIZE[0]:
        return image
    return np.asarray(cv2.resize(image, SIZE, interpolation=cv2.INTER_AREA), np.uint8)
