import multiprocessing as mp
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from gatedclip.errors import StoreError
from gatedclip.store.database import Database, connect, upsert
from gatedclip.store.tables import SettingRow


@pytest.fixture
def database(store, store_url):
    database = Database(store_url)
    yield database
    database.engine.dispose()


def test_360_reads_each_followed_by_a_write_lose_nothing_to_six_threads(store, database):
    store.settings.put("n", 0)

    def add_sixty(_):
        for _ in range(60):
            with database.writing() as session:
                row = session.scalars(select(SettingRow).with_for_update()).one()
                row.value += 1

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(add_sixty, range(6)))
    assert store.settings.get("n") == 360


def test_a_block_that_raises_writes_nothing(store, database):
    def halfway():
        with database.writing() as session:
            session.add(SettingRow(key="a", value=1))
            session.flush()
            raise RuntimeError("halfway")

    with pytest.raises(RuntimeError, match="halfway"):
        halfway()
    assert store.settings.get("a") is None


def test_what_breaks_a_rule_of_the_schema_is_a_store_error(store, database):
    store.settings.put("a", 1)
    with pytest.raises(StoreError, match="refused"), database.writing() as session:
        session.add(SettingRow(key="a", value=2))
    assert store.settings.get("a") == 1


def test_an_upsert_replaces_or_keeps_what_was_there(store, database):
    for value, replace in ((1, True), (2, True), (3, False)):
        with database.writing() as session:
            upsert(session, SettingRow, [{"key": "a", "value": value}], replace=replace)
    assert store.settings.get("a") == 2


def switch(together, folder) -> None:
    for n in range(60):
        engine = connect(f"sqlite:///{folder}/{n}.db")
        together.wait(30)
        moment = time.time() // 0.02 * 0.02 + 0.04  # a barrier lets go of them one by one
        while time.time() < moment:
            pass
        with engine.connect() as connection:
            assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
        engine.dispose()


def test_processes_that_open_a_new_file_at_once_never_find_it_locked(tmp_path):
    spawn = mp.get_context("spawn")
    together = spawn.Barrier(4)
    processes = [spawn.Process(target=switch, args=(together, tmp_path)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * 4
