"""Brings a database to the newest schema. At head this costs one small query and does not import Alembic."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, Engine, func, inspect, select, table, text

from gatedclip.errors import StoreError
from gatedclip.store.database import connect, told, writer

MIGRATIONS = Path(__file__).parent / "migrations"
HEAD = max(file.stem[:4] for file in (MIGRATIONS / "versions").glob("[0-9]*.py"))  # files are named by revision
ONE_MIGRATION = 7_208_001  # any fixed number: PostgreSQL's lock that lets one process migrate


def migrate(engine: Engine) -> None:
    """Raises StoreError when the database is newer than this code, or cannot be opened."""
    with told():
        if revision(engine) != HEAD:
            _upgrade(engine)


def revision(engine: Engine) -> str | None:
    """The schema's revision; None for an empty database."""
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(select(text("version_num")).select_from(table("alembic_version"))).scalar()


def _upgrade(engine: Engine) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    # A batch migration recreates its table, which enforced foreign keys would forbid.
    apart = connect(engine.url.render_as_string(hide_password=False), foreign_keys=False)
    try:
        with writer(apart).begin() as connection:
            _wait_for_others(connection)
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except CommandError as why:
        raise StoreError(
            f"This GatedCLIP knows the database's schema up to {HEAD}, and found another ({why}). Use the GatedCLIP that made it,"
            " or point GATEDCLIP_DB elsewhere."
        ) from why
    finally:
        apart.dispose()


def _wait_for_others(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":  # SQLite's BEGIN IMMEDIATE has waited already
        connection.execute(select(func.pg_advisory_xact_lock(ONE_MIGRATION)))
