"""The app run in this process by Streamlit's own test harness, on an untrained CLIP and a home of its own."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "unit"))  # the small pictures and datasets are shared with the unit tests

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def app(home, tiny_backbone, monkeypatch):
    """Opens a page: app("queue"). What several sessions share is forgotten first, as after a restart of the server."""
    import streamlit as st
    from streamlit.testing.v1 import AppTest

    monkeypatch.setenv("GATEDCLIP_BACKBONE", tiny_backbone)
    monkeypatch.chdir(ROOT)
    monkeypatch.setitem(
        sys.modules, "__main__", sys.modules["__main__"]
    )  # the harness leaves the app there, and spawned processes run it
    st.cache_resource.clear()
    st.cache_data.clear()

    def visit(page: str = "review", **query: str) -> AppTest:
        opened = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
        opened.query_params.update(query)
        opened.run()
        return opened.switch_page(f"pages/{page}.py").run() if page != "review" else opened

    yield visit
    st.cache_resource.clear()


@pytest.fixture
def queue(app):
    """Opens the queue page in an empty frame.

    The harness starts cold at every run, so the guard of a page opened by `app` sends it round once more, and a button that
    acts by its value (not by a callback) is forgotten on the way. A running server is cold only once.
    """
    from streamlit.testing.v1 import AppTest

    def framed() -> None:
        import runpy

        from gatedclip.ui import nav

        with nav.framed():
            runpy.run_path("pages/queue.py")

    return lambda: AppTest.from_function(framed, default_timeout=120).run()
