import pytest

from gatedclip.config import TrainConfig
from gatedclip.errors import DataError
from gatedclip.types import Way


@pytest.fixture
def taught(teach):
    """A workbench with a base set of 100, a meme to review and one promoted head."""
    return teach(1, TrainConfig(epochs=10, warmup=1, learning_rate=3e-3))


def test_trust_is_measured_once_per_picture_words_head_and_method(taught):
    meme = taught.claim("anna")
    first = taught.trust(meme)
    assert first.badge in ("solid", "shaky", "unstable")
    told = []
    assert taught.engine.trust(meme, Way(), on_progress=told.append) == first
    assert told == []  # nothing was measured again
    taught.engine.trust(meme, Way("leave one out"), on_progress=told.append)
    assert told[-1] == 1


def test_an_explanation_of_the_gate_is_not_taken_for_one_of_the_verdict(taught):
    meme, engine = taught.claim("anna"), taught.engine
    margin, gate = (engine.explain(meme, Way("leave one out", target)) for target in ("margin", "gate"))
    black = engine.explain(meme, Way("leave one out", baseline="black"))
    assert (margin.patches != gate.patches).any()
    assert "black" in black.baseline
    assert (engine.explain(meme, Way("leave one out", "gate")).patches == gate.patches).all()


def test_what_is_not_the_default_is_part_of_the_name_it_is_kept_under():
    assert Way().name == "quick"
    assert Way("quick", "gate").name == "quick|gate"
    assert len("trust:" + Way("integrated gradients", "gate").name) <= 64
    assert Way("integrated gradients", "gate", "blurred").name == "integrated gradients|gate|blurred"


def test_the_ledger_agrees_with_the_prediction_and_adds_up(taught):
    meme = taught.claim("anna")
    (said,), told = taught.predict([meme]), taught.ledger(meme)
    assert (told.probability, told.gate, told.share) == pytest.approx((said.probability, said.gate, said.share), abs=1e-5)
    assert told.margin.picture + told.margin.words == pytest.approx(told.margin.margin - told.margin.base, abs=1e-5)
    assert told.references == 80  # the training memes of a base set of 100
    assert abs(told.without_picture - told.probability) > abs(told.without_words - told.probability)  # only colours decide here


def test_an_unknown_way_of_explaining_is_refused(taught):
    with pytest.raises(DataError, match="'magic' is not known"):
        taught.explain(taught.claim("anna"), Way("magic"))
