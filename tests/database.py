"""A database for a stack of processes, of the kind that the test run is on: a file, or one more on the same server."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit


@dataclass(frozen=True)
class Database:
    url: str

    def rows(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        """What the query (with `?` for parameters) finds; past Django, as an outsider reads."""
        address = urlsplit(self.url)
        if address.scheme == "sqlite":
            with closing(sqlite3.connect(address.path)) as connection:
                return connection.execute(query, parameters).fetchall()
        with closing(_connect(self.url)) as connection, connection.cursor() as cursor:
            cursor.execute(query.replace("?", "%s"), parameters)
            return list(cursor.fetchall())

    def change(self, query: str, *parameters: object) -> None:
        """What no request may do, such as making somebody staff."""
        address = urlsplit(self.url)
        if address.scheme == "sqlite":
            with closing(sqlite3.connect(address.path)) as connection, connection:
                connection.execute(query, parameters)
            return
        with closing(_connect(self.url)) as connection, connection.cursor() as cursor:
            cursor.execute(query.replace("?", "%s"), parameters)
            connection.commit()


@contextmanager
def own_database(folder: Path) -> Iterator[Database]:
    """Empty, in `folder`, or on the server that `DATABASE_URL` names and dropped after."""
    server = os.environ.get("DATABASE_URL", "")
    if not server.startswith("mysql:"):
        yield Database(f"sqlite:///{folder / 'database.sqlite3'}")
        return
    name = f"stack_{os.getpid()}_{folder.name}".replace("-", "_")
    with closing(_connect(server, database=False)) as connection, connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE `{name}`")
        try:
            yield Database(urlsplit(server)._replace(path=f"/{name}").geturl())
        finally:
            cursor.execute(f"DROP DATABASE `{name}`")


def _connect(url: str, *, database: bool = True) -> Any:
    import MySQLdb

    address = urlsplit(url)
    return MySQLdb.connect(
        host=address.hostname,
        port=address.port or 3306,
        user=unquote(address.username or ""),
        password=unquote(address.password or ""),
        charset="utf8mb4",
        **({"database": address.path.lstrip("/")} if database else {}),
    )
