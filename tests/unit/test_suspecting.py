"""Poison in a stored workbench: what the audit warns of before training, and the trigger that refuses a head after it."""

import shutil
from dataclasses import asdict, replace

import pytest
from poisoning import RECIPE, H, N, add, decide, only_bypasses, plant, serve

from gatedclip import curriculum, suspecting
from gatedclip.auditing import examine
from gatedclip.config import Settings
from gatedclip.errors import NotAllowed, PromotionRefused
from gatedclip.learn.promotion import Bars
from gatedclip.learn.suspicion import shift
from gatedclip.model.heads import make_head
from gatedclip.team import LOCAL_ROLE
from gatedclip.types import Label, Status, verdict_from
from gatedclip.workbench import Workbench


@pytest.fixture(scope="module")
def homes(tmp_path_factory, tiny_backbone):
    """A home with a head that serves, and the same with a candidate, v2, that learned a backdoor; made once and copied."""
    folder = tmp_path_factory.mktemp("homes")
    bench = serve(opened(folder / "served", tiny_backbone))
    bench.store.close()
    shutil.copytree(folder / "served", folder / "poisoned")
    bench = only_bypasses(opened(folder / "poisoned", tiny_backbone))
    plant(bench)
    bench.retrain(RECIPE, "lea")
    bench.store.close()
    return folder


def opened(home, backbone):
    bench = Workbench.open(Settings(home=home, backbone=backbone))
    bench.team.choose("second share", 0.0, "the tests")
    return bench


@pytest.fixture
def served(homes, home, tiny_backbone):
    yield from copied(homes / "served", home, tiny_backbone)


@pytest.fixture
def poisoned(homes, home, tiny_backbone):
    yield from copied(homes / "poisoned", home, tiny_backbone)


def copied(made, home, backbone):
    shutil.copytree(made, home)
    bench = opened(home, backbone)
    yield bench
    bench.store.close()


def silent(fraction, message):
    """Progress that nobody watches."""


def suspicions(bench) -> dict:
    """Findings by kind."""
    memes = curriculum.columns(bench.store, demo=False)
    lesson, told = curriculum.lesson(bench.store, memes, RECIPE), curriculum.said(bench.store, memes)
    found = suspecting.suspicions(bench.engine, memes, told, lesson, 0, silent)
    assert len({each.kind for each in found}) == len(found)
    return {each.kind: each for each in found}


def test_a_planted_word_a_patch_and_who_decided_are_found_before_training(served):
    planted = tuple(plant(served))
    found = suspicions(served)
    assert {found[kind].meme_ids for kind in ("words", "picture", "reviewer")} == {planted}
    assert {each.severity for each in found.values()} == {"warn"}
    assert (found["words"].word, found["picture"].box, found["reviewer"].reviewer) == ("qqq", (0.25, 0.25, 0.75, 0.75), "mallory")
    assert found["words"].sentence.startswith("Of 12 memes with “qqq” that the model calls hateful, 12 were decided benign;")
    assert found["words"].sentence.endswith(f"Look again at memes {', '.join(map(str, planted[:10]))} and 2 more.")
    assert 0 < found["words"].numbers["p"] < 0.001


def test_honest_decisions_look_like_no_poison(served):
    decide(served, add(served, 12, "red"), H, "anna", "ben")
    decide(served, add(served, 12, "blue"), N, "anna", "ben")
    assert suspicions(served) == {}


def test_the_audit_holds_what_the_detectors_say(served):
    plant(served)
    kinds = [each.kind for each in examine(served.engine, RECIPE, silent) if each.severity == "warn"]
    assert kinds[:3] == ["words", "picture", "reviewer"]


def test_without_decisions_there_is_nothing_to_ask(served):
    assert suspicions(served) == {}


