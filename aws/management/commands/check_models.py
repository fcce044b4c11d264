"""`manage.py check_models`: the end of life of each configured Bedrock model."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand

from aws.model_lifecycles import Finding, check, worst

HEADS = ("variable", "model", "ends", "")


class Command(BaseCommand):
    help = (
        "Ask Bedrock for the end of life of every configured model. Exit status: 0 fine, 1 one ends within 90 days, "
        "2 one is gone or unknown, 3 Bedrock cannot be asked."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        findings = check()
        if not findings:
            self.stdout.write("No step uses Bedrock here: see AI_BACKEND.")
            return
        self.stdout.write(_table([HEADS, *(_row(finding) for finding in findings)]))
        if status := worst(findings):
            sys.exit(status)


def _row(finding: Finding) -> tuple[str, ...]:
    ends = f"{finding.ends:%Y-%m-%d}" if finding.ends else "not announced"
    return finding.variable, finding.model, ends, finding.said


def _table(rows: list[tuple[str, ...]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    padded = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(line.rstrip() for line in padded)
