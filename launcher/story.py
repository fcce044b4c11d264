"""The state of a résumé as the event stream has reported it, and its output in a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TextIO

Json = dict[str, Any]

PHOTO_STATES = {
    "queued": "waiting",
    "detecting": "looking for the face",
    "masking": "cutting out the head",
    "painting": "painting suit and background",
    "done": "done",
}
DELAYS = {
    "provider": "held while its provider is away; nothing is lost",
    "no_worker": "paused until a worker is back; nothing is lost",
}
"""Texts by the reason for waiting, when the duration is unknown."""


class Story:
    """Applies events to states and texts as the API specifies, and prints what is new.

    Texts are kept by letter version and section. A snapshot sets a text, a delta appends to it, a reset empties it.
    """

    def __init__(self, terminal: TextIO) -> None:
        self._terminal = terminal
        self._midline = False
        self._delayed: list[str] = []
        self._texts: dict[tuple[int, int], str] = {}
        self._titles: dict[tuple[int, int], str] = {}
        self._headed: tuple[int, int] | None = None
        self._face_told = False
        self._candidates: set[int] = set()
        self._advised: set[str] = set()
        self.photo_state = "queued"
        self.letter_state: str | None = None
        self.is_done = False

    @property
    def photo_accepted(self) -> bool:
        return self.photo_state in ("masking", "painting", "done")

    def text(self, version: int, section: int) -> str:
        return self._texts.get((version, section), "")

    def recommend(self, recommendations: Sequence[Json]) -> None:
        for recommendation in recommendations:
            company = recommendation["company"]
            matched = ", ".join(recommendation["matched"])
            self._line(f"fits: {company['name']} ({company['slug']}) {recommendation['score']:.1f}: {matched}")

    def hear(self, event: str, data: Json) -> None:
        match event:
            case "snapshot":
                self._snapshot(data)
            case "photo.state":
                self._photo(data)
            case "photo.face":
                self._face(data)
            case "photo.mask":
                self._line("photo: mask ready")
            case "photo.advice":
                self._advice(data["advice"])
            case "photo.candidate":
                self._candidate(data)
            case "letter.state":
                self._letter(data)
            case "letter.section":
                self._titles[data["version"], data["section"]] = data["title"]
            case "letter.delta":
                self._delta((data["version"], data["section"]), data["text"])
            case "letter.reset":
                self._reset((data["version"], data["section"]), data["reason"])
        # Not from the event `done`, which may have been sent before the letter was requested.
        self.is_done = self.photo_state == "done" and self.letter_state == "done"

    def _snapshot(self, resume: Json) -> None:
        self._photo(resume["photo"])
        self._face(resume["photo"]["face"])
        self._advice(resume["photo"]["advice"])
        for candidate in resume["photo"]["candidates"]:
            self._candidate(candidate)
        if letter := resume["letter"]:
            self._letter(letter)
            for section in letter["sections"]:
                self._replace(letter["version"], section)

    def _photo(self, photo: Json) -> None:
        if photo["state"] != self.photo_state and photo["state"] in PHOTO_STATES:
            self._line(f"photo: {PHOTO_STATES[photo['state']]}")
        self.photo_state = photo["state"]
        self._waiting("photo", photo["waiting"])

    def _face(self, face: Json | None) -> None:
        if not face or self._face_told:
            return
        self._face_told = True
        guesses = []
        if ages := face["age_range"]:
            guesses.append(f"{ages[0]} to {ages[1]} years")
        if face["gender"]:
            guesses.append(face["gender"])
        guesses += [f"{emotion['type'].lower()} {emotion['confidence']:.2f}" for emotion in face["emotions"] or []]
        guess = f"; a guess, for fun: {', '.join(guesses)}" if guesses else ""
        self._line(f"photo: one face, {face['confidence']:.2f} sure{guess}")

    def _candidate(self, candidate: Json) -> None:
        if candidate["number"] not in self._candidates:
            self._candidates.add(candidate["number"])
            verdict = {"send": "fit to send", "look": "look at it twice", "dont": "not to be sent"}[
                candidate["verdict"]
            ]
            reasons = "".join(f"; {reason['code']}" for reason in candidate["reasons"])
            self._line(f"photo: portrait {candidate['number']}, judged {candidate['score']:.2f}, {verdict}{reasons}")

    def _advice(self, advice: list[Json]) -> None:
        for each in advice:
            if each["code"] not in self._advised:
                self._advised.add(each["code"])
                self._line(f"photo: {each['code']}: {each['detail']}")

    def _letter(self, letter: Json) -> None:
        if letter["state"] != self.letter_state:
            self._break()
            self._line(f"letter: {letter['state']} ({letter['company']['name']})")
        self.letter_state = letter["state"]
        self._waiting("letter", letter["waiting"])

    def _waiting(self, what: str, waiting: Json | None) -> None:
        if waiting:
            start = f"about {waiting['seconds']} s" if waiting["reason"] == "queue" else DELAYS[waiting["reason"]]
            self._line(f"{what}: place {waiting['position']} in the queue, {start}")

    def _replace(self, version: int, section: Json) -> None:
        key = (version, section["number"])
        self._titles[key] = section["title"]
        known, text = self.text(*key), section["text"]
        if not text.startswith(known):
            self._headed = None
            known = ""
        self._texts[key] = known
        self._delta(key, text.removeprefix(known))

    def _delta(self, key: tuple[int, int], text: str) -> None:
        if not text:
            return
        if self._headed != key:
            self._headed = key
            self._break()
            self._terminal.write(f"\n{key[1]}. {self._titles.get(key, '')}\n")
        self._texts[key] = self.text(*key) + text
        self._print(text)

    def _reset(self, key: tuple[int, int], reason: str) -> None:
        if not self.text(*key):
            return
        self._texts[key] = ""
        if self._headed == key:
            self._headed = None
            self._break()
        self._line(f"letter: item {key[1]} begins anew ({reason})")

    def _print(self, text: str) -> None:
        self._terminal.write(text)
        self._terminal.flush()
        self._midline = bool(text) and not text.endswith("\n")

    def _line(self, line: str) -> None:
        """Print a line at once, or, while the text of an item is being printed, after that item."""
        if self._midline:
            self._delayed.append(line)
            return
        self._terminal.write(f"{line}\n")
        self._terminal.flush()

    def _break(self) -> None:
        if self._midline:
            self._terminal.write("\n")
        self._midline = False
        delayed, self._delayed = self._delayed, []
        for line in delayed:
            self._line(line)
