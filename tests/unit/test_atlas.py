"""Maps that are asked for and not waited for, in the background and by a process of its own."""

import time

import pytest

from gatedclip.atlas import KIND, Atlas
from gatedclip.config import TrainConfig
from gatedclip.errors import AlreadyRunning
from gatedclip.types import JobStatus, Way
from gatedclip.worker import run


@pytest.fixture
def taught(teach):
    """A workbench with a base set of 100, two memes to review and one promoted head."""
    return teach(2, TrainConfig(epochs=2, warmup=1))


@pytest.fixture
def meme(taught):
    return taught.claim("anna")


def settled(atlas: Atlas, meme, way: Way, trust: bool = False, seconds: float = 120):
    """How it stands once it is no longer under way."""
    end = time.monotonic() + seconds
    while (found := atlas.ask(meme, way, trust)).under_way:
        assert time.monotonic() < end
        time.sleep(0.05)
    return found


@pytest.mark.parametrize(
    "way", [Way("integrated gradients"), Way("leave one out", "gate", "black"), Way("kernel shap", baseline="blurred")]
)
def test_a_map_made_in_the_background_is_the_one_made_here_and_lands_where_maps_are_kept(taught, meme, way):
    atlas = Atlas(taught.engine)
    assert atlas.known(meme, way) is None
    assert settled(atlas, meme, way).state == "known"
    kept = atlas.known(meme, way)
    assert (kept.method, kept.target) == (way.method, way.target)
    assert taught.explain(meme, way).seconds == kept.seconds  # the very same record


def test_how_far_to_trust_a_map_is_found_out_in_the_background_too(taught, meme):
    atlas, way = Atlas(taught.engine), Way("quick")
    assert atlas.known_trust(meme, way) is None
    assert settled(atlas, meme, way, trust=True).state == "known"
    assert atlas.known_trust(meme, way).badge in ("solid", "shaky", "unstable")


def test_what_goes_wrong_is_said_and_can_be_tried_again(taught, meme):
    atlas, way = Atlas(taught.engine), Way("leave one out", baseline="magic")
    found = settled(atlas, meme, way)
    assert found.state == "failed"
    assert "'magic' is not known" in found.message
    assert atlas.ask(meme, way) == found
    atlas.insist(meme, way, False, "anna")
    assert settled(atlas, meme, way).state == "failed"


def test_what_takes_long_is_offered_and_made_by_a_process_of_its_own(taught, meme):
    atlas, way = Atlas(taught.engine, long=0.0), Way("leave one out")
    assert atlas.ask(meme, way).state == "offered"
    assert taught.store.jobs.latest(KIND) == []  # nothing begins unasked
    atlas.insist(meme, way, False, "anna")
    assert atlas.ask(meme, way).under_way
    with pytest.raises(AlreadyRunning, match="'anna'"):
        atlas.insist(meme, Way("kernel shap"), False, "ben")
    assert settled(atlas, meme, way).state == "known"
    (job,) = taught.store.jobs.latest(KIND)
    assert (job.status, job.requested_by, job.result) == (JobStatus.DONE, "anna", {"meme_id": meme.id})
    assert (taught.explain(meme, way).patches == atlas.known(meme, way).patches).all()


@pytest.mark.parametrize("trust", [False, True])
def test_the_worker_makes_what_the_job_says(taught, meme, trust):
    atlas, way = Atlas(taught.engine, long=0.0), Way("leave one out", "gate", "black")
    job = taught.store.jobs.start(KIND, "anna", atlas._options(meme, way, trust))
    assert atlas.ask(meme, way, trust).under_way
    run(taught, job.id)
    assert taught.store.jobs.get(job.id).status is JobStatus.DONE
    assert atlas.ask(meme, way, trust).state == "known"


def test_a_cancelled_job_stays_cancelled_until_somebody_insists(taught, meme):
    atlas, way = Atlas(taught.engine, long=0.0), Way("kernel shap")
    job = taught.store.jobs.start(KIND, "anna", atlas._options(meme, way, False))
    atlas.stop(meme, way)
    run(taught, job.id)
    assert atlas.ask(meme, way).state == "cancelled"
    assert atlas.known(meme, way) is None
    atlas.insist(meme, way, False, "ben")
    assert settled(atlas, meme, way).state == "known"


def test_a_job_that_failed_says_why(taught, meme):
    atlas, way = Atlas(taught.engine, long=0.0), Way("leave one out", baseline="magic")
    job = taught.store.jobs.start(KIND, "anna", atlas._options(meme, way, False))
    run(taught, job.id)
    found = atlas.ask(meme, way)
    assert found.state == "failed"
    assert "'magic' is not known" in found.message


def test_corrected_words_ask_for_a_map_of_their_own(taught, meme):
    atlas, way = Atlas(taught.engine), Way("leave one out")
    settled(atlas, meme, way)
    edited = taught.edit_words(meme.id, "entirely other words", "anna")
    assert settled(atlas, edited, way).state == "known"
    assert [w.text for w in atlas.known(edited, way).words] == ["entirely", "other", "words"]
