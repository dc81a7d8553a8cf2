"""Takes the README's screenshots of the real app on a fresh demo: `make screenshots` (Chromium and requirements-dev.txt)."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "browser"))
from visiting import Server, Visit

from gatedclip import demo, worker
from gatedclip.config import Settings, TrainConfig
from gatedclip.store import MemeFilter
from gatedclip.team import SECOND_SHARE
from gatedclip.types import Label, Meme, Split, Status
from gatedclip.workbench import Workbench
from gatedclip.world import memes as world

IMAGES = Path(__file__).parent / "images"
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")


def teach(bench: Workbench, memes: list[Meme]) -> None:
    """Decides memes as MemeWorld's truth says, and trains on that as the retrain page does."""
    for meme in memes:
        held = bench.claim("guest", meme.id)
        if held is not None:
            bench.decide(held, world.at(meme.picture).label, "guest")
    job = bench.store.jobs.start("retrain", "guest", TrainConfig().to_dict())
    worker.run(bench, job.id)


def disagree(bench: Workbench) -> None:
    """Anna and Ben answer the same memes blind: she as the truth is, he with a mistake now and then."""
    for name in ("Anna", "Ben", "Lea"):
        bench.add_reviewer(name)
    bench.team.choose(SECOND_SHARE, 1.0, "Lea")
    for n, meme in enumerate(bench.memes(MemeFilter(split=Split.QUEUE, status=Status.WAITING), 40)):
        truth = world.at(meme.picture).label
        other = Label.BENIGN if truth is Label.HATEFUL else Label.HATEFUL
        for name, label in (("Anna", truth), ("Ben", other if n % 6 == 0 else truth)):
            held = bench.claim(name, meme.id)
            if held is not None:
                bench.decide(held, label, name, seconds=4.0 + n % 5)


def shoot(tab: Visit, name: str) -> None:
    tab.page.wait_for_timeout(2_000)  # figures and pictures come after the page
    tab.page.screenshot(path=IMAGES / f"{name}.png")


def tour(browser: Browser, server: Server, bench: Workbench) -> None:
    """The pictures in the README's order."""
    context = browser.new_context(viewport={"width": 1280, "height": 860}, base_url=server.url, device_scale_factor=1)
    tab = Visit(context.new_page())
    memes = bench.memes(MemeFilter(split=Split.QUEUE), 90)
    together = next(
        m for m in memes if m.truth == "together" and world.at(m.picture).label == "hateful" and bench.predict([m])[0].hateful
    )
    tab.go("queue").sees("Bring memes")
    shoot(tab, "queue")
    tab.go(f"?meme={together.id}").sees("Reveal the picture")
    shoot(tab, "review-blind")
    tab.press("v").sees("Blur the picture")
    shoot(tab, "review-revealed")
    tab.press("e").sees("Gate balance")
    shoot(tab, "review-explained")
    tab.page.set_viewport_size({"width": 1280, "height": 1500})
    tab.open("Picture, words, or only together").sees("Only together")
    tab.page.get_by_text("What if the gate stood elsewhere?").click()
    tab.settle().sees("picture only")
    shoot(tab, "ledger")
    tab.page.set_viewport_size({"width": 1280, "height": 1100})
    tab.go(f"lab?meme={together.id}").sees("Words")
    shoot(tab, "lab")
    tab.go("gates").sees("a decision outweighs")
    shoot(tab, "gates")
    tab.page.set_viewport_size({"width": 1280, "height": 860})
    teach(bench, memes[:20])
    tab.page.set_viewport_size({"width": 1280, "height": 1500})
    tab.go("retrain").sees("Memes that change sides").sees("theme worth")
    shoot(tab, "retrain")
    disagree(bench)
    tab.page.set_viewport_size({"width": 1280, "height": 1100})
    tab.go("team?team=Quality&reviewer=Lea").sees("Krippendorff")
    shoot(tab, "team")
    tab.page.set_viewport_size({"width": 1280, "height": 860})
    tab.go("queue?show=conflict&reviewer=Lea").sees("Settle")
    shoot(tab, "adjudication")
    dark = Visit(
        browser.new_context(viewport={"width": 1280, "height": 860}, base_url=server.url, color_scheme="dark").new_page()
    )
    dark.go("models").sees("Record of promotions").sees("Mean gate")
    shoot(dark, "models-dark")


def main() -> None:
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        bench = Workbench.open(Settings(home=Path(folder) / "home"))
        demo.seed(bench)
        server = Server(bench.settings.home)
        server.start()
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        try:
            tour(browser, server, bench)
        finally:
            browser.close()
            server.stop()


if __name__ == "__main__":
    main()