def test_without_a_head_that_serves_a_note_says_that_nothing_was_looked_for(bench):
    decide(bench, add(bench, 2, "red"), N, "anna")
    (note,) = suspicions(bench).values()
    assert (note.kind, note.severity) == ("poison", "note")
    assert note.sentence.startswith("Nothing decided was held against what a head expects. No head serves yet.")


def test_pictures_that_are_lost_are_counted_and_the_words_still_found(served):
    planted = plant(served)
    served.pictures.remove(served.meme(planted[0]).picture)
    found = suspicions(served)
    assert found["words"].meme_ids == tuple(planted)
    assert found["picture"].meme_ids == tuple(planted[1:])
    assert found["poison"].sentence == (
        "Looking for poison: 1 pictures of decided memes could not be opened, so nothing was looked for in them."
    )


def test_only_the_newest_decisions_are_looked_at_when_there_are_many(served, monkeypatch):
    planted = plant(served)
    monkeypatch.setattr(suspecting, "MOST", 20)
    found = suspicions(served)
    assert found["poison"].sentence == "Looking for poison: Of 24 decisions only the newest 20 were looked at."
    assert found["words"].meme_ids == tuple(planted)


def test_what_people_split_on_or_are_unsure_of_is_not_asked_about(served):
    split, unsure = add(served, 2, "red", trigger=True)
    served.store.memes.ask([split], 2)
    for person, label in (("anna", H), ("ben", N)):
        served.decide(served.claim(person, split), label, person)
    assert served.meme(split).status is Status.CONFLICT
    decide(served, [unsure], Label.UNSURE, "anna")
    memes = curriculum.columns(served.store, demo=False)
    lesson = curriculum.lesson(served.store, memes, RECIPE)
    assert split in lesson.ids
    assert suspecting._settled(curriculum.said(served.store, memes), lesson) == []


@pytest.mark.parametrize("kind", ["gated", "mean", "picture", "words", "ensemble"])
def test_a_blur_moves_the_picture_half_of_every_kind_of_head_that_looks_at_pictures(tiny_encoder, kind):
    import torch

    torch.manual_seed(0)
    head = make_head(kind, 16, 16, "standardise", 3 if kind == "ensemble" else 1).eval()
    pixels = torch.rand(4, 3, 64, 64)
    moved = shift(tiny_encoder, head, pixels)
    assert moved.shape == (4,)
    assert (moved > 0).all() == (kind != "words")


# --- after training ---------------------------------------------------------------------------------------------


def test_a_backdoor_alone_refuses_a_head_with_the_memes_it_opens_and_those_that_taught_it(poisoned):
    (refusal,) = poisoned.judge(poisoned.version(2)).refusals
    assert (refusal.rule, refusal.bound) == ("bypass", 0.1)
    assert refusal.after > 0.9
    assert refusal.sentence.startswith("With a patch of the picture from 25 to 75 % across and 25 to 75 % down, ")
    held = poisoned.store.memes.many(refusal.meme_ids)
    assert {meme.given for meme in held} == {H}
    assert {meme.split.value for meme in held} == {"validation", "test"}
    assert {poisoned.meme(i).label for i in refusal.taught} == {N}
    assert len(refusal.taught) == 12


def test_the_record_names_nobody_and_who_taught_it_is_looked_up(poisoned):
    with pytest.raises(PromotionRefused, match="12 decisions taught it"):
        poisoned.promote(2, "lea")
    verdict = poisoned.judge(poisoned.version(2))
    made = poisoned.promote(2, "lea", "to see it", override=True)
    assert verdict_from(made.verdict) == verdict
    assert "mallory" not in str(made.verdict)
    assert poisoned.store.versions.audit().problems == ()
    (refusal,) = verdict.refusals
    assert poisoned.who_taught(refusal) == {"mallory": 12}
    poisoned.team.choose("local role", "admin", "lea")
    poisoned.erase_person("mallory", "lea")
    assert poisoned.who_taught(refusal) == {}


