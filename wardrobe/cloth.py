"""The cloths: relief and gloss of each, without a dye. Runs inside Blender."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import bpy

from wardrobe.geometry import Array


@dataclass(frozen=True)
class Cloth:
    """Threads and relief in centimetres; `grain` in threads per cm."""

    albedo: float
    """Share of light thrown back while rendering: near that of the usual dyes, for the light between folds."""
    rough: float = 0.7
    specular: float = 0.25
    sheen: float = 0.0
    grain: float = 30.0
    weave: float = 0.0
    twill: float = 0.0
    wrinkle: float = 0.0
    melange: float = 0.0
    """How unevenly the fibres take the dye."""


WOOL = Cloth(
    albedo=0.035,
    rough=0.62,
    specular=0.24,
    sheen=0.03,
    grain=26.0,
    weave=0.020,
    twill=0.005,
    wrinkle=0.26,
    melange=0.34,
)
COTTON = Cloth(albedo=0.78, rough=0.75, grain=34.0, weave=0.003, wrinkle=0.09)
SILK = Cloth(albedo=0.06, rough=0.45, specular=0.5, sheen=0.05, grain=30.0, weave=0.003, twill=0.004)

CLOTHS = {
    "jacket": WOOL,
    "lining": Cloth(albedo=0.04, rough=0.5, specular=0.4, weave=0.002),
    "thread": Cloth(albedo=0.025, rough=0.6),
    "button": Cloth(albedo=0.03, rough=0.28, specular=0.5),
    "shirt": COTTON,
    "collar": Cloth(albedo=0.78, rough=0.75, grain=34.0, weave=0.003, wrinkle=0.04),
    "shirt_button": Cloth(albedo=0.8, rough=0.25, specular=0.5),
    "tie": SILK,
    "knot": SILK,
    "skin": Cloth(albedo=0.40, rough=0.6),
}


class _Nodes:
    """A material's node tree, with less writing."""

    def __init__(self, name: str) -> None:
        self.material = bpy.data.materials.new(name)
        self.material.use_nodes = True
        self.tree = self.material.node_tree
        self.tree.nodes.clear()
        self.end = self.tree.nodes.new("ShaderNodeOutputMaterial")

    def new(self, kind: str, inputs: dict[str, Any] | None = None, **settings: Any) -> Any:
        node = self.tree.nodes.new(kind)
        for name, value in settings.items():
            setattr(node, name, value)
        for name, value in (inputs or {}).items():
            node.inputs[name].default_value = value
        return node

    def link(self, source: Any, output: str | int, target: Any, into: str | int) -> None:
        self.tree.links.new(source.outputs[output], target.inputs[into])


def woven(cloth: Cloth, turn: float, *, gloss: bool) -> Any:
    """The material: only what is thrown back diffusely, or only what is mirrored (`gloss`)."""
    nodes = _Nodes("cloth")
    place = nodes.new("ShaderNodeTexCoord")
    turned = nodes.new("ShaderNodeMapping", {"Rotation": (0, 0, math.radians(turn))})
    nodes.link(place, "UV", turned, "Vector")
    shader = nodes.new("ShaderNodeBsdfPrincipled", {"Roughness": cloth.rough})
    if gloss:
        shader.inputs["Base Color"].default_value = (0, 0, 0, 1)
        shader.inputs["Specular IOR Level"].default_value = cloth.specular
        if cloth.sheen:
            shader.inputs["Sheen Weight"].default_value = cloth.sheen
            shader.inputs["Sheen Roughness"].default_value = 0.45
    else:
        shader.inputs["Specular IOR Level"].default_value = 0.0
        _dyed_unevenly(nodes, turned, shader, cloth)
    relief = _relief(nodes, place, turned, cloth)
    if relief:
        nodes.link(relief, "Normal", shader, "Normal")
    nodes.link(shader, 0, nodes.end, 0)
    return nodes.material


def _dyed_unevenly(nodes: _Nodes, turned: Any, shader: Any, cloth: Cloth) -> None:
    colour: Any = nodes.new("ShaderNodeRGB")
    colour.outputs[0].default_value = (cloth.albedo, cloth.albedo, cloth.albedo, 1)
    if cloth.melange:
        # Fibres, and slubs: threads lighter or darker than their neighbours, along both directions of the weave.
        textures = (
            ((1, 1, 1), 9.0, 5.0, 0.75, 0.25, 1.0),
            ((1.6, 11, 1), 1.0, 2.0, 0.6, 0.3, 0.45),
            ((9, 1.3, 1), 1.0, 2.0, 0.6, 0.3, 0.45),
        )
        for stretch, scale, detail, roughness, low, share in textures:
            drawn = nodes.new("ShaderNodeMapping", {"Scale": stretch})
            nodes.link(turned, "Vector", drawn, "Vector")
            fibres = nodes.new("ShaderNodeTexNoise", {"Scale": scale, "Detail": detail, "Roughness": roughness})
            nodes.link(drawn, "Vector", fibres, "Vector")
            spread = share * cloth.melange
            dye = nodes.new(
                "ShaderNodeMapRange", {"From Min": low, "From Max": 1 - low, "To Min": 1 - spread, "To Max": 1 + spread}
            )
            nodes.link(fibres, 0, dye, "Value")
            scaled = nodes.new("ShaderNodeVectorMath", operation="SCALE")
            nodes.link(colour, 0, scaled, 0)
            nodes.link(dye, "Result", scaled, "Scale")
            colour = scaled
    nodes.link(colour, 0, shader, "Base Color")


