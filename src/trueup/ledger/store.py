"""Where the ledger is kept: opening, migrating, and the two kinds of transactions, on SQLite and PostgreSQL alike.

One writer at a time: `BEGIN IMMEDIATE` on SQLite, one advisory lock on PostgreSQL, taken before anything is read. So what a writer plans
on is what it writes after, and a second writer sees the first one's work or waits for it. Readers see one snapshot.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import event
from sqlalchemy.engine import URL, Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, NoSuchModuleError, OperationalError, SQLAlchemyError

from trueup.errors import EngineError, Place, Refused, UsageError

LOCK_ID = 7_283_117_552  # any number, the same for every writer of trueup's ledgers in one PostgreSQL database
WAIT_SECONDS = 60


class Store:
    """An open ledger database. `place` is shown in errors and holds no password."""

    def __init__(self, engine: Engine, place: str) -> None:
        self.engine, self.place = engine, place

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    def close(self) -> None:
        self.engine.dispose()

    @contextmanager
    def write(self) -> Generator[Connection]:
        """One transaction of the one writer: committed as a whole, or nothing of it. Raises EngineError (TRU-L050 to TRU-L053)."""
        with self._translated(), self.engine.connect() as con, con.begin():
            if self.is_sqlite:
                con.exec_driver_sql("BEGIN IMMEDIATE")
            else:
                con.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")
                con.exec_driver_sql(f"SET LOCAL lock_timeout = '{WAIT_SECONDS}s'")
                con.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK_ID)))
            yield con

    @contextmanager
    def read(self) -> Generator[Connection]:
        """One snapshot for any number of questions."""
        with self._translated(), self.engine.connect() as con, con.begin():
            if self.is_sqlite:
                con.exec_driver_sql("BEGIN")
            else:
                con.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield con

    @contextmanager
    def _translated(self) -> Generator[None]:
        try:
            yield
        except (DBAPIError, UnicodeDecodeError) as error:
            raise translated(error, self.place) from error


def open_store(url: str | URL | Path, *, create: bool = True) -> Store:
    """Open the database of a ledger and bring its tables to this version; a path is a SQLite file.

    Raises UsageError for an address that cannot be used (TRU-L054, TRU-L055), Refused where there is no ledger and none is to be made, or
    where a newer trueup made it (TRU-L056, TRU-L057), and EngineError where the database does not answer (TRU-L050).
    """
    address = _address(url)
    place = address.render_as_string(hide_password=True)
    file = Path(address.database) if address.get_backend_name() == "sqlite" and address.database else None
    if file and not create and not file.is_file():
        raise Refused("TRU-L056", f"There is no ledger at {file}.", next_step="Post first, or name the file of the ledger.")
    try:
        engine = sa.create_engine(address, poolclass=sa.pool.NullPool)
    except (NoSuchModuleError, ModuleNotFoundError, ArgumentError) as error:
        raise UsageError(
            "TRU-L055",
            f"{place} cannot be used: {error}.",
            next_step="Use a SQLite file, or postgresql+psycopg://user@host/database with the extra `trueup[postgres]` installed.",
        ) from None
    if file:
        event.listen(engine, "connect", _prepare_sqlite)
    store = Store(engine, place)
    _migrate(store, create=create)
    return store


def _address(url: str | URL | Path) -> URL:
    if isinstance(url, Path) or (isinstance(url, str) and "://" not in url):
        return URL.create("sqlite", database=str(url))
    try:
        address = make_url(url)
    except ArgumentError:
        raise UsageError("TRU-L054", "The address of the ledger cannot be read.", next_step="Give a file, or a database URL.") from None
    if address.drivername == "postgresql":
        address = address.set(drivername="postgresql+psycopg")
    if address.get_backend_name() not in ("sqlite", "postgresql") or (address.get_backend_name() == "sqlite" and not address.database):
        shown = address.render_as_string(hide_password=True)
        raise UsageError("TRU-L054", f"{shown} is no file and no PostgreSQL database.", next_step="The ledger is kept in one of the two.")
    return address


def _prepare_sqlite(dbapi: Any, record: Any) -> None:
    """A connection that waits for others, checks foreign keys, survives power loss, and leaves transactions to us."""
    dbapi.isolation_level = None
    dbapi.execute(f"PRAGMA busy_timeout = {WAIT_SECONDS * 1000}")
    dbapi.execute("PRAGMA foreign_keys = ON")
    dbapi.execute("PRAGMA recursive_triggers = ON")
    dbapi.execute("PRAGMA synchronous = FULL")


def _use_wal(store: Store) -> None:
    """Readers beside a writer. The change needs the file alone for an instant, and SQLite does not wait for that by itself."""
    with store.engine.connect() as con:
        for attempt in range(200):
            try:
                if con.exec_driver_sql("PRAGMA journal_mode = WAL").scalar() == "wal":
                    return
            except OperationalError as error:
                if "locked" not in str(error.orig) or attempt == 199:
                    raise
            time.sleep(0.05)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "trueup.ledger:migrations")
    return config


def schema_of(con: Connection) -> dict[tuple[str, str], str]:
    """Every table, index and trigger of a SQLite ledger, with the text that made it, by kind and name."""
    rows = con.exec_driver_sql("SELECT type, name, tbl_name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'")
    return {(row[0], row[1]): f"{row[2]}: {row[3]}" for row in rows}


@cache
def fresh_schema() -> dict[tuple[str, str], str]:
    """What the migrations make, read from a new ledger in memory."""
    engine = sa.create_engine("sqlite://", poolclass=sa.pool.StaticPool)
    event.listen(engine, "connect", _prepare_sqlite)
    store, config = Store(engine, "memory"), _config()
    try:
        with store.write() as con:
            config.attributes["connection"] = con
            command.upgrade(config, "head")
            return schema_of(con)
    finally:
        store.close()


def _migrate(store: Store, *, create: bool) -> None:
    config = _config()
    newest = ScriptDirectory.from_config(config).get_current_head()
    with store.read() as con:
        found = MigrationContext.configure(con).get_current_revision()
    if found == newest:
        return
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if found is None and not create:
        raise Refused("TRU-L056", f"There is no ledger in {store.place}.", next_step="Post first, or name the database of the ledger.")
    if found is not None and found not in known:
        raise Refused(
            "TRU-L057",
            f"{store.place} is at version {found} of the tables; this trueup knows {newest}.",
            next_step="Use the trueup that wrote it, or a newer one.",
        )
    if store.is_sqlite:
        with _reported(store):
            _use_wal(store)
    with store.write() as con:
        config.attributes["connection"] = con
        command.upgrade(config, "head")


@contextmanager
def _reported(store: Store) -> Generator[None]:
    try:
        yield
    except DBAPIError as error:
        raise translated(error, store.place) from error


def translated(error: SQLAlchemyError | UnicodeDecodeError, place: str) -> EngineError:
    """What a fault of the database means for the ledger, without the statement and its values."""
    cause = str(getattr(error, "orig", None) or error).strip().split("\n")[0]
    where = Place(place)
    if isinstance(error, IntegrityError):
        return EngineError(
            "TRU-L051",
            f"The database refused an entry: {cause}.",
            place=where,
            next_step="Nothing of it was written. Run `trueup ledger verify`, and report this.",
        )
    if "lock" in cause and ("database is locked" in cause or "timeout" in cause):
        return EngineError(
            "TRU-L052",
            f"Another process has been writing for more than {WAIT_SECONDS} seconds.",
            place=where,
            next_step="Nothing was written. Run the same again when it has ended.",
        )
    damaged = ("malformed", "not a database", "corrupt", "decode to UTF-8")
    if isinstance(error, UnicodeDecodeError) or any(word in cause for word in damaged):
        return EngineError(
            "TRU-L053",
            f"The file of the ledger is damaged: {cause}.",
            place=where,
            next_step="Restore it from a backup and run `trueup ledger verify` with the last head you noted.",
        )
    return EngineError(
        "TRU-L050",
        f"The database does not answer: {cause}.",
        place=where,
        next_step="Nothing is half-written. Run the same again when it is back: what was written already is not written twice.",
    )
