"""Loads the shipped companies, types and keywords into the database, and keeps every edit of a curator.

The files in `companies/seed/` have one version number, which must be raised with every change. Every row stores, for
each field, the fingerprint of the last seeded content:

- a missing row is created;
- a field that still has the seeded content is updated from the files;
- a field with other content was edited, and is never changed;
- a row that a newer version of the files changed is left as it is, so that an older release of the service removes
  nothing.

The values of a company count as one field, its sources as another. Rows that the files no longer have stay in the
database.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction

from companies.models import Company, Keyword, PersonalityType, Seeded, Source, TalentValue

FOLDER = Path(__file__).parent / "seed"

Fields = dict[str, Any]
"""A row's content as JSON, by field."""

COMPANY = {
    "slug": str,
    "name_ko": str,
    "name_en": str,
    "industry_ko": str,
    "industry_en": str,
    "homepage": str,
    "careers_url": str,
    "talent_values": [{"ko": str, "en": str, "official": bool}],
    "talent_summary_ko": str,
    "talent_summary_en": str,
    "keywords_ko": [str],
    "keywords_en": [str],
    "sources": [{"url": str, "title": str}],
    "confidence": str,
    "note": str,
    "qualified": str,
}
TYPE = {"type": str, "traits_ko": [str], "traits_en": [str], "summary_ko": str, "summary_en": str}
FILES: Mapping[str, Any] = {
    "companies.json": {"version": int, "companies": [COMPANY]},
    "personality_types.json": {"version": int, "types": [TYPE]},
}
"""The schema of the files: objects have exactly these keys, lists have one or more items of this form."""


_LISTS: Mapping[str, tuple[type[models.Model], tuple[str, ...]]] = {
    "talent_values": (TalentValue, ("ko", "en", "official")),
    "sources": (Source, ("url", "title")),
}
"""Fields of a company that are stored in tables of their own, with the columns that count as content."""


class SeedError(Exception):
    """The files cannot be used. The message names every fault, one on each line."""


@dataclass(frozen=True)
class Seed:
    """The files, read and validated: natural key → fields."""

    version: int
    keywords: dict[str, Fields]
    companies: dict[str, Fields]
    types: dict[str, Fields]


@dataclass
class Report:
    """What seeding did, counted in rows. An updated row may also have kept fields."""

    created: Counter[str] = field(default_factory=Counter)
    updated: Counter[str] = field(default_factory=Counter)
    unchanged: Counter[str] = field(default_factory=Counter)
    newer: Counter[str] = field(default_factory=Counter)
    """Rows that a newer version of the files changed, left as they are."""
    kept: list[str] = field(default_factory=list)
    """Curators' edits that differ from the files, as `company kakao: note`."""


@transaction.atomic
def seed(folder: Path = FOLDER) -> Report:
    """Update the database from the files in one transaction. Raises SeedError before anything is written."""
    content = read(folder)
    report = Report()
    for model, key, rows in (
        (Keyword, "ko", content.keywords),
        (PersonalityType, "type", content.types),
        (Company, "slug", content.companies),
    ):
        found = model._default_manager.select_for_update().in_bulk(list(rows), field_name=key)
        for name, fields in rows.items():
            row = found.get(name)
            if row is None:
                _write(model(**{key: name}), fields, content.version)
                report.created[_kind(model)] += 1
            else:
                _update(row, name, fields, content.version, report)
    return report


def read(folder: Path = FOLDER) -> Seed:
    """Read and validate the files. Raises SeedError that names every fault."""
    files = {name: _load(folder / name) for name in FILES}
    _refuse([fault for name, shape in FILES.items() for fault in _misshapen(files[name], shape, name)])
    companies = files["companies.json"]["companies"]
    types = files["personality_types.json"]["types"]
    versions = {content["version"] for content in files.values()}
    _refuse([*_inconsistent(companies, types), *(["the files differ in version"] if len(versions) > 1 else [])])
    content = Seed(
        version=versions.pop(),
        keywords={ko: {"en": en} for ko, en in _word_pairs(companies, types)},
        companies={company["slug"]: _company_fields(company) for company in companies},
        types={row["type"]: _type_fields(row) for row in types},
    )
    _refuse(list(_invalid(content)))
    return content


