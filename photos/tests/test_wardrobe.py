"""The clothes: plates from the project's own workshop, dyed when they are put on."""

from __future__ import annotations

import shutil
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from photos.outpainting import wardrobe
from wardrobe import plates
from workers.errors import Misconfigured

LOOKS = tuple(wardrobe.looks())


@pytest.mark.parametrize("name", LOOKS)
def test_every_look_can_be_worn(name: str) -> None:
    # Given a look
    # When it is loaded
    garment = wardrobe.load(name)
    # Then jacket and inner garment are there, and the throat is bare down to the neckline
    fit = garment.fit
    middle, chin = (round(value) for value in fit.chin)
    cover = garment.front[..., 3]
    assert cover[:, middle][: chin + round(fit.depth) - 20].max() == 0
    assert cover[chin + round(fit.depth) + 40 :, middle].min() > 250
    assert (garment.parts["jacket"] > 250).mean() > 0.25
    assert (garment.parts["shirt"] > 250).mean() > 0.01
    # And the collar goes around behind the neck
    behind = garment.back[..., 3][chin : chin + 60, middle]
    assert behind.max() > 250
