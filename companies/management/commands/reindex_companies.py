"""`manage.py reindex_companies`: rebuilds the search index from the database while searches continue."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from companies import services
from companies.models import PersonalityType
from workers.errors import StepError


class Command(BaseCommand):
    help = "Build the companies' search index anew and switch to it. Searches go on meanwhile."

    def add_arguments(self, parser: ArgumentParser) -> None:
        instead = parser.add_mutually_exclusive_group()
        instead.add_argument(
            "--check", action="store_true", help="only compare index and database; exit status 1 when they differ"
        )
        instead.add_argument(
            "--explain",
            nargs=2,
            metavar=("SLUG", "TYPE"),
            help="only show how a company's score for a type comes about",
        )

    def handle(self, *args: Any, check: bool, explain: list[str] | None, **options: Any) -> None:
        try:
            if check:
                self._check()
            elif explain:
                self._explain(*explain)
            else:
                self.stdout.write(f"{services.reindex()} companies indexed")
        except StepError as error:
            raise CommandError(str(error)) from error

    def _check(self) -> None:
        drift = services.index_drift()
        for name in ("missing", "outdated", "surplus"):
            for slug in getattr(drift, name):
                self.stdout.write(f"{name}: {slug}")
        if drift.form:
            self.stdout.write("the index is absent, or built for other fields or analyzers")
        if drift:
            raise CommandError("Index and database differ: run `manage.py reindex_companies`.")
        self.stdout.write("index and database agree")

    def _explain(self, slug: str, mbti: str) -> None:
        try:
            lines = services.explain(slug, mbti)
        except PersonalityType.DoesNotExist as error:
            raise CommandError(f"{mbti} is none of the sixteen types") from error
        if not lines:
            raise CommandError(f"{slug} is not in the index, or shares no word with {mbti}")
        for line in lines:
            self.stdout.write(line)