def _load(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SeedError(f"{path.name}: {error}") from error


def _refuse(faults: list[str]) -> None:
    if faults:
        raise SeedError("\n".join(faults))


def _misshapen(content: Any, shape: Any, where: str) -> Iterator[str]:
    """Differences between the content and the schema in FILES, and blanks around texts. `where` names the content."""
    if isinstance(shape, Mapping):
        if not isinstance(content, dict) or content.keys() != shape.keys():
            yield f"{where}: exactly these keys are needed: {', '.join(shape)}"
            return
        for key in shape:
            yield from _misshapen(content[key], shape[key], f"{where}: {key}")
    elif isinstance(shape, list):
        if not isinstance(content, list) or not content:
            yield f"{where}: a list with at least one item is needed"
            return
        for number, item in enumerate(content):
            name = item.get("slug") or item.get("type") or number if isinstance(item, dict) else number
            yield from _misshapen(item, shape[0], f"{where}: {name}")
    elif type(content) is not shape:
        yield f"{where}: {content!r} is not of type {shape.__name__}"
    elif isinstance(content, str) and content != content.strip():
        # The admin strips texts when it saves, so an unchanged field would look edited.
        yield f"{where}: blanks around the text"


def _inconsistent(companies: list[Fields], types: list[Fields]) -> Iterator[str]:
    """Contradictions between parts of the files."""
    for key, rows in (("slug", companies), ("type", types)):
        for name, count in Counter(row[key] for row in rows).items():
            if count > 1:
                yield f"{name}: stands {count} times"
    for row in (*companies, *types):
        name, korean, english = _words(row)
        if len(korean) != len(english):
            yield f"{name}: as many Korean as English words are needed"
        if len(set(korean)) < len(korean):
            yield f"{name}: a word stands twice"
        if "qualified" in row and row["qualified"] != " ".join(korean):
            yield f"{name}: qualified is not keywords_ko joined by spaces"
    translations: dict[str, set[str]] = {}
    for korean_word, english_word in _word_pairs(companies, types):
        translations.setdefault(korean_word, set()).add(english_word)
    for word, found in translations.items():
        if len(found) > 1:
            yield f"{word}: translated in several ways: {', '.join(sorted(found))}"


def _words(row: Fields) -> tuple[str, list[str], list[str]]:
    """A company's or a type's key, Korean and English words."""
    if "slug" in row:
        return row["slug"], row["keywords_ko"], row["keywords_en"]
    return row["type"], row["traits_ko"], row["traits_en"]


def _word_pairs(companies: list[Fields], types: list[Fields]) -> Iterator[tuple[str, str]]:
    for row in (*companies, *types):
        _, korean, english = _words(row)
        yield from zip(korean, english, strict=False)


def _company_fields(row: Fields) -> Fields:
    same = ("name_en", "industry_en", "homepage", "careers_url", "talent_values", "talent_summary_en", "sources")
    return {
        "name": row["name_ko"],
        "industry": row["industry_ko"],
        "talent_summary": row["talent_summary_ko"],
        **{name: row[name] for name in (*same, "qualified", "confidence", "note")},
    }


def _type_fields(row: Fields) -> Fields:
    return {
        "traits": " ".join(row["traits_ko"]),
        "summary": row["summary_ko"],
        "summary_en": row["summary_en"],
    }


def _invalid(content: Seed) -> Iterator[str]:
    """What the models' own validators refuse."""
    for ko, fields in content.keywords.items():
        yield from _refused_by_model(ko, Keyword(ko=ko, **fields))
    for type_, fields in content.types.items():
        yield from _refused_by_model(type_, PersonalityType(type=type_, **fields))
    for slug, fields in content.companies.items():
        plain = {name: value for name, value in fields.items() if name not in _LISTS}
        yield from _refused_by_model(slug, Company(slug=slug, **plain))
        for name, (model, _) in _LISTS.items():
            for item in fields[name]:
                yield from _refused_by_model(f"{slug}: {name}", model(**item))


def _refused_by_model(name: str, row: models.Model) -> Iterator[str]:
    try:
        row.clean_fields(exclude={"company"})
    except ValidationError as error:
        for field_name, messages in error.message_dict.items():
            yield f"{name}: {field_name}: {' '.join(messages)}"


def _kind(model: type[models.Model] | models.Model) -> str:
    return str(model._meta.model_name)


def _update(row: Seeded, name: str, fields: Fields, version: int, report: Report) -> None:
    kind = _kind(row)
    if row.seed_version > version:
        report.newer[kind] += 1
        return
    changed = {field: content for field, content in fields.items() if _content(row, field) != content}
    followed = {
        field: content
        for field, content in changed.items()
        if row.seeded.get(field) == row.fingerprint(_content(row, field))
    }
    report.kept += [f"{kind} {name}: {field}" for field in changed if field not in followed]
    if followed:
        _write(row, followed, version)
        report.updated[kind] += 1
    else:
        report.unchanged[kind] += 1


def _content(row: Seeded, name: str) -> Any:
    """The field's present content, in the form of the files."""
    if name not in _LISTS:
        return getattr(row, name)
    _, columns = _LISTS[name]
    return list(getattr(row, name).values(*columns))


def _write(row: Seeded, fields: Fields, version: int) -> None:
    for name, content in fields.items():
        if name not in _LISTS:
            setattr(row, name, content)
    row.seeded = {**row.seeded, **{name: row.fingerprint(content) for name, content in fields.items()}}
    row.seed_version = version
    row.save()
    for name in fields.keys() & _LISTS.keys():
        _replace_list(row, name, fields[name])


def _replace_list(row: Seeded, name: str, items: list[Fields]) -> None:
    model, _ = _LISTS[name]
    getattr(row, name).all().delete()
    model._default_manager.bulk_create(model(company=row, order=order, **item) for order, item in enumerate(items))
