"""One database by URL: how its sessions begin and end, on SQLite and on PostgreSQL alike."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.orm import Session, sessionmaker

from gatedclip.errors import ConfigError, StoreError
from gatedclip.store.tables import Base

LOCK_WAIT = 15  # seconds a writer waits for another
CHUNK = 1_000  # values in one IN list; SQLite takes 32,766 parameters, PostgreSQL 65,535


class Database:
    """Sessions that read, and sessions that write and take the lock at BEGIN."""

    def __init__(self, url: str) -> None:
        self.engine = connect(url)
        self._read = sessionmaker(self.engine, expire_on_commit=False)
        self._write = sessionmaker(writer(self.engine), expire_on_commit=False)
        # SQLite's waiting writers poll, and who polls at the wrong moments may wait until LOCK_WAIT is over; the threads of one
        # process take turns instead, which leaves one poller per process.
        alone = threading.Lock() if self.engine.dialect.name == "sqlite" else nullcontext()
        self._turn: AbstractContextManager[Any] = alone

    @contextmanager
    def reading(self) -> Iterator[Session]:
        with told(), self._read() as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """One transaction: committed when the block ends, rolled back when it raises."""
        with told(), self._turn, self._write.begin() as session:
            yield session


def connect(url: str, foreign_keys: bool = True) -> Engine:
    """An engine on `url`, with the SQLite file's folder made. Raises ConfigError for a URL nobody can open."""
    try:
        where = make_url(url)
        engine = create_engine(where)
    except (ArgumentError, NoSuchModuleError, ImportError) as why:
        raise ConfigError(
            f"GATEDCLIP_DB names a database we cannot open ({why}). Use sqlite:///path/to/file.db, or"
            " postgresql+psycopg://user@host/name with the psycopg package installed."
        ) from why
    if engine.dialect.name == "sqlite":
        if where.database:
            Path(where.database).parent.mkdir(parents=True, exist_ok=True)
        _sqlite(engine, foreign_keys)
    return engine


def writer(engine: Engine) -> Engine:
    """The same engine, whose transactions lock before they read: a stale reader cannot become a writer."""
    return engine.execution_options(sqlite_begin="IMMEDIATE")


def _sqlite(engine: Engine, foreign_keys: bool) -> None:
    @event.listens_for(engine, "connect")
    def prepare(dbapi: Any, record: object) -> None:
        dbapi.isolation_level = None  # Python's driver would begin too late; `begin` below does it
        dbapi.execute(f"PRAGMA busy_timeout={LOCK_WAIT * 1000}")  # first: what follows may already have to wait for a lock
        _to_wal(dbapi)
        dbapi.execute("PRAGMA synchronous=NORMAL")
        dbapi.execute(f"PRAGMA foreign_keys={'ON' if foreign_keys else 'OFF'}")
        dbapi.create_function("lower", 1, _lower, deterministic=True)  # SQLite's own knows only A-Z

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN " + connection.get_execution_options().get("sqlite_begin", "DEFERRED"))


def _to_wal(dbapi: Any) -> None:
    """Lets readers go on beside a writer, from the first connection to a new file on.

    Two connections that switch at once each hold what the other needs. SQLite then fails one of them at once, whatever its
    busy_timeout, so that one lets go and tries again; the other has switched by then.
    """
    end = time.monotonic() + LOCK_WAIT
    while True:
        try:
            dbapi.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as why:
            if why.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                raise
            time.sleep(0.01)


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


@contextmanager
def told() -> Iterator[None]:
    """Turns what the driver throws into a StoreError that can be shown."""
    try:
        yield
    except DBAPIError as why:
        raise StoreError(f"The database refused this ({why.orig}). Nothing was changed; try again.") from why


def upsert(session: Session, table: type[Base], rows: Sequence[dict[str, Any]], replace: bool = True) -> None:
    """Insert rows; where the primary key is taken, the new values win, or with `replace` off the old ones."""
    if not rows:
        return
    dialect = session.get_bind().dialect.name
    insert = (postgresql.insert if dialect == "postgresql" else sqlite.insert)(table)
    keys = [column.name for column in table.__table__.primary_key]
    values = {name: insert.excluded[name] for name in rows[0] if name not in keys}
    if replace:
        insert = insert.on_conflict_do_update(index_elements=keys, set_=values)
    else:
        insert = insert.on_conflict_do_nothing(index_elements=keys)
    session.execute(insert, rows)


def chunks(values: Sequence[Any], size: int = CHUNK) -> Iterator[Sequence[Any]]:
    return (values[start : start + size] for start in range(0, len(values), size))
