"""The studio: camera, lights, meshes, renders. Runs inside Blender (`bpy`)."""

from __future__ import annotations

import math
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy
import mathutils
import numpy as np
from numpy.typing import NDArray

from wardrobe import cloth
from wardrobe.frame import BOTTOM, HALF_WIDTH, PIXELS_PER_CM, TOP
from wardrobe.geometry import Array
from wardrobe.sheet import Sheet

DISTANCE, PLANE = 180.0, -7.0
"""The camera's distance from the neck's axis, and the depth at which the frame's scale holds, cm."""
POWER = 1.0e4


@dataclass(frozen=True)
class Lamp:
    """A rectangular softbox; place, aim and size in cm."""

    place: tuple[float, float, float]
    size: float
    power: float
    colour: tuple[float, float, float]
    aim: tuple[float, float, float] = (0.0, 0.0, -14.0)


LEFT, RIGHT, BOTH = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (1.0, 1.0, 0.0)
"""Both lights are rendered at once: what the left set lights is red, what the right set lights is green."""
LAMPS = (
    Lamp((-75, -120, 140), 75, 38, LEFT),
    Lamp((105, -170, 40), 110, 7.0, LEFT),
    Lamp((75, -120, 140), 75, 38, RIGHT),
    Lamp((-105, -170, 40), 110, 7.0, RIGHT),
    Lamp((0, 110, 130), 100, 9, BOTH, (0, 0, -8)),
)
AMBIENT = 0.13


@dataclass(frozen=True)
class Quality:
    scale: float
    """Share of the plate's resolution."""
    samples: int
    threshold: float


DRAFT = Quality(0.5, 10, 0.1)
TRIAL = Quality(1.0, 8, 0.1)
FINAL = Quality(1.0, 16, 0.05)


@dataclass(frozen=True)
class Region:
    """Part of the frame, in cm around the chin."""

    left: float
    right: float
    top: float
    bottom: float


@dataclass(frozen=True)
class Thing:
    mesh: Any
    sheet: Sheet
    around_neck: bool = False
    """Part of a collar."""


class Studio:
    def __init__(self, quality: Quality) -> None:
        bpy.ops.wm.read_factory_settings(use_empty=True)
        self.quality = quality
        self.scene = bpy.context.scene
        self._settings()
        self._camera()
        for lamp in LAMPS:
            _light(lamp)
        world = bpy.data.worlds.new("world")
        self.scene.world = world
        world.use_nodes = True
        world.node_tree.nodes["Background"].inputs["Color"].default_value = (1, 1, 0, 1)
        world.node_tree.nodes["Background"].inputs["Strength"].default_value = AMBIENT

    def _settings(self) -> None:
        render, cycles = self.scene.render, self.scene.cycles
        render.engine, cycles.device = "CYCLES", "CPU"
        cycles.denoiser = "OPENIMAGEDENOISE"
        cycles.diffuse_bounces, cycles.glossy_bounces = 3, 2
        cycles.filter_width = 1.3
        render.film_transparent = True
        render.use_persistent_data = True
        render.resolution_x = round(2 * HALF_WIDTH * PIXELS_PER_CM * self.quality.scale)
        render.resolution_y = round((TOP - BOTTOM) * PIXELS_PER_CM * self.quality.scale)
        image = render.image_settings
        image.file_format, image.color_mode, image.color_depth = "OPEN_EXR", "RGBA", "32"
        self.scene.view_settings.view_transform = "Standard"

    def _camera(self) -> None:
        lens = bpy.data.cameras.new("camera")
        camera = bpy.data.objects.new("camera", lens)
        bpy.context.collection.objects.link(camera)
        height = 5.0
        camera.location, camera.rotation_euler = (0, -DISTANCE, height), (math.pi / 2, 0, 0)
        lens.sensor_fit, lens.sensor_width = "HORIZONTAL", 36.0
        lens.lens = 36.0 * (DISTANCE + PLANE) / (2 * HALF_WIDTH)
        lens.shift_y = ((TOP + BOTTOM) / 2 - height) / (2 * HALF_WIDTH)
        lens.clip_end = 1000
        self.scene.camera = camera

    def crop(self, region: Region) -> None:
        """Render only this part of the frame; the rest stays empty."""
        render = self.scene.render
        render.use_border, render.use_crop_to_border = True, False
        render.border_min_x, render.border_max_x = ((x / HALF_WIDTH + 1) / 2 for x in (region.left, region.right))
        render.border_min_y, render.border_max_y = ((z - BOTTOM) / (TOP - BOTTOM) for z in (region.bottom, region.top))

    def lay(self, sheet: Sheet, *, around_neck: bool = False) -> Thing:
        return Thing(_mesh(sheet), sheet, around_neck)

    def light(self, things: Iterable[Thing], *, gloss: bool) -> NDArray[np.float32]:
        """What the cloths throw back of the left light (red) and the right one (green), and the cover: H × W × 4.

        Premultiplied. Diffuse light is given as if every cloth were white.
        """
        for thing in things:
            material = cloth.CLOTHS[thing.sheet.material or thing.sheet.part]
            thing.mesh.data.materials[0] = cloth.woven(material, thing.sheet.turn, gloss=gloss)
        cycles = self.scene.cycles
        cycles.use_denoising, cycles.use_adaptive_sampling = True, True
        cycles.samples, cycles.max_bounces = self.quality.samples, 1 if gloss else 3
        cycles.adaptive_threshold = self.quality.threshold
        return self._shoot("gloss" if gloss else "light")

    def masks(self, things: Iterable[Thing], colours: dict[str, tuple[float, float, float]]) -> NDArray[np.float32]:
        """Each part in its colour, black where none is named. Premultiplied, H × W × 4."""
        for thing in things:
            thing.mesh.data.materials[0] = cloth.flat(colours.get(thing.sheet.part, (0, 0, 0)))
        return self._flat("mask")

    def figures(self, things: Iterable[Thing]) -> NDArray[np.float32]:
        """A tie's stripes (red) and dots (green)."""
        for thing in things:
            tie = thing.sheet.part == "tie"
            knot = thing.sheet.material == "knot"
            thing.mesh.data.materials[0] = cloth.figured(70.0 if knot else 0.0) if tie else cloth.flat((0, 0, 0))
        return self._flat("figures")

    def _flat(self, what: str) -> NDArray[np.float32]:
        cycles = self.scene.cycles
        cycles.use_denoising, cycles.use_adaptive_sampling = False, False
        cycles.samples, cycles.max_bounces = 32, 0
        return self._shoot(what)

    def _shoot(self, what: str) -> NDArray[np.float32]:
        began = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            self.scene.render.filepath = str(Path(folder) / "shot.exr")
            bpy.ops.render.render(write_still=True)
            picture = bpy.data.images.load(self.scene.render.filepath)
            width, height = picture.size
            pixels = np.empty(width * height * 4, np.float32)
            picture.pixels.foreach_get(pixels)
            bpy.data.images.remove(picture)
        print(f"{what}: {time.monotonic() - began:.0f} s", flush=True)
        return pixels.reshape(height, width, 4)[::-1].copy()


