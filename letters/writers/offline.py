"""STAND-IN by the lead until the real module is written: overwrite this file."""

import time

from django.conf import settings

from letters.markers import MARKERS


class OfflineWriter:
    name = "offline"
    model = "stand-in"

    def write(self, brief, numbers, seed=0):
        pace = settings.OFFLINE_WRITER_CHARACTERS_PER_SECOND
        for number in numbers:
            text = MARKERS[number - 1] + "\n" + f"{brief.company.name}에 지원합니다. {number} " * 40 + "\n"
            for i in range(0, len(text), 12):
                yield text[i : i + 12]
                time.sleep(12 / pace)
