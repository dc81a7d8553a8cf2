import json
import threading

import numpy as np
import pytest
import torch
from bringing import dataset

from gatedclip.config import TrainConfig
from gatedclip.errors import DataError
from gatedclip.population.columns import PopulationFilter
from gatedclip.population.measure import principal, read
from gatedclip.types import Label, Marks, Rationale, Split, Status


@pytest.fixture
def taught(teach):
    """A base set of 100 and three memes to review, one promoted head."""
    return teach(3, TrainConfig(epochs=4, warmup=1, learning_rate=3e-3))


def test_a_population_says_what_predicting_one_by_one_says(taught):
    found = taught.population()
    said = taught.predict(taught.look_up(found.ids.tolist()))
    assert len(found) == 100
    for name in ("probability", "margin", "gate", "share"):
        assert getattr(found, name) == pytest.approx(np.array([getattr(p, name) for p in said]), abs=1e-5)
    assert found.threshold == said[0].threshold
    assert taught.novelties(found) == pytest.approx(np.array([p.novelty for p in said]), abs=1e-4)


def test_memes_without_vectors_are_left_out_until_they_are_embedded(taught):
    assert taught.unembedded() == 3
    told = []
    taught.embed_all(lambda done, message: told.append(done))
    assert told[-1] == 1
    assert taught.unembedded() == 0
    assert taught.population(which=PopulationFilter(split=Split.QUEUE)).ids.tolist() == [101, 102, 103]


def test_a_decision_outweighs_the_label_a_meme_came_with_and_a_mark_tells_what_decides(taught):
    taught.embed_all()
    meme = taught.claim("anna")
    taught.decide(meme, Label.HATEFUL, "anna", marks=Marks(rationale=Rationale.WORDS))
    found = taught.population(which=PopulationFilter(state="decided"))
    assert (found.ids.tolist(), found.known.tolist(), found.truth.tolist()) == ([meme.id], ["hateful"], ["words"])
    taught.undo("anna")
    assert len(taught.population(which=PopulationFilter(state="decided"))) == 0


def test_other_words_are_seen_at_once(taught):
    before = taught.population()
    taught.edit_words(1, "quite other words", "anna")
    assert taught.unembedded() == 4
    taught.embed_all()
    after = taught.population()
    assert after.texts[0] == "quite other words"
    assert after.probability[0] != before.probability[0]


def test_nothing_is_asked_twice_while_nothing_changes(taught):
    assert taught.population() is not taught.population()  # each a filtered view …
    whole = taught._populations.of(taught.champion())
    assert taught._populations.of(taught.champion()) is whole  # … of the same answers


def test_shares_agree_with_the_ledger_of_each_meme_and_say_how_many_references_stood_in(taught):
    some = taught.population().sample(4)
    shares = taught.shapley_shares(some)
    assert shares.references == 80  # all training memes of the base set
    ledgers = [taught.ledger(meme) for meme in taught.look_up(some.ids.tolist())]
    assert shares.picture == pytest.approx(np.array([told.margin.picture_share for told in ledgers]), abs=1e-4)
    assert shares.apart.tolist() == [told.disagrees for told in ledgers]
    assert taught.shapley_shares(taught.population().of(some.ids[:1])).picture[0] == shares.picture[0]


def test_many_threads_get_the_same_answer(taught):
    found = []
    threads = [threading.Thread(target=lambda: found.append(taught.population().probability)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert all((probability == found[0]).all() for probability in found)


def test_a_workbench_without_memes_or_without_vectors_says_so(bench):
    with pytest.raises(DataError, match="There are no memes yet"):
        read(bench.engine)
    bench.import_archive("more.zip", dataset(2))
    with pytest.raises(DataError, match="None of the 2 memes can be looked at"):
        read(bench.engine)


def test_what_is_inspected_and_exported_is_plain(taught):
    told = taught.inspect(which=PopulationFilter(split=Split.TEST))
    assert json.loads(json.dumps(told))["memes"] == told["memes"] == taught.tally()[Split.TEST][Status.WAITING]
    some = taught.population().sample(2)
    first, *rows = taught.export_population(some).decode().splitlines()
    assert first.startswith("version,meme_id,text,label")
    assert len(rows) == 2
    assert json.loads(taught.export_population(some, "jsonl").splitlines()[0])["gate"] == pytest.approx(some.gate[0], abs=1e-6)


def test_principal_components_of_points_on_a_line_are_the_line():
    """Points at t·(3, 4)/5: the first component is t less its mean, the second nothing."""
    t = torch.tensor([0.0, 1.0, 5.0])
    plane, spread = principal(t[:, None] * torch.tensor([[3.0, 4.0]]) / 5)
    assert plane[:, 0] == pytest.approx(np.array([-2.0, -1.0, 3.0]), abs=1e-6)
    assert plane[:, 1] == pytest.approx(np.zeros(3), abs=1e-6)
    assert spread == pytest.approx((1.0, 0.0), abs=1e-9)