def _relief(nodes: _Nodes, place: Any, turned: Any, cloth: Cloth) -> Any | None:
    layers = []
    if cloth.wrinkle:
        soft = nodes.new("ShaderNodeTexNoise", {"Scale": 0.35, "Detail": 3.0, "Roughness": 0.45})
        nodes.link(place, "Object", soft, "Vector")
        layers.append((soft, cloth.wrinkle))
    if cloth.twill:
        lines = nodes.new(
            "ShaderNodeTexWave",
            {"Scale": cloth.grain / 20, "Distortion": 1.2, "Detail": 2.0},
            bands_direction="DIAGONAL",
        )
        nodes.link(turned, "Vector", lines, "Vector")
        layers.append((lines, cloth.twill))
    if cloth.weave:
        fuzz = nodes.new("ShaderNodeTexNoise", {"Scale": cloth.grain, "Detail": 3.0, "Roughness": 0.7})
        nodes.link(turned, "Vector", fuzz, "Vector")
        layers.append((fuzz, cloth.weave))
    previous = None
    for texture, height in layers:
        relief = nodes.new("ShaderNodeBump", {"Strength": 1.0, "Distance": height})
        nodes.link(texture, "Fac" if "Fac" in texture.outputs else 0, relief, "Height")
        if previous:
            nodes.link(previous, "Normal", relief, "Normal")
        previous = relief
    return previous


def flat(colour: tuple[float, float, float]) -> Any:
    """Shows one colour whatever the light, for masks."""
    nodes = _Nodes("mask")
    glow = nodes.new("ShaderNodeEmission", {"Color": (*colour, 1)})
    nodes.link(glow, 0, nodes.end, 0)
    return nodes.material


FIGURES = {"stripe": (2.6, 0.30), "dot": (0.95, 0.30)}
"""Period in cm, and the figure's share of it."""


def figured(turn: float) -> Any:
    """Masks of a tie's figures: red = stripes, green = dots. Every second row of dots is shifted by half a period."""
    nodes = _Nodes("figures")
    place = nodes.new("ShaderNodeTexCoord")
    turned = nodes.new("ShaderNodeMapping", {"Rotation": (0, 0, math.radians(turn))})
    nodes.link(place, "UV", turned, "Vector")
    axes = nodes.new("ShaderNodeSeparateXYZ")
    nodes.link(turned, "Vector", axes, "Vector")

    def calculate(operation: str, first: Any, second: Any = None, third: float | None = None) -> Any:
        node = nodes.new("ShaderNodeMath", operation=operation)
        for index, value in enumerate((first, second, third)):
            if isinstance(value, int | float):
                node.inputs[index].default_value = value
            elif value is not None:
                nodes.tree.links.new(value, node.inputs[index])
        return node.outputs[0]

    def wave(value: Any, period: float) -> Any:
        return calculate("COSINE", calculate("MULTIPLY", value, 2 * math.pi / period))

    def sharp(value: Any, low: float, high: float) -> Any:
        node = nodes.new("ShaderNodeMapRange", {"From Min": low, "From Max": high})
        nodes.tree.links.new(value, node.inputs["Value"])
        return node.outputs[0]

    x, y = axes.outputs[0], axes.outputs[1]
    diagonal = calculate("ADD", calculate("MULTIPLY", x, 0.78), calculate("MULTIPLY", y, 0.62))
    period, share = FIGURES["stripe"]
    edge = math.cos(math.pi * share)
    stripe = sharp(wave(diagonal, period), edge - 0.06, edge + 0.06)
    period, share = FIGURES["dot"]
    # The sum of two waves along the diagonals has its hills on a lattice turned by 45 degrees.
    hills = calculate("ADD", wave(x, period), wave(y, period))
    edge = 2 * math.cos(math.pi * share * 0.72)
    dot = sharp(hills, edge - 0.12, edge + 0.12)
    colour = nodes.new("ShaderNodeCombineColor")
    nodes.tree.links.new(stripe, colour.inputs[0])
    nodes.tree.links.new(dot, colour.inputs[1])
    glow = nodes.new("ShaderNodeEmission")
    nodes.link(colour, 0, glow, "Color")
    nodes.link(glow, 0, nodes.end, 0)
    return nodes.material


def cloth_coordinates(points: Array) -> Array:
    """Centimetres along the sheet's rows and columns, for a weave that follows the piece: rows × columns × 2."""
    import numpy as np

    across = np.r_[0, np.cumsum(np.linalg.norm(np.diff(points, axis=1), axis=-1).mean(0))]
    down = np.r_[0, np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=-1).mean(1))]
    return np.stack(np.meshgrid(across, down), -1)
