"""A server of the app, and a person at a tab of it."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from oidc_provider_mock import User, run_server_in_thread

ROOT = Path(__file__).resolve().parents[2]
HOSTILE = '<img src=x onerror="document.title=1"> ![x](http://198.51.100.7/beacon.png) <style>*{display:none}</style> [link](http://198.51.100.7)'


@dataclass
class Server:
    """The app on a port of its own, over a home of its own."""

    home: Path
    port: int = field(default_factory=lambda: _free_port())
    process: subprocess.Popen | None = None
    options: tuple[str, ...] = ()  # of Streamlit's command line
    settings: dict[str, str] = field(default_factory=dict)  # GATEDCLIP_… variables

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        return self.home.parent / f"server-{self.port}.log"

    def start(self) -> None:
        command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(self.port), *self.options]
        env = {**bare_environment(), "GATEDCLIP_HOME": str(self.home), **self.settings}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT, env=env)
        for _ in range(1200):
            if self.process.poll() is not None:
                break
            try:
                if urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=1).read() == b"ok":
                    return
            except OSError:
                time.sleep(0.05)
        raise RuntimeError(f"the server did not start:\n{self.log.read_text()}")

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(20)
        said = self.log.read_text()
        assert "Traceback" not in said, said[-4000:]  # nothing may fail silently


class Visit:
    """One person at one tab."""

    def __init__(self, page) -> None:
        self.page = page

    def go(self, path: str = "") -> Visit:
        self.page.goto(f"/{path}")
        return self.settle()

    def settle(self) -> Visit:
        """Waits for Streamlit's own word that the run is over."""
        self.page.wait_for_timeout(300)  # on a busy machine the run begins a while after the press
        app = "[data-testid=stApp][data-test-connection-state=CONNECTED]"
        self.page.locator(f"{app}[data-test-script-state=notRunning]").wait_for(state="attached")
        return self

    def press(self, key: str) -> Visit:
        self.page.keyboard.press(key)
        return self.settle()

    def click(self, label: str, role: str = "button") -> Visit:
        main = self.page.locator("[data-testid=stMain]")
        main.get_by_role(role, name=re.compile(rf"\b{re.escape(label)}")).first.click()
        return self.settle()

    def open(self, label: str) -> Visit:
        """Opens an expander."""
        self.page.locator("summary", has_text=label).first.click()
        return self.settle()

    def choose(self, label: str, option: str) -> Visit:
        """Picks one option of a row of options."""
        self.page.get_by_role("radiogroup", name=label).get_by_role("radio", name=option, exact=True).click()
        return self.settle()

    def name(self, name: str) -> Visit:
        """Says who reviews here."""
        box = self.page.get_by_role("combobox", name="Reviewer")
        box.click()
        box.fill(name)
        self.page.get_by_role("option").first.wait_for()
        box.press("Enter")
        self.settle()
        return self.leave_the_box()

    def leave_the_box(self) -> Visit:
        """Out of a text box, where keys are only letters."""
        self.page.get_by_role("heading", level=1).click()
        return self.settle()

    def select_row(self, row: int) -> Visit:
        """Ticks a row of the page's first table, which is drawn on a canvas."""
        table = self.page.locator("[data-testid=stDataFrame]").first
        table.click(position={"x": 17, "y": 35 + 35 * row + 17})
        return self.settle()

    def comes_true(self, wish: Callable[[], bool]) -> bool:
        """Whether something happens within ten seconds, while the page goes on."""
        for _ in range(100):
            if wish():
                return True
            self.page.wait_for_timeout(100)
        return wish()

    def meme_id(self) -> int:
        """The number of the meme on the desk."""
        alt = self.page.locator(".st-key-picture img").first.get_attribute("alt")
        return int(re.match(r"Meme (\d+)", alt).group(1))

    def words(self) -> str:
        """The words of the meme on the desk."""
        shown = self.page.locator(".gc-words, [data-testid=stHtml] p[role=group]").first
        shown.wait_for()
        return shown.inner_text()

    def likely(self) -> int:
        """The percentage on the verdict."""
        return int(re.search(r"(\d+)% likely hateful", self.screen()).group(1))

    def sees(self, text: str | re.Pattern) -> Visit:
        self.page.get_by_text(text).first.wait_for(state="visible")
        return self

    def sees_not(self, text: str) -> Visit:
        self.page.get_by_text(text).first.wait_for(state="hidden")
        return self

    def screen(self) -> str:
        """Everything readable on the main part of the page."""
        return self.page.locator("[data-testid=stMain]").inner_text()

    def look(self) -> Visit:
        """Waits for the meme, then takes the time a person needs before a decision counts."""
        self.page.locator(".st-key-picture img").first.wait_for()
        self.settle().page.wait_for_timeout(1_000)
        return self

    def next_meme(self, after: int) -> Visit:
        """Waits until another meme than `after` lies on the desk, and looks at it."""
        shown = f'.st-key-picture img:not([alt^="Meme {after},"])'
        self.page.locator(shown).first.wait_for()
        return self.look()

    def shown_picture(self) -> bytes:
        """The bytes the browser was given for the picture on the review desk."""
        source = self.page.locator(".st-key-picture img").first.get_attribute("src")
        return self.page.request.get(source).body()


_SECRETS = """
[auth]
redirect_uri = "{app}/oauth2callback"
cookie_secret = "only-for-this-test-0123456789abcdef"
client_id = "workbench"
client_secret = "only for this test"
server_metadata_url = "{provider}/.well-known/openid-configuration"
"""


@contextmanager
def signing_in(home: Path, *emails: str) -> Iterator[Server]:
    """The app over a home, where people sign in with a real OpenID provider on this machine: the first of them is an admin.

    All have verified e-mails and sign in with one click.
    """
    people = [User(sub=email, claims={"email": email, "email_verified": True}) for email in emails]
    with run_server_in_thread(user_claims=people) as provider:
        app = Server(home, settings={"GATEDCLIP_SIGN_IN": "1", "GATEDCLIP_ADMINS": emails[0]})
        secrets = home.parent / "secrets.toml"
        secrets.write_text(_SECRETS.format(app=app.url, provider=f"http://127.0.0.1:{provider.server_port}"))
        app.options = ("--secrets.files", str(secrets))
        app.start()
        yield app
        app.stop()


def bare_environment() -> dict[str, str]:
    """The environment without settings that would point the app to real data."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("GATEDCLIP_", "STREAMLIT_"))}


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]
