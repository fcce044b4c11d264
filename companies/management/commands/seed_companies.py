"""`manage.py seed_companies`: loads the shipped companies and types. May be run again at any time."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from companies import seeding, services
from workers.errors import StepError


class Command(BaseCommand):
    help = "Load the shipped companies, types and keywords. Adds what is missing; never overwrites a curator's edit."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            report = seeding.seed()
        except seeding.SeedError as error:
            raise CommandError(f"The seed data cannot be used; nothing was written.\n{error}") from error
        for kind in ("keyword", "personalitytype", "company"):
            counts = ", ".join(
                f"{counter[kind]} {name}"
                for name, counter in (
                    ("created", report.created),
                    ("updated", report.updated),
                    ("unchanged", report.unchanged),
                    ("left alone (seeded by a newer version)", report.newer),
                )
                if counter[kind]
            )
            self.stdout.write(f"{kind}: {counts}")
        for edit in report.kept:
            self.stdout.write(f"kept a curator's edit: {edit}")
        self._reindex()

    def _reindex(self) -> None:
        try:
            services.reindex()
        except StepError as error:
            raise CommandError(
                f"The companies are in the database, but not in the search index: {error}\n"
                "`manage.py reindex_companies` brings them there."
            ) from error
