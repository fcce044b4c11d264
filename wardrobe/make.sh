#!/bin/sh
# Renders the wardrobe and writes its plates; pieces by name, all where none is named. See README.md beside this.
set -eu
cd "$(dirname -- "$0")/.."
: "${BLENDER_PYTHON:?the Python that has bpy: wardrobe/README.md}"
renders=${WARDROBE_RENDERS:-$(mktemp -d)}
nice -n 19 "$BLENDER_PYTHON" -m wardrobe.render "$renders" "$@"
.venv/bin/python -m wardrobe.plates "$renders"
