"""The demo: whole or completed, never twice, never among other people's memes, and with something to teach."""

import shutil
from pathlib import Path

import pytest

from gatedclip import demo
from gatedclip.config import Settings, TrainConfig
from gatedclip.errors import ConfigError, DataError
from gatedclip.store.memes import MemeFilter
from gatedclip.types import NEW_THEMES, WORLD, Label, NewMeme, Split, Status
from gatedclip.workbench import Workbench
from gatedclip.world import memes as world
from gatedclip.world.themes import MISSING


@pytest.fixture
def empty(home) -> Workbench:
    return Workbench.open(Settings(home=home, device="cpu"))


@pytest.fixture(scope="module")
def day_one(tmp_path_factory) -> Path:
    """A home with the demo, to be copied."""
    home = tmp_path_factory.mktemp("demo") / "home"
    bench = Workbench.open(Settings(home=home, device="cpu"))
    demo.seed(bench)
    bench.store.close()
    return home


@pytest.fixture
def seeded(home, day_one) -> Workbench:
    shutil.copytree(day_one, home)
    return Workbench.open(Settings(home=home, device="cpu"))


def counts(bench: Workbench) -> dict[Split, int]:
    return {split: sum(found.values()) for split, found in bench.tally().items()}


def state(bench: Workbench) -> tuple:
    memes = bench.memes(MemeFilter(), limit=20_000)
    return [(m.picture, m.text, m.split, m.given, m.label) for m in memes], [v.data for v in bench.versions()]


def test_an_empty_workbench_is_given_memes_to_review_a_base_set_and_a_head_that_serves(empty):
    assert demo.wanted(empty)
    told = []
    demo.seed(empty, lambda fraction, message: told.append(fraction))
    assert not demo.wanted(empty)
    assert told == sorted(told)
    assert told[-1] == 1.0

    found = counts(empty)
    assert (found[Split.QUEUE], found[Split.TEST]) == (90, 2000)
    assert 6000 < found[Split.TRAIN] < 8500
    champion = empty.champion()
    assert (champion.name, champion.kind, champion.data["decisions"]) == ("v1", "gated", 0)
    assert champion.data["base"] == found[Split.TRAIN]
    assert champion.metrics["test"]["n"] == 2000


def test_the_queue_is_ready_to_look_at_and_carries_no_label(seeded):
    queue = seeded.memes(MemeFilter(split=Split.QUEUE), limit=100)
    assert all(
        seeded.pictures.has(m.picture, variant) for m in queue for variant in ("full", "thumb", "blurred", "thumb-blurred")
    )
    assert {(m.given, m.label, m.status, m.source) for m in queue} == {(None, None, Status.WAITING, WORLD)}


def test_the_base_set_lacks_the_themes_that_a_third_of_the_queue_is_about(seeded):
    columns = seeded.store.memes.all_keys()
    by_split = {s: [t for t, at in zip(columns.themes, columns.splits, strict=True) if at == s] for s in Split}
    assert not set(by_split[Split.TRAIN]) & set(MISSING)
    assert set(by_split[Split.TEST]) >= set(MISSING)
    assert sum(theme in MISSING for theme in by_split[Split.QUEUE]) == 30


def test_the_shipped_head_judges_the_base_set_without_embedding_it_anew(seeded):
    columns = seeded.store.memes.all_keys(Split.TEST)
    assert seeded.store.vectors.missing(seeded.engine.encoder.identity, "picture", columns.pictures) == []
    assert seeded.evaluate(seeded.champion()).auroc.value == pytest.approx(seeded.champion().metrics["test"]["auroc"]["value"])


def test_seeding_twice_changes_nothing(seeded):
    before = state(seeded)
    demo.seed(seeded)
    assert state(seeded) == before


@pytest.mark.parametrize("stop", [0.35, 0.9])
def test_a_seeding_that_was_cut_short_is_completed_by_the_next(empty, day_one, stop):
    class Cut(Exception): ...

    def cut(fraction, message):
        if fraction >= stop:
            raise Cut

    with pytest.raises(Cut):
        demo.seed(empty, cut)
    assert demo.wanted(empty)
    demo.seed(empty)
    whole = Workbench.open(Settings(home=day_one, device="cpu"))
    assert sorted(map(str, state(empty)[0])) == sorted(map(str, state(whole)[0]))
    assert len(empty.versions()) == 1


def test_a_workbench_with_memes_of_its_own_is_left_alone(empty):
    empty.store.memes.add([NewMeme("a" * 64, "mine", "upload")])
    assert not demo.wanted(empty)
    demo.seed(empty)
    assert (counts(empty)[Split.QUEUE], empty.champion()) == (1, None)
    with pytest.raises(DataError, match="also holds memes from upload; resetting would lose them"):
        demo.reset(empty)
    assert counts(empty)[Split.QUEUE] == 1


@pytest.mark.parametrize("other", [{"backbone": "ViT-B-32-quickgelu/openai"}, {"resize": "crop"}])
def test_another_clip_or_another_way_to_see_is_refused(home, other):
    bench = Workbench.open(Settings(home=home, **other))
    assert not demo.wanted(bench)
    with pytest.raises(ConfigError, match="The demo needs GATEDCLIP_BACKBONE demo and GATEDCLIP_RESIZE squash"):
        demo.seed(bench)


def test_a_visitor_s_corrections_teach_the_missing_themes_and_reset_brings_the_first_day_back(seeded):
    first_day = state(seeded)
    for meme in seeded.memes(MemeFilter(split=Split.QUEUE), limit=100):
        if meme.theme in MISSING:
            seeded.claim("visitor", meme.id)
            seeded.decide(meme, world.at(meme.picture).label, "visitor")
    version = seeded.retrain(TrainConfig(), "visitor")
    assert version.data["decisions"] == 30
    report = seeded.report(version)
    missing = next(part for part in report.slices if part.name == NEW_THEMES)
    assert missing.change.low > 0  # better on memes of those themes that nobody decided, beyond chance
    assert [r.rule for r in seeded.judge(version).refusals] in ([], ["seed noise"])
    seeded.promote(version.id, "visitor", "better on the missing themes", override=True)

    fresh = demo.reset(seeded)
    assert state(fresh) == first_day
    assert fresh.champion().name == "v1"
    assert {m.label for m in fresh.memes(MemeFilter(split=Split.QUEUE), limit=100)} == {None}
    assert Label.HATEFUL in {m.given for m in fresh.memes(MemeFilter(split=Split.TEST), limit=20)}
