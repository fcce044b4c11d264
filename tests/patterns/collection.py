"""Every regular expression of the project: those that stand in its modules, in its calls of `re`, in its JavaScript."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from django.apps import apps
from django.core.validators import RegexValidator
from django.urls import URLPattern, URLResolver, get_resolver

ROOT = Path(__file__).resolve().parents[2]
APART = ("tests", "migrations", "bench", "deploy", "docs", "aws_double", "wardrobe")
"""Folders whose patterns meet nobody's text, or that are no modules of the project."""
FUNCTIONS = frozenset({"compile", "match", "search", "fullmatch", "sub", "subn", "split", "findall", "finditer"})


@dataclass(frozen=True)
class Found:
    """A pattern and where it stands."""

    where: str
    pattern: str
    flags: int


@dataclass(frozen=True)
class Built:
    """A call of `re` whose pattern is known only when the program runs."""

    where: str
    """File and function."""


def modules() -> Iterator[tuple[Path, ModuleType]]:
    """The project's own, imported."""
    for path in sorted(sources()):
        if path.suffix == ".py" and path.name not in ("manage.py", "__main__.py"):
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
            yield path, importlib.import_module(name)


def sources() -> list[Path]:
    """Python and JavaScript of the project, without its tests."""
    return [path for path in (*_files("*.py"), *_files("*.js")) if not set(path.relative_to(ROOT).parts) & set(APART)]


def in_python() -> Iterator[Found | Built]:
    for path, module in modules():
        yield from _in_objects(str(path.relative_to(ROOT)), module)
        yield from _in_calls(path, module)
    yield from _in_urls(get_resolver())
    for model in apps.get_models():
        for field in model._meta.get_fields():
            for validator in getattr(field, "validators", ()):
                if isinstance(validator, RegexValidator):
                    where = f"{model.__module__}.{model.__name__}.{field.name}"
                    yield _found(where, re.compile(validator.regex, validator.flags))


def in_javascript() -> Iterator[Found]:
    """Literals, found by what stands before them. `RegExp(…)` is not read."""
    signs = r"(?:[^/\\\n\[]|\\.|\[(?:[^\]\\\n]|\\.){0,400}\]){1,1000}"
    literal = re.compile(rf"(?<=[(,=:\[!&|?{{}};])\s{{0,8}}/({signs})/([a-z]{{0,6}})")
    for path in sorted(_files("*.js")):
        source = re.sub(r"^\s*(?://|/?\*).*$", "", path.read_text(), flags=re.MULTILINE)
        for match in literal.finditer(source):
            flags = (re.IGNORECASE if "i" in match[2] else 0) | (re.MULTILINE if "m" in match[2] else 0)
            # JavaScript's `[^[\]]` is Python's too, and so is all else that is used here but this.
            yield Found(str(path.relative_to(ROOT)), re.sub(r"\(\?<(?=[A-Za-z])", "(?P<", match[1]), flags)


def _files(kind: str) -> list[Path]:
    """Those that git knows, or would if they were added: no virtual environment, nothing that was built."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", kind]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    return [ROOT / name for name in set(names) if (ROOT / name).exists()]


def _found(where: str, pattern: re.Pattern[Any]) -> Found:
    return _written(where, pattern.pattern, pattern.flags)


def _written(where: str, pattern: str | bytes, flags: int) -> Found:
    """A pattern of bytes is read as one of the characters of the same numbers."""
    if isinstance(pattern, bytes):
        return Found(where, pattern.decode("latin-1"), flags | re.ASCII)
    return Found(where, pattern, flags)


def _in_objects(where: str, module: ModuleType) -> Iterator[Found]:
    for name, value in vars(module).items():
        for pattern in _patterns(value, 3):
            yield _found(f"{where}: {name}", pattern)


def _patterns(value: Any, depth: int) -> Iterator[re.Pattern[Any]]:
    if isinstance(value, re.Pattern):
        yield value
    elif depth and isinstance(value, dict):
        for each in value.values():
            yield from _patterns(each, depth - 1)
    elif depth and isinstance(value, list | tuple | set | frozenset):
        for each in value:
            yield from _patterns(each, depth - 1)
    elif depth and isinstance(value, type):
        for each in vars(value).values():
            yield from _patterns(each, depth - 1)


def _in_calls(path: Path, module: ModuleType) -> Iterator[Found | Built]:
    where = str(path.relative_to(ROOT))
    for function, call in _calls(ast.parse(path.read_text()), ""):
        try:
            pattern = _value(call.args[0], module)
            flags = next((_value(keyword.value, module) for keyword in call.keywords if keyword.arg == "flags"), None)
            if flags is None:
                flags = _positional_flags(call, module)
        except NameError:
            yield Built(f"{where}: {function}")
        else:
            if isinstance(pattern, str | bytes):
                yield _written(f"{where}:{call.lineno}", pattern, int(flags))
            elif not isinstance(pattern, re.Pattern):
                yield Built(f"{where}: {function}")


def _calls(tree: ast.AST, function: str) -> Iterator[tuple[str, ast.Call]]:
    """Calls of `re`, with the name of the function that they stand in."""
    for child in ast.iter_child_nodes(tree):
        inner = child.name if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef) else function
        if isinstance(child, ast.Call) and _is_of_re(child.func):
            yield inner, child
        yield from _calls(child, inner)


def _is_of_re(function: ast.expr) -> bool:
    if not isinstance(function, ast.Attribute) or not isinstance(function.value, ast.Name):
        return False
    return function.value.id == "re" and function.attr in FUNCTIONS


def _positional_flags(call: ast.Call, module: ModuleType) -> int:
    assert isinstance(call.func, ast.Attribute)
    place = {"compile": 1, "sub": 4, "subn": 4, "split": 3}.get(call.func.attr, 2)
    return int(_value(call.args[place], module)) if len(call.args) > place else 0


def _value(expression: ast.expr, module: ModuleType) -> Any:
    """What an expression of the module's own names is worth. Raises NameError where it needs others."""
    return eval(compile(ast.Expression(expression), "<pattern>", "eval"), vars(module))


def _in_urls(resolver: URLResolver) -> Iterator[Found]:
    for each in resolver.url_patterns:
        route = str(each.pattern)
        if not route.startswith("admin"):
            yield _found(f"address {route!r}", each.pattern.regex)
            if isinstance(each, URLResolver):
                yield from _in_urls(each)
        assert isinstance(each, URLPattern | URLResolver)
