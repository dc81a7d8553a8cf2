"""Many people at one server, each at a tab of their own: they decide whatever lies there until nothing waits."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, Page
from visiting import Server

from gatedclip.config import Settings
from gatedclip.store import MemeFilter
from gatedclip.team import GOLD_SHARE, SECOND_SHARE
from gatedclip.types import WORLD, Label, NewMeme, Split
from gatedclip.workbench import Workbench
from gatedclip.world import memes as world

KEYS = {Label.HATEFUL: "1", Label.BENIGN: "2", Label.UNSURE: "3"}
LOOK = 0.7  # seconds a person looks at a meme before pressing; less than 0.6 would not be counted
PATIENCE = 60.0  # seconds without anything new on any tab after which the crowd gives up

CLOCK = """(() => {
  // From the press of a key until the next meme's picture has arrived, in ms, as the browser sees it.
  window.crowd = {pressed: 0, took: []};
  let shown = "";
  addEventListener("keydown", () => { window.crowd.pressed = performance.now(); }, true);
  const look = () => {
    const picture = document.querySelector(".st-key-picture img");
    if (!picture || !picture.complete || !picture.naturalWidth || picture.alt === shown) return;
    if (shown && window.crowd.pressed) window.crowd.took.push(performance.now() - window.crowd.pressed);
    shown = picture.alt; window.crowd.pressed = 0;
  };
  document.addEventListener("load", look, true);
  new MutationObserver(look).observe(document, {subtree: true, childList: true, attributes: true, attributeFilter: ["alt"]});
})()"""

SEEN = """() => {
  const text = selector => document.querySelector(selector)?.innerText ?? "";
  const app = document.querySelector("[data-testid=stApp]");
  return {
    rests: app?.dataset.testConnectionState === "CONNECTED" && app?.dataset.testScriptState === "notRunning",
    picture: document.querySelector(".st-key-picture img")?.alt ?? "",
    last: text(".st-key-last"),
    nothing: text(".gc-empty").includes("Nothing waits for you"),
    wrong: text(".gc-problem") + text("[data-testid=stException]"),
  };
}"""


@dataclass
class Reviewer:
    """One person at one tab: what they pressed, what the page told them was decided, and what went wrong."""

    name: str
    page: Page
    pressed: dict[int, Label] = field(default_factory=dict)
    told: dict[int, Label] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    laid: tuple[int, float] = (0, 0.0)  # the meme that lies there, and since when
    done: bool = False

    def look(self) -> bool:
        """Looks at the tab and presses once the meme was looked at; whether anything was new."""
        seen = self.page.evaluate(SEEN)
        if seen["wrong"]:
            self.wrong.append(seen["wrong"])
        if not seen["rests"]:
            return False
        if told := re.search(r"meme (\d+), you: \S (\w+)", seen["last"]):
            self.told[int(told[1])] = Label(told[2])
        self.done = seen["nothing"]
        meme_id = int(re.match(r"Meme (\d+)", seen["picture"])[1]) if seen["picture"] else 0
        if self.done or not meme_id or meme_id in self.pressed:
            return self.done
        if meme_id != self.laid[0]:
            self.laid = meme_id, time.monotonic()
        elif time.monotonic() - self.laid[1] > LOOK:
            self.pressed[meme_id] = list(Label)[meme_id % 3]
            self.page.keyboard.press(KEYS[self.pressed[meme_id]])
            return True
        return False

    def took(self) -> list[float]:
        """Seconds from each key to the next meme."""
        return [ms / 1000 for ms in self.page.evaluate("window.crowd.took")]


def fill(home: Path, memes: int) -> None:
    """Makes so many memes wait in a home with the demo; each is answered by one person, and none is a hidden one."""
    bench = Workbench.open(Settings(home=home))
    bench.team.choose(SECOND_SHARE, 0.0, "lea")
    bench.team.choose(GOLD_SHARE, 0.0, "lea")
    more = world.collection(4_321, memes - bench.count(MemeFilter(split=Split.QUEUE)))
    bench.store.memes.add([NewMeme(m.address, m.text, WORLD, truth=m.truth, theme=m.theme) for m in more])
    bench.embed_all()
    bench.store.close()


def review(browser: Browser, server: Server, people: int) -> list[Reviewer]:
    """So many people review at once until nothing waits; the tabs stay open."""
    crowd = [_sit_down(browser, server, f"Reviewer {n}") for n in range(people)]
    news = time.monotonic()
    while waiting := [each for each in crowd if not each.done]:
        changes = [each.look() for each in waiting]
        if any(changes):
            news = time.monotonic()
        if time.monotonic() - news > PATIENCE:
            raise TimeoutError(f"Nothing new for {PATIENCE:.0f} s on the tabs of {', '.join(each.name for each in waiting)}.")
    return crowd


def _sit_down(browser: Browser, server: Server, name: str) -> Reviewer:
    context = browser.new_context(base_url=server.url, viewport={"width": 1000, "height": 1000})
    context.add_init_script(CLOCK)
    sitting = Reviewer(name, context.new_page())
    sitting.page.set_default_timeout(60_000)
    sitting.page.on("pageerror", lambda error: sitting.wrong.append(str(error)))
    sitting.page.goto(f"/?reviewer={name}")
    return sitting
