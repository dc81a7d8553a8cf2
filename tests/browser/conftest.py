"""A real server and a real Chromium. Helpers speak of what a person sees: labels in, a settled page out."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from visiting import Server, Visit, bare_environment

from gatedclip.store import Store

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"]


def pytest_collection_modifyitems(items) -> None:
    """A browser on a busy machine can outlast any wait: a test that fails is run once more, and the report counts that."""
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture(scope="session")
def demo_home(tmp_path_factory) -> Path:
    """A seeded demo, made once; servers work on copies of it."""
    home = tmp_path_factory.mktemp("demo") / "home"
    env = {**bare_environment(), "GATEDCLIP_HOME": str(home)}
    subprocess.run([sys.executable, "-m", "gatedclip", "demo"], env=env, check=True, capture_output=True)
    return home


@pytest.fixture(scope="module")
def server(demo_home, tmp_path_factory) -> Iterator[Server]:
    home = tmp_path_factory.mktemp("served") / "home"
    shutil.copytree(demo_home, home)
    running = Server(home)
    running.start()
    yield running
    running.stop()


@pytest.fixture
def store(server: Server) -> Iterator[Store]:
    """What the server remembers."""
    opened = Store.open(f"sqlite:///{server.home}/gatedclip.db")
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def browser():
    if not CHROMIUM:
        if os.environ.get("GATEDCLIP_REQUIRE_BROWSER"):
            pytest.fail("No Chromium, but browser tests are required here. Install Debian's chromium.")
        pytest.skip("no Chromium: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield launched
        launched.close()


@pytest.fixture
def visit(browser, server, tmp_path):
    """Opens a tab of its own: visit() or visit(width=420, dark=True). Fails on script errors and outside requests."""
    contexts, errors, outside = [], [], []
    inside = (server.url, server.url.replace("http", "ws"), "data:", "blob:")

    def open_tab(width: int = 1280, height: int = 1400, dark: bool = False) -> Visit:
        context = browser.new_context(
            viewport={"width": width, "height": height}, base_url=server.url, color_scheme="dark" if dark else "light"
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("request", lambda request: outside.append(request.url) if not request.url.startswith(inside) else None)
        return Visit(page)

    yield open_tab
    for n, context in enumerate(contexts):
        context.pages[0].screenshot(path=str(tmp_path / f"last-{n}.png"))
        context.close()
    assert not errors, errors
    assert not outside, f"the page called out to {outside}"


@pytest.fixture
def come(browser, server):
    """Comes to an app where people sign in, as somebody; each in a browser of their own."""
    contexts = []

    def sign_in(email: str) -> Visit:
        contexts.append(browser.new_context(viewport={"width": 1280, "height": 1400}, base_url=server.url))
        tab = Visit(contexts[-1].new_page()).go("")
        tab.page.set_default_timeout(30_000)
        tab.sees("Sign in to review.").page.get_by_role("button", name="Sign in").click()
        tab.page.get_by_role("button", name=email).click()
        tab.page.wait_for_url(f"{server.url}/**")
        return tab.settle()

    yield sign_in
    for context in contexts:
        context.close()
