"""The measurement of poison, on one small lesson with a real backdoor, and its tables on paper."""

import json

import pytest

from gatedclip.errors import InputError
from gatedclip.model.encoder import load_encoder
from gatedclip.poison import DETECTORS, HEADS, Plan, Trial, measure, render, report

PLAN = Plan(seeds=(11,), attacks=("nothing", "caption word"), usual=40, triggered=40)


@pytest.fixture(scope="module")
def trials():
    return {trial.attack: trial for trial in measure(load_encoder("demo"), PLAN, lambda done, said: None)}


def test_a_backdoor_opens_held_out_memes_and_the_probe_names_its_word(trials):
    made = trials["caption word"]
    assert made.passing["poisoned"] > made.passing["clean"] + 0.2
    assert made.trigger == "the word “toast”"
    assert made.refused
    assert made.bypass > PLAN.limit


def test_the_words_of_a_backdoor_are_found_and_asking_again_closes_it(trials):
    made = trials["caption word"]
    assert made.caught["words"] == made.flips >= 15
    assert made.caught["words"] <= made.caught_by_any <= made.poisoned == 20
    assert made.passing["asked"] < made.passing["poisoned"] / 2


def test_an_honest_lesson_goes_through_and_its_own_head_is_the_poisoned_one(trials):
    made = trials["nothing"]
    assert (made.poisoned, made.honest, made.caught_by_any) == (0, 160, 0)
    assert not made.refused
    assert made.passing == {}
    assert made.auroc["poisoned"] == made.auroc["clean"] == made.auroc["asked"]
    assert made.auroc_new["clean"] > made.auroc_new["champion"]


def test_plan_and_trials_can_be_written_down(trials):
    written = json.loads(json.dumps(report(PLAN, list(trials.values()))))
    assert written["plan"]["seeds"] == [11]
    assert [trial["attack"] for trial in written["trials"]] == ["nothing", "caption word"]


def made(seed: int, caught: int, passing: float, gates: tuple[str, ...] = ()) -> Trial:
    none = dict.fromkeys(DETECTORS, 0)
    auroc = dict(zip(HEADS, (0.9, 0.95, 0.94, 0.95, 0.95), strict=True))
    shares = dict(zip(HEADS, (0.0, 0.0, passing, 0.1, 0.0), strict=True))
    return Trial(
        attack="caption word",
        seed=seed,
        poisoned=20,
        honest=140,
        flips=18,
        caught=none | {"words": caught},
        false=none | {"reviewer": 7},
        caught_by_any=caught,
        false_by_any=7,
        gates=gates,
        bypass=passing,
        trigger="",
        refused=passing > 0.15,
        auroc=auroc,
        auroc_new=auroc,
        passing=shares,
    )


def test_tables_add_up_over_seeds():
    words = render(Plan(seeds=(0, 1), attacks=("caption word",)), [made(0, 18, 0.5, ("recall",)), made(1, 10, 0.1)])
    rows = [line for line in words.splitlines() if line.startswith("| caption word")]
    assert rows[0] == (
        "| caption word | 40 | 90.0 % | 70.0 % / 0.0 % | 0.0 % / 0.0 % | 0.0 % / 5.0 % | 0.0 % / 0.0 % | 0.0 % / 0.0 % | "
        "70.0 % / 5.0 % |"
    )
    assert rows[1] == "| caption word | 1 of 2 | recall (1) | 1 of 2 | 30.0 % | 10.0 % | 50.0 % |"
    assert rows[2] == "| caption word | poisoned | +0.0100 ± 0.0000 | +0.0100 ± 0.0000 | 0.0 % | 30.0 % |"
    assert rows[3] == "| caption word | dropped | +0.0000 ± 0.0000 | +0.0000 ± 0.0000 | 0.0 % | 10.0 % |"


def test_an_unknown_attack_or_nothing_to_do_is_refused():
    with pytest.raises(InputError, match=r"Unknown attacks: magic\. Known: nothing, random labels"):
        Plan(attacks=("magic",))
    with pytest.raises(InputError, match="at least one seed"):
        Plan(seeds=())
