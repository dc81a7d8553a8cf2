"""Measures the gates page in Chromium over 10,000 memes: `python docs/measure_gates.py` (Chromium and requirements-dev.txt).

Prints seconds until a person can act on the page, and from a changed filter until the page shows the new memes and rests.
"""

from __future__ import annotations

import re
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "browser"))
from visiting import Server

from gatedclip import demo
from gatedclip.config import Settings
from gatedclip.store import MemeFilter
from gatedclip.types import WORLD, NewMeme, Split
from gatedclip.workbench import Workbench
from gatedclip.world import memes as world

MEMES, TIMES = 10_000, 5
RESTS = "[data-testid=stApp][data-test-connection-state=CONNECTED][data-test-script-state=notRunning]"
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")


def fill(home: Path) -> None:
    """The demo, and as many more memes as make 10,000."""
    bench = Workbench.open(Settings(home=home))
    demo.seed(bench)
    more = world.collection(4_321, MEMES - bench.count(MemeFilter()))
    bench.store.memes.add(
        [NewMeme(m.address, m.text, WORLD, split=Split.QUEUE, given=m.label, truth=m.truth, theme=m.theme) for m in more]
    )
    bench.embed_all()


def seconds(act: Callable[[], object], done: Callable[[], object]) -> float:
    start = time.perf_counter()
    act()
    done()
    return time.perf_counter() - start


def shows(page: Page, count: str) -> None:
    page.get_by_text(re.compile(rf"{count} memes, ")).wait_for()
    page.locator(RESTS).wait_for(state="attached")


def choose(page: Page, option: str, count: str) -> float:
    """Seconds from the click on an option of the filter until its memes are shown."""
    page.get_by_role("combobox", name="Memes").click()
    wanted = page.get_by_role("option", name=option, exact=True)
    wanted.wait_for()
    return seconds(wanted.click, lambda: shows(page, count))


def measure(page: Page, view: str) -> None:
    opened = [seconds(lambda: page.goto(f"/gates?view={view}&memes=all"), lambda: shows(page, "10,000")) for _ in range(TIMES)]
    changed = [choose(page, option, count) for option, count in [("test", "2,000"), ("all", "10,000")] * TIMES]
    said = (f"{statistics.median(values):.2f} s (worst {max(values):.2f})" for values in (opened, changed))
    print(f"{view:8} open {next(said)}, filter {next(said)}")  # noqa: T201


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        home = Path(folder) / "home"
        fill(home)
        server = Server(home)
        server.start()
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_context(viewport={"width": 1280, "height": 1400}, base_url=server.url).new_page()
        page.set_default_timeout(120_000)
        first = seconds(lambda: page.goto("/gates?memes=all"), lambda: shows(page, "10,000"))
        print(f"first visit, with the model's loading: {first:.2f} s")  # noqa: T201
        for view in ("Balance", "Quality", "Slices", "Map"):
            measure(page, view)
        browser.close()
        server.stop()


if __name__ == "__main__":
    main()
