"""The database: SQLite in the run directory, or MySQL."""

from __future__ import annotations

from resume_site.settings.environment import RUN_DIR, env

DATABASES = {"default": env.db("DATABASE_URL", default=f"sqlite:///{RUN_DIR / 'database.sqlite3'}")}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # Several processes write: a write lock taken at BEGIN waits its turn, one taken later fails at once.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        # Less than a lease: a heartbeat that waits for the lock must not lose what it keeps.
        "timeout": 10,
        # What is deleted is overwritten: pictures wait in a table for the file store.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-16000; "
        "PRAGMA secure_delete=ON;",
    }
    # A file like the real one: the one in memory locks whole tables against other threads at once.
    DATABASES["default"]["TEST"] = {"NAME": str(RUN_DIR / "test.sqlite3")}
elif DATABASES["default"]["ENGINE"] == "django.db.backends.mysql":
    DATABASES["default"]["OPTIONS"] = {
        "charset": "utf8mb4",
        # Seconds. A server that is silent must not hold a heartbeat for longer than a lease lasts. A migration that
        # takes longer wants its own: DATABASE_URL=mysql://…?read_timeout=3600.
        "connect_timeout": 5,
        "read_timeout": 15,
        "write_timeout": 15,
        # Rows are locked, the gaps between them are not: many workers claim, few meet in a deadlock.
        "isolation_level": "read committed",
        # An update by key and state must lock by the key alone: through two indexes at once, two of them lock each
        # other out (index merge intersection, a known cause of deadlocks).
        "init_command": "SET sql_mode='STRICT_TRANS_TABLES', optimizer_switch='index_merge_intersection=off'",
        # The address's own, such as ?unix_socket=/run/mysqld/mysqld.sock.
        **DATABASES["default"].get("OPTIONS", {}),
    }
    # Tables take the database's collation. Two texts must be equal only if they are the same, as in SQLite, and sort
    # by the Unicode Collation Algorithm: utf8mb4_0900_as_cs (MySQL 8), utf8mb4_uca1400_nopad_as_cs (MariaDB 10.10).
    # The price: the admin's search there tells A from a, and MariaDB tells composed Hangul from decomposed.
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
# A connection for each request: under ASGI each has a thread of its own, and idle ones would add up.
DATABASES["default"]["CONN_MAX_AGE"] = 0
