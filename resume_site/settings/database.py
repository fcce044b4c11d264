"""The database: SQLite in the run directory, or MySQL."""

from __future__ import annotations

from resume_site.settings.environment import RUN_DIR, env

DATABASES = {"default": env.db("DATABASE_URL", default=f"sqlite:///{RUN_DIR / 'database.sqlite3'}")}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # Several processes write. A write lock taken at BEGIN waits for the others; one taken later fails at once.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        # Seconds. Shorter than a lease, so that a heartbeat that waits for the lock does not lose its leases.
        "timeout": 10,
        # secure_delete overwrites deleted data: a table holds pictures that wait for the file store.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-16000; "
        "PRAGMA secure_delete=ON;",
    }
    # A file as in production: a database in memory locks whole tables against other threads.
    DATABASES["default"]["TEST"] = {"NAME": str(RUN_DIR / "test.sqlite3")}
elif DATABASES["default"]["ENGINE"] == "django.db.backends.mysql":
    DATABASES["default"]["OPTIONS"] = {
        "charset": "utf8mb4",
        # Seconds. A server that does not answer must not block a heartbeat for longer than a lease. A long migration
        # needs another value: DATABASE_URL=mysql://…?read_timeout=3600.
        "connect_timeout": 5,
        "read_timeout": 15,
        "write_timeout": 15,
        # Locks rows but no gaps between them, so that concurrent claims rarely deadlock.
        "isolation_level": "read committed",
        # An update by key and state must lock through the key only. With two indexes at once (index merge
        # intersection), two updates can deadlock.
        "init_command": "SET sql_mode='STRICT_TRANS_TABLES', optimizer_switch='index_merge_intersection=off'",
        # Options in the URL, such as ?unix_socket=/run/mysqld/mysqld.sock.
        **DATABASES["default"].get("OPTIONS", {}),
    }
    # Tables use the database's collation. It must compare texts exactly, as SQLite does, and sort by the Unicode
    # Collation Algorithm: utf8mb4_0900_as_cs (MySQL 8), utf8mb4_uca1400_nopad_as_cs (MariaDB 10.10). Disadvantages:
    # the admin's search is case-sensitive, and MariaDB distinguishes composed from decomposed Hangul.
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
# One connection per request: under ASGI each request has its own thread, so idle connections would pile up.
DATABASES["default"]["CONN_MAX_AGE"] = 0
