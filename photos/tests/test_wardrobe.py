"""The clothes: plates from the project's own workshop, dyed when they are put on."""

from __future__ import annotations

import json
import shutil
import tracemalloc
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from photos.outpainting import wardrobe
from wardrobe import plates
from workers.errors import Misconfigured

MEBIBYTE = 2**20


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the plates and looks that a test may spoil."""
    shutil.copytree(wardrobe.PLATES, tmp_path / "plates")
    shutil.copy(wardrobe.LOOKS, tmp_path / "looks.toml")
    monkeypatch.setattr(wardrobe, "PLATES", tmp_path / "plates")
    monkeypatch.setattr(wardrobe, "LOOKS", tmp_path / "looks.toml")
    monkeypatch.setattr(plates, "PLATES", tmp_path / "plates")
    monkeypatch.setattr(plates, "MANIFEST", tmp_path / "plates/manifest.json")
    _forget()
    return tmp_path


def _forget() -> None:
    for kept in (wardrobe._told, wardrobe.looks, wardrobe._description, wardrobe._dyed):
        kept.cache_clear()


@pytest.fixture(autouse=True)
def _fresh() -> object:
    yield
    _forget()


def test_every_look_can_be_worn() -> None:
    # Given every look
    for name in wardrobe.looks():
        # When it is loaded
        garment = wardrobe.load(name)
        # Then the throat is bare down to the neckline, and dressed from there to the lower edge
        middle, chin = (round(value) for value in garment.fit.chin)
        depth = round(garment.fit.depth)
        cover = garment.front[..., 3]
        assert cover[: chin + depth - 10, middle].max() < 128, name
        assert cover[chin + depth + 10 :, middle].min() > 250, name
        # And jacket and inner garment are seen, the collar goes around behind the neck
        assert (garment.parts["jacket"] > 250).mean() > 0.25, name
        assert (garment.parts["shirt"] > 250).mean() > 0.01, name
        assert garment.back[chin - 20 : chin + 120, middle, 3].max() > 250, name


def test_whoever_one_is_there_are_looks_in_three_colours() -> None:
    # Given all looks
    colours = Counter(look.family for look in wardrobe.looks().values())
    # When a person is taken for a woman, a man, or neither
    for gender in ("female", "male", None):
        families = wardrobe.families(gender)
        # Then there is something to wear, in navy, charcoal and black, high and low
        assert families
        assert all(colours[family] == 3 for family in families)
        depths = [wardrobe.fit(f"{family}_navy").depth for family in families]
        assert min(depths) <= 5 * wardrobe.PIXELS_PER_CM


def test_light_comes_from_the_side_that_is_asked_for() -> None:
    # Given one look
    # When it is lit from the left, from the right, and evenly
    left, even, right = (wardrobe.load("suit_tie_charcoal", light) for light in (-1, 0, 1))
    # Then its sides take turns, and even lies between
    halves = [_brightness(garment) for garment in (left, even, right)]
    assert halves[0][0] > halves[0][1]
    assert halves[2][0] < halves[2][1]
    assert halves[0][0] > halves[1][0] > halves[2][0]
    # And the cloth stays where it is: a right light is no mirrored left light
    assert np.array_equal(left.front[..., 3], right.front[..., 3])
    mirrored = left.front[:, ::-1, 3]
    assert (np.abs(mirrored.astype(int) - right.front[..., 3]) > 128).sum() > 200


def _brightness(garment: wardrobe.Garment) -> tuple[float, float]:
    jacket = garment.parts["jacket"] > 250
    luma = garment.front[..., :3].mean(2)
    middle = wardrobe.WIDTH // 2
    return float(luma[:, :middle][jacket[:, :middle]].mean()), float(luma[:, middle:][jacket[:, middle:]].mean())


def test_a_colour_is_data(elsewhere: Path) -> None:
    # Given the usual looks, and the same with navy dyed light blue
    usual = wardrobe.load("jacket_round_navy")
    told = wardrobe.LOOKS.read_text()
    assert "navy = { colour = [24, 32, 58]" in told
    wardrobe.LOOKS.write_text(told.replace("navy = { colour = [24, 32, 58]", "navy = { colour = [120, 150, 200]"))
    _forget()
    # When it is loaded again
    dyed = wardrobe.load("jacket_round_navy")
    # Then the jacket alone is light blue
    jacket, shirt = usual.parts["jacket"] > 250, usual.parts["shirt"] == 255
    assert dyed.front[jacket][:, 2].mean() > usual.front[jacket][:, 2].mean() + 60
    assert np.abs(dyed.front[shirt].astype(int) - usual.front[shirt]).max() <= 2
    assert np.array_equal(dyed.front[..., 3], usual.front[..., 3])


@pytest.mark.parametrize(
    ("name", "figured"), [("suit_tie_navy", True), ("suit_tie_charcoal", True), ("suit_tie_black", False)]
)
def test_ties_are_plain_striped_or_dotted(name: str, figured: bool) -> None:
    # Given a tie
    garment = wardrobe.load(name)
    # When the proportion of red to blue is looked at, which light and shade do not change much
    tie = garment.front[..., :3][garment.parts["tie"] > 250].astype(float)
    hue = (tie[:, 0] + 8) / (tie[:, 2] + 8)
    # Then a figure shows as a second colour
    assert (hue.std() / hue.mean() > 0.08) == figured


def test_shadow_lies_along_the_collar() -> None:
    # Given a look
    garment = wardrobe.load("suit_tie_navy")
    # When one goes up from the knot to the chin
    middle, chin = (round(value) for value in garment.fit.chin)
    column = garment.shade[chin : chin + round(garment.fit.depth), middle].astype(int)
    # Then the throat gets lighter
    assert column[-5] < column[len(column) // 2] <= column[0]
    assert column[-5] < 230


def test_what_the_wardrobe_costs() -> None:
    # Given the plates on disk
    on_disk = sum(path.stat().st_size for path in wardrobe.PLATES.iterdir())
    # Then they are few
    assert on_disk <= 8 * MEBIBYTE
    # When one look is loaded
    tracemalloc.start()
    garment = wardrobe.load("suit_tie_navy", 0.5)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # Then it never takes more than 60 MB, and keeps less
    assert peak <= 60 * MEBIBYTE
    kept = sum(part.nbytes for part in (garment.front, garment.back, garment.shade, *garment.parts.values()))
    assert kept <= 20 * MEBIBYTE


def test_a_plate_that_cannot_be_read_is_said_to_be_so(elsewhere: Path) -> None:
    # Given plates of which one is damaged
    (elsewhere / "plates/jacket_man-light.webp").write_bytes(b"RIFF")
    # When a look is loaded that needs it
    # Then the setting is wrong, and its name is told
    with pytest.raises(Misconfigured, match="jacket_man-light"):
        wardrobe.load("suit_tie_navy")


def test_an_unknown_dye_is_said_to_be_so(elsewhere: Path) -> None:
    # Given a look in a dye that does not exist
    told = wardrobe.LOOKS.read_text()
    wardrobe.LOOKS.write_text(told.replace('["jacket_man", "black"]', '["jacket_man", "mauve"]'))
    # When the looks are asked for
    # Then it is named
    with pytest.raises(Misconfigured, match="mauve"):
        wardrobe.looks()


def test_the_plates_are_what_the_recipe_made() -> None:
    # Given the recipe and the plates of this checkout
    # When their hashes are compared with the recorded ones
    # Then nothing has been changed without rendering anew
    assert plates.problems() == []


def _another_plate(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    path = elsewhere / "plates/tie-light.webp"
    path.write_bytes(path.read_bytes() + b"\0")
    return "tie-light.webp"


def _a_plate_less(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (elsewhere / "plates/v-masks.webp").unlink()
    return "v-masks.webp"


def _another_recipe(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    recipe = elsewhere / "wardrobe"
    shutil.copytree(plates.RECIPE, recipe)
    cut = recipe / "mannequin.py"
    cut.write_text(cut.read_text().replace("neck: float = 5.5", "neck: float = 5.6"))
    monkeypatch.setattr(plates, "RECIPE", recipe)
    return "recipe"


@pytest.mark.parametrize("changed", [_another_plate, _a_plate_less, _another_recipe])
def test_a_change_without_rendering_is_found(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch, changed: Callable[[Path, pytest.MonkeyPatch], str]
) -> None:
    # Given plates that are what the recipe made
    assert plates.problems() == []
    # When a plate, or the model, is changed by hand
    what = changed(elsewhere, monkeypatch)
    # Then it is found, and named
    (problem,) = plates.problems()
    assert what in problem


def test_plates_keep_what_was_rendered(elsewhere: Path) -> None:
    # Given a rendered piece: light that grows to the right, half covered
    height, width = wardrobe.HEIGHT, wardrobe.WIDTH
    ramp = np.broadcast_to(np.linspace(0.02, 1.2, width, dtype=np.float32), (height, width))
    cover = np.zeros((height, width), np.float32)
    cover[300:900, 200:800] = 1
    lights: dict[str, plates.Plane] = {
        "light_left": ramp,
        "light_right": ramp[:, ::-1],
        "gloss_left": np.full_like(ramp, 0.05),
        "gloss_right": np.full_like(ramp, 0.05),
    }
    # When it is encoded as a jacket and read back
    plates.encode("jacket_test", {"cover": cover, "jacket": cover, **lights})
    read = wardrobe._Plate.read("jacket_test")
    # Then light and place are as rendered
    assert np.array_equal(read.whole("cover") > 128, cover > 0.5)
    rows, columns = read.rectangle
    lit = read.lit("light", -1.0, slice(None))
    assert np.abs(lit / ramp[rows, columns] - 1)[50:-50, 50:-50].mean() < 0.02
    box = json.loads((elsewhere / "plates/jacket_test.json").read_text())["box"]
    assert box == [194, 294, 612, 612]


@pytest.mark.parametrize(("wide", "depth"), [(3, 100), (20, 160)])
def test_a_slit_between_a_collars_ends_bares_no_throat(wide: int, depth: int) -> None:
    # Given a collar 100 pixels under the chin, open for so many pixels down to 160
    middle, chin = (round(value) for value in wardrobe.CHIN)
    cover = np.zeros((wardrobe.HEIGHT, wardrobe.WIDTH), np.float32)
    cover[chin + 100 :, middle - 100 : middle + 100] = 1
    cover[: chin + 160, middle - wide // 2 : middle - wide // 2 + wide] = 0
    # When its depth is measured
    # Then a narrow slit does not count, an open collar does
    assert plates.fit("stand", cover)["depth"] == depth
