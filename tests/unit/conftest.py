"""A real store for every test: SQLite in a folder of its own, and PostgreSQL too where GATEDCLIP_TEST_POSTGRES names one."""

import os
import uuid
from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine, make_url, text

from gatedclip.store import Store

POSTGRES = os.environ.get("GATEDCLIP_TEST_POSTGRES", "")


@pytest.fixture(params=["sqlite", "postgresql"] if POSTGRES else ["sqlite"])
def store_url(request, tmp_path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'home' / 'gatedclip.db'}"
        return
    schema, server = f"test_{uuid.uuid4().hex}", create_engine(POSTGRES)
    with server.begin() as connection:
        connection.execute(text(f"create schema {schema}"))
    url = make_url(POSTGRES).update_query_dict({"options": f"-csearch_path={schema}"})
    yield url.render_as_string(hide_password=False)
    with server.begin() as connection:
        connection.execute(text(f"drop schema {schema} cascade"))
    server.dispose()


@pytest.fixture
def store(store_url) -> Iterator[Store]:
    store = Store.open(store_url)
    yield store
    store.close()