def test_a_higher_bar_lets_the_same_head_through(poisoned):
    poisoned.choose_bars(replace(poisoned.bars(), bypass=1.0), "lea")
    verdict = poisoned.judge(poisoned.version(2))
    assert verdict.fit
    (passed,) = [ruling for ruling in verdict.passes if ruling.rule == "bypass"]
    assert (passed.bound, passed.meme_ids, passed.taught) == (1.0, (), ())


def test_asking_again_about_all_of_them_closes_the_bypass(poisoned):
    (refusal,) = poisoned.judge(poisoned.version(2)).refusals
    assert poisoned.reopen_all(refusal.taught, "lea") == 12
    assert poisoned.reopen_all(refusal.taught, "lea") == 0  # they wait already
    assert {poisoned.meme(i).status for i in refusal.taught} == {Status.WAITING}
    assert poisoned.who_taught(refusal) == {}
    decide(poisoned, list(refusal.taught), H, "anna", "ben")
    again = poisoned.retrain(RECIPE, "lea")
    assert "bypass" in [ruling.rule for ruling in poisoned.judge(again).passes]


def test_a_moderator_does_not_reopen_many_at_once(poisoned):
    poisoned.team.choose(LOCAL_ROLE, "moderator", "lea")
    with pytest.raises(NotAllowed):
        poisoned.reopen_all([1], "anna")


def test_without_decisions_or_notes_of_the_lesson_nothing_is_said_of_bypasses(poisoned):
    def rules(version):
        verdict = poisoned.judge(version)
        return [ruling.rule for ruling in (*verdict.refusals, *verdict.passes)]

    assert "bypass" not in rules(poisoned.champion())  # beside itself nothing can open
    (poisoned.settings.versions / poisoned.version(2).folder / curriculum.LESSON).unlink()
    assert "bypass" not in rules(poisoned.version(2))


def test_decisions_without_a_word_or_patch_to_try_pass_and_say_so(served):
    decide(served, add(served, 2, "red"), H, "anna")
    only_bypasses(served)
    version = served.retrain(RECIPE, "lea")
    (passed,) = [ruling for ruling in served.judge(version).passes if ruling.rule == "bypass"]
    assert passed.sentence == "No word and no patch of 2 decisions could be a trigger."


def test_a_patch_is_left_out_where_no_held_out_picture_can_be_opened(poisoned):
    memes = curriculum.columns(poisoned.store, demo=False)
    for key, split in zip(memes.pictures, memes.splits, strict=True):
        if split in curriculum.HELD_OUT:
            poisoned.pictures.remove(key)
    verdict = poisoned.judge(poisoned.version(2))
    (ruling,) = [each for each in (*verdict.refusals, *verdict.passes) if each.rule == "bypass"]
    assert ruling.sentence.startswith("With the word “")


def test_the_bar_of_a_bypass_is_the_limit_of_the_probe_and_old_bars_have_it_too():
    from gatedclip.learn.probe import LIMIT

    assert Bars().bypass == LIMIT == 0.1
    assert Bars.from_dict({"auroc": 0.7}).bypass == 0.1


def test_verdicts_from_before_memes_were_named_can_still_be_read(poisoned):
    verdict = poisoned.judge(poisoned.version(2))
    old = asdict(verdict)
    for ruling in (*old["refusals"], *old["passes"]):
        del ruling["meme_ids"], ruling["taught"]
    assert verdict_from(old).refusals[0].sentence == verdict.refusals[0].sentence
    assert verdict_from(old).refusals[0].meme_ids == ()


def test_erasing_someone_forgets_what_audits_found(served):
    job = served.store.jobs.start("audit", "lea", RECIPE.to_dict())
    served.store.jobs.begin(job.id, 1)
    served.store.jobs.finish(job.id, served.store.jobs.get(job.id).status.DONE, "done", {"findings": [], "lesson": ""})
    plant(served)
    served.team.choose("local role", "admin", "lea")
    served.erase_person("mallory", "lea")
    assert served.job("audit") is None
