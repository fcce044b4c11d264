"""What the judge measures on portraits graded by eye and on scripted faults of the good ones: calibration.csv anew.

    python -m bench.portraits_judged FOLDER

FOLDER holds one `NAME.npz` for each person (the framed photo, its masks and face, and its portraits in three suits,
`c1` to `c3`), and
`grades.txt` with a word `NAME:GRADE` for each, `g` = would be handed in, `l` = in doubt, `b` = would not. Names that
begin with `h` are held out: nothing was tuned on these people. The pictures stay outside of the repository; the file
holds numbers only; of a fault, those of the measures that may name it.
"""

from __future__ import annotations

import csv
import json
import os
import sys
import zlib
from pathlib import Path

import django
import numpy as np

GRADES = {"g": "good", "l": "doubt", "b": "bad"}
COLUMNS = ("person", "held_out", "kind")
OUT = Path(__file__).parents[1] / "photos" / "judging" / "calibration.csv"


def main(folder: Path) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "resume_site.settings")
    django.setup()
    from bench.portrait_faults import FAULTS, HELD_OUT, spoiled
    from photos.detection.finder import finder
    from photos.framing import BACKGROUND
    from photos.judging import judge, thresholds
    from photos.types import Face, FramedHead

    faults = {**FAULTS, **HELD_OUT}
    grades = dict(word.split(":") for word in (folder / "grades.txt").read_text().split())
    names = sorted(name for name in grades if (folder / f"{name}.npz").exists())
    with OUT.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow((*COLUMNS, *thresholds()))
        for person, name in enumerate(names, start=1):
            stored = np.load(folder / f"{name}.npz")
            face = Face.from_json(json.loads(str(stored["face"])))
            framed = FramedHead(stored["pixels"], stored["keep"], stored["person"], face, float(stored["enl"]))
            held_out = name.startswith("h")
            portraits = [(GRADES[grades[name]], (stored["c1"], framed))]
            if grades[name] == "g":
                # The other two suits on the same head.
                portraits += [("good", (stored[key], framed)) for key in ("c2", "c3")]
                for fault in (*FAULTS, *(HELD_OUT if held_out else ())):
                    seed = zlib.crc32(f"{name} {fault}".encode())
                    portraits.append((fault, spoiled(fault, stored["c1"], framed, seed)))
            for kind, (pixels, beside) in portraits:
                measures = judge(pixels, beside, BACKGROUND, finder().faces).measures
                told = faults[kind].measures if kind in faults else thresholds()
                values = (f"{measures[name]:.4g}" if name in told else "" for name in thresholds())
                rows.writerow((person, int(held_out), kind, *values))
            print(person, held_out, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