def show(things: Iterable[Thing], *, camera: bool, holdout: bool = False) -> None:
    """Whether the camera sees them; `holdout` hides what lies behind them. Light meets them always."""
    for thing in things:
        thing.mesh.visible_camera, thing.mesh.is_holdout = camera, holdout


def _light(lamp: Lamp) -> None:
    light = bpy.data.lights.new("softbox", "AREA")
    light.shape, light.size, light.energy, light.color = "SQUARE", lamp.size, lamp.power * POWER, lamp.colour
    thing = bpy.data.objects.new("softbox", light)
    bpy.context.collection.objects.link(thing)
    thing.location = lamp.place
    direction = mathutils.Vector(lamp.aim) - mathutils.Vector(lamp.place)
    thing.rotation_euler = direction.to_track_quat("-Z", "Y").to_euler()


def _mesh(sheet: Sheet) -> Any:
    rows, columns = sheet.points.shape[:2]
    index = np.arange(rows * columns).reshape(rows, columns)
    corners = (index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1])
    faces = np.stack(corners, -1).reshape(-1, 4)
    if sheet.keep is not None:
        faces = faces[sheet.keep.reshape(-1)[faces].all(1)]
    mesh = bpy.data.meshes.new(sheet.part)
    mesh.vertices.add(rows * columns)
    mesh.vertices.foreach_set("co", sheet.points.astype(np.float32).ravel())
    mesh.loops.add(faces.size)
    mesh.loops.foreach_set("vertex_index", faces.astype(np.int32).ravel())
    mesh.polygons.add(len(faces))
    mesh.polygons.foreach_set("loop_start", np.arange(0, faces.size, 4, dtype=np.int32))
    mesh.update(calc_edges=True)
    layer = mesh.uv_layers.new(name="cloth")
    layer.data.foreach_set(
        "uv", cloth.cloth_coordinates(sheet.points).reshape(-1, 2)[faces.ravel()].astype(np.float32).ravel()
    )
    mesh.polygons.foreach_set("use_smooth", np.ones(len(faces), bool))
    mesh.validate()
    mesh.update()
    thing = bpy.data.objects.new(sheet.part, mesh)
    bpy.context.collection.objects.link(thing)
    thing.data.materials.append(bpy.data.materials.new("blank"))
    if sheet.thickness:
        solid = thing.modifiers.new("thickness", "SOLIDIFY")
        solid.thickness, solid.offset = sheet.thickness, sheet.offset
        if sheet.bevel:
            edge = thing.modifiers.new("edge", "BEVEL")
            edge.width, edge.segments, edge.limit_method = sheet.bevel, 3, "ANGLE"
            edge.angle_limit = math.radians(60)
    return thing


def outline(points: Array) -> Array:
    """Points of the model in pixels of the frame."""
    scale = (DISTANCE + PLANE) / (DISTANCE + points[..., 1])
    x = points[..., 0] * scale
    z = 5.0 + (points[..., 2] - 5.0) * scale
    return np.stack([(x + HALF_WIDTH) * PIXELS_PER_CM, (TOP - z) * PIXELS_PER_CM], -1)
