"""Twenty people review 400 memes at once: how long each waits for the next meme, as their browsers see it.

`python docs/measure_crowd.py [people] [memes]` (Chromium and requirements-dev.txt). People look at each meme for 0.7 s before
they press a key, so that this is a rush no real team keeps up; server and browsers share the machine.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from playwright.sync_api import sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "browser"))
import crowd
from visiting import Server

from gatedclip import demo
from gatedclip.config import Settings
from gatedclip.store import DecisionFilter, Store
from gatedclip.types import Action
from gatedclip.workbench import Workbench

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")


def main(people: int = 20, memes: int = 400) -> None:
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        home = Path(folder) / "home"
        demo.seed(Workbench.open(Settings(home=home)))
        crowd.fill(home, memes)
        server = Server(home)
        server.start()
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        start = time.monotonic()
        reviewers = crowd.review(browser, server, people)
        lasted = time.monotonic() - start
        waits = [seconds for each in reviewers for seconds in each.took()]
        wrong = [said for each in reviewers for said in each.wrong]
        browser.close()
        server.stop()
        tell(Store.open(f"sqlite:///{home}/gatedclip.db"), waits, wrong, lasted)


def tell(store: Store, waits: list[float], wrong: list[str], lasted: float) -> None:
    made = store.decisions.list(DecisionFilter(action=Action.DECIDE), None)
    middle, high = np.quantile(waits, (0.5, 0.95))
    sound = "sound" if store.decisions.audit().sound else "NOT sound"
    lines = (
        f"{len(made)} decisions about {len({d.meme_id for d in made})} memes by {len({d.reviewer for d in made})} people in"
        f" {lasted:.0f} s; errors on pages: {len(wrong)}; the record is {sound}",
        f"next meme after {middle:.2f} s median, {high:.2f} s p95, {max(waits):.2f} s worst, of {len(waits)}",
    )
    print("\n".join(lines))  # noqa: T201


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
