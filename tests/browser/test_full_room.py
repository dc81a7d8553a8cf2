"""Every screen of the review room with something on it, and all of that hostile: texts, names, policy, queues, tags."""

import shutil
from urllib.parse import urlencode

import pytest
from axe_playwright_python.sync_playwright import Axe
from visiting import HOSTILE, Server, Visit

from gatedclip.config import Settings
from gatedclip.store import MemeFilter, Store
from gatedclip.team import SECOND_SHARE, Team
from gatedclip.types import Action, Decision, Facet, Label, NewMeme, Policy, QueueRule, Role, Split, Status

pytestmark = pytest.mark.browser

EVE = '<a href="http://198.51.100.7">Eve</a><img src=x onerror="document.title=1">'
OPTIONS = (HOSTILE, "<style>*{display:none}</style>", ":material/home: **bold**")
H, B = Label.HATEFUL, Label.BENIGN


@pytest.fixture(scope="module")
def server(demo_home, tmp_path_factory):
    """A server of its own, as what is brought here must not reach other tests."""
    home = tmp_path_factory.mktemp("full") / "home"
    shutil.copytree(demo_home, home)
    running = Server(home)
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def room(server) -> dict[str, int]:
    """One meme of each kind that a screen shows, by what it is."""
    store = Store.open(f"sqlite:///{server.home}/gatedclip.db")
    team = Team(Settings(home=server.home), store)
    team.choose(SECOND_SHARE, 0.0, "lea")
    for name in (EVE, "Ben"):
        store.people.add(name, Role.ADMIN)
    policy = team.write_policy(Policy(HOSTILE, (Facet(EVE, HOSTILE, OPTIONS, many=False),)), EVE)
    team.write_rules([QueueRule(EVE[:60], HOSTILE, theme=HOSTILE, answers=2), QueueRule("all")], EVE)
    pictures = [meme.picture for meme in store.memes.find(MemeFilter(split=Split.QUEUE), 90)]
    kinds = ("decided", "copy", "escalated", "conflict", "listed", "hidden", "around", "like")
    shows = dict(zip(kinds, (0, 0, 1, 2, 3, 4, 5, 5), strict=True))
    ids = store.memes.add(
        [
            NewMeme(
                pictures[shows[kind]],
                HOSTILE if kind in ("decided", "copy") else f"{HOSTILE} {kind}",
                source=HOSTILE, name=HOSTILE, machine_text=HOSTILE, theme=HOSTILE, family=f"{HOSTILE} {shows[kind]}",
            )
            for kind in kinds
        ]
    )  # fmt: skip
    here = dict(zip(kinds, ids, strict=True))

    def say(who: str, kind: str, action: Action, label: Label | None, answers: int = 1) -> None:
        tags = {EVE: [HOSTILE]} if label is H else {}
        assert store.queue.claim(who, meme_id=here[kind])
        store.decisions.record(
            Decision(here[kind], action, who, label=label, note=HOSTILE, tags=tags, policy_id=policy.id if label else 0), answers
        )

    say(EVE, "decided", Action.DECIDE, H)
    say(EVE, "conflict", Action.DECIDE, H, answers=2)
    say("Ben", "conflict", Action.DECIDE, B, answers=2)
    say(EVE, "escalated", Action.ESCALATE, None)
    store.queue.assign([here["listed"]], EVE)
    team.make_gold(here["hidden"], H, EVE)
    store.exposures.add(EVE, here["decided"], 30.0)
    store.close()
    return here


def as_eve(path: str, **query: object) -> str:
    return f"{path}?{urlencode({'reviewer': EVE, **query})}"


def review(kind: str):
    """The review page with one meme, and all that can be unfolded beside it."""

    def shown(tab: Visit, room: dict[str, int]) -> None:
        tab.go(as_eve("", meme=room[kind])).sees("Reveal the picture")
        tab.open("Policy, version").open("Sub-labels").sees("How sure?")
        if kind == "copy":
            tab.sees("Decide the same")
        if kind in ("escalated", "conflict"):
            tab.sees("your decision settles it").sees(f"“{HOSTILE}”")

    return shown


def queue(which: str, sees: str):
    def shown(tab: Visit, room: dict[str, int]) -> None:
        tab.go(as_eve("queue", show=which, order="newest")).sees(sees)

    return shown


