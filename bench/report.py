"""Tables in bench/README.md, between the two comments that name them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

README = Path(__file__).resolve().parent / "README.md"


def write_section(name: str, lines: Sequence[str]) -> None:
    """Put the lines between `<!-- name -->` and `<!-- end -->`. Raises ValueError where there is no such place."""
    text = README.read_text()
    place = re.compile(rf"(<!-- {re.escape(name)} -->\n).*?(<!-- end -->)", re.DOTALL)
    if not place.search(text):
        raise ValueError(f"bench/README.md has no place for {name!r}")
    table = "\n".join(lines) + "\n"
    README.write_text(place.sub(lambda found: f"{found[1]}{table}{found[2]}", text))
