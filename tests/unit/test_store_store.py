"""Opening a store: migrations, SQLite's safety, and databases that cannot be opened."""

import multiprocessing as mp
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from gatedclip.errors import ConfigError, StoreError
from gatedclip.store import DecisionFilter, MemeFilter, Store
from gatedclip.store.database import connect, writer
from gatedclip.store.migrate import HEAD, MIGRATIONS, revision
from gatedclip.store.tables import Base
from gatedclip.types import NewMeme


def test_an_empty_database_migrates_to_the_schema_of_the_models(store, store_url):
    engine = connect(store_url)
    assert revision(engine) == HEAD == ScriptDirectory(str(MIGRATIONS)).get_current_head()
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
    engine.dispose()


def test_a_store_of_the_first_schema_keeps_its_decisions(store_url):
    migrate_to(store_url, "0001")
    engine = connect(store_url)
    with engine.begin() as connection:
        connection.execute(
            text(
                "insert into meme (id, picture, text, source, name, machine_text, source_sha256, split, family, truth, theme,"
                " created_at, status, label, leased_by) values (1, 'p', 't', 's', '', '', '', 'queue', '', '', '',"
                " '2026-01-01 00:00:00', 'decided', 'hateful', '')"
            )
        )
        for event in (
            "1, 1, 'decide', 'anna', 'hateful', false, false, 'why', null",
            "2, 1, 'undo', 'anna', null, false, false, '', 1",
        ):
            columns = "id, meme_id, action, reviewer, label, assisted, revealed, note, undoes, at"
            connection.execute(text(f"insert into decision ({columns}) values ({event}, '2026-01-01 00:00:00')"))
    engine.dispose()
    opened = Store.open(store_url)
    undo, made = opened.decisions.list(DecisionFilter())
    assert (made.note, made.undone, made.marks, made.reasons, undo.undoes) == ("why", True, None, None, 1)
    assert opened.decisions.count(DecisionFilter(wrong_reason=True)) == 0
    opened.close()


def test_promotions_chained_before_their_end_was_kept_still_verify(store_url):
    store = Store.open(store_url)
    for name in ("one", "two"):
        version = store.versions.add(kind="gated", encoder="demo", folder=name, created_by="anna")
        store.versions.promote(version.id, "lea", "better")
    store.attributions.put("picture", "words", version.id, "trust:quick", b"{}")
    store.attributions.put("picture", "words", version.id, "quick", b"{}")
    store.close()
    engine = connect(store_url)
    with engine.begin() as connection:
        connection.execute(text("delete from setting where key = 'receipts of promotions'"))
        connection.execute(text("update alembic_version set version_num = '0006'"))  # as it was then
    engine.dispose()
    opened = Store.open(store_url)
    found = opened.versions.audit()
    assert (found.problems, found.events) == ((), 2)
    assert opened.attributions.get("picture", "words", version.id, "trust:quick") is None  # measured again at its temperature
    assert opened.attributions.get("picture", "words", version.id, "quick") == b"{}"
    opened.versions.rollback("lea")
    assert opened.versions.audit().sound
    opened.close()


def migrate_to(url: str, target: str) -> None:
    """An empty database brought to an older schema."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    if url.startswith("sqlite:///"):
        Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    engine = connect(url)
    with writer(engine).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, target)
    engine.dispose()


def test_opening_again_keeps_what_is_there_and_does_not_load_alembic(store, store_url, tmp_path):
    if not store_url.startswith("sqlite"):
        pytest.skip("one database is enough")
    store.memes.add([NewMeme(picture="p", text="t", source="s")])
    again = (
        "import sys; from gatedclip.store import Store, MemeFilter; s = Store.open(sys.argv[1]);"
        "print(s.memes.count(MemeFilter()), 'alembic' in sys.modules, 'torch' in sys.modules, 'streamlit' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", again, store_url], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["1", "False", "False", "False"]


def count(url: str) -> int:
    return Store.open(url).memes.count(MemeFilter())


def test_three_processes_can_open_an_empty_database_at_once(store_url):
    with mp.get_context("spawn").Pool(3) as processes:
        assert processes.map(count, [store_url] * 3) == [0, 0, 0]


def test_the_folder_is_made_and_sqlite_is_set_up_for_many_writers(tmp_path):
    file = tmp_path / "a%20b" / "deep" / "gatedclip.db"
    Store.open(f"sqlite:///{file}").close()
    engine = connect(f"sqlite:///{file}")
    with engine.connect() as connection:
        pragma = {
            p: connection.scalar(text(f"PRAGMA {p}")) for p in ("journal_mode", "foreign_keys", "busy_timeout", "synchronous")
        }
    engine.dispose()
    assert pragma == {"journal_mode": "wal", "foreign_keys": 1, "busy_timeout": 15_000, "synchronous": 1}


@pytest.mark.parametrize("url", ["", "gatedclip.db", "nosuch://x/y"])
def test_a_url_nobody_can_open_says_which_can_be(url):
    with pytest.raises(ConfigError, match="sqlite:///"):
        Store.open(url)


def test_a_newer_schema_is_left_alone(store, store_url):
    engine = connect(store_url)
    with engine.begin() as connection:
        connection.execute(text("update alembic_version set version_num = '9999'"))
    with pytest.raises(StoreError, match="9999"):
        Store.open(store_url)
    assert revision(engine) == "9999"
    engine.dispose()


def test_a_file_that_is_no_database_is_one_clear_sentence(tmp_path):
    (tmp_path / "x.db").write_bytes(b"not a database" * 100)
    with pytest.raises(StoreError, match="file is not a database"):
        Store.open(f"sqlite:///{tmp_path / 'x.db'}")


def test_what_the_database_refuses_is_one_clear_sentence(tmp_path):
    store = Store.open(f"sqlite:///{tmp_path / 'x.db'}")
    other = sqlite3.connect(tmp_path / "x.db")
    other.execute("DROP TABLE text_edit")
    with pytest.raises(StoreError, match=r"refused this \(no such table: text_edit\)"):
        store.memes.edit_text(store.memes.add([NewMeme(picture="p", text="a", source="s")])[0], "b", "anna")
    assert [m.text for m in store.memes.find(MemeFilter())] == ["a"]
    other.close()
    store.close()