def group(tab: Visit, room: dict[str, int]) -> None:
    tab.go(as_eve("queue", order="newest"))
    tab.page.locator(f".st-key-group-{room['around']} button").click()
    tab.settle().sees(f"Leave out meme {room['like']}").sees("All of these are")


def history(tab: Visit, room: dict[str, int]) -> None:
    tab.go(as_eve("history", who=EVE, what="decide"))
    tab.page.locator("[data-testid=stDataFrame] canvas").first.wait_for()
    tab.select_row(1).sees("Receipt").sees("Appeal")  # below the conflict's, which is not decided


def team(section: str, sees: str):
    def shown(tab: Visit, room: dict[str, int]) -> None:
        tab.go(as_eve("team", team=section)).sees(sees)
        for folded in ("Write a new version", "Change the queues"):
            if tab.page.locator("summary", has_text=folded).count():
                tab.open(folded)

    return shown


SCREENS = {
    "review a copy": review("copy"),
    "review what was escalated": review("escalated"),
    "review a conflict": review("conflict"),
    "queue, waiting": queue("waiting", "Bring memes"),
    "queue, decided": queue("decided", "Decided as"),
    "queue, my list": queue("my list", "1 meme, newest first"),
    "queue, escalated": queue("escalated", "asks for a lead"),
    "queue, conflict": queue("conflict", "answers differ"),
    "queue, hidden": queue("hidden", "Back into the queue"),
    "a group": group,
    "history, an event": history,
    "team, people": team("People", "Role of everyone"),
    "team, quality": team("Quality", "How much is checked"),
    "team, policy": team("Policy", "Write a new version"),
    "team, queues": team("Queues", "Score what waits"),
    "team, flow": team("Flow", "Seen unblurred"),
    "team, record": team("Record", "Check every receipt"),
}
NAMES = ("team, quality", "team, flow", "team, people")  # show names, and none of the other texts


def readable(tab: Visit) -> str:
    """All texts of the page as they stand in it, what is folded and what stands in boxes and tables too."""
    main = tab.page.locator("[data-testid=stMain]")
    return main.text_content() + " ".join(main.locator("input, textarea").evaluate_all("all => all.map(e => e.value)"))


def accessible(tab: Visit) -> None:
    found = Axe().run(tab.page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]})
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("screen", SCREENS)
def test_hostile_texts_are_only_texts_and_the_screen_is_accessible_light_dark_and_narrow(visit, room, screen):
    """No request leaves either: the visit itself checks."""
    tab = visit()
    SCREENS[screen](tab, room)
    main = tab.page.locator("[data-testid=stMain]")
    if screen != "team, record":  # shows neither before it is asked
        wanted = EVE if screen in NAMES else HOSTILE
        assert tab.comes_true(lambda: wanted in readable(tab)), readable(tab)
    assert tab.page.title() != "1"
    assert tab.page.locator("[data-testid=stMain] a[href*='198.51.100.7'], img[src='x']").count() == 0
    assert main.locator("strong", has_text="bold").count() == 0
    assert tab.page.locator("[data-testid=stSidebar]").is_visible()
    accessible(tab)
    light = background(tab)
    tab.page.emulate_media(color_scheme="dark")
    assert tab.comes_true(lambda: background(tab) != light)
    tab.page.wait_for_timeout(500)
    accessible(tab)
    tab.page.set_viewport_size({"width": 420, "height": 900})
    tab.settle().page.wait_for_timeout(300)
    assert main.evaluate("e => [e.scrollWidth <= e.clientWidth, document.documentElement.scrollWidth <= innerWidth]") == [
        True,
        True,
    ]
    accessible(tab)


def background(tab: Visit) -> str:
    return tab.page.locator("[data-testid=stApp]").evaluate("e => getComputedStyle(e).backgroundColor")


def test_what_waits_is_scored_by_the_head_that_serves(visit, room, store):
    assert store.memes.get(room["like"]).score is None
    tab = visit()
    SCREENS["team, queues"](tab, room)
    tab.click("Score what waits").sees("memes were scored; all that wait have a score by the head that serves.")
    waiting = store.memes.find(MemeFilter(split=Split.QUEUE, status=Status.WAITING), 1000)
    assert all(0 <= meme.score <= 1 and meme.scored_by == waiting[0].scored_by for meme in waiting)
    assert store.queue.unscored(waiting[0].scored_by) == []
