"""A head that learned a reviewer is found out by leaving that reviewer out."""

import numpy as np
import pytest
import torch

from gatedclip.config import TrainConfig
from gatedclip.errors import DataError
from gatedclip.learn.reviewers import held_out_reviewers
from gatedclip.learn.train import Examples

CONFIG = TrainConfig(epochs=12, warmup=1, learning_rate=3e-3, gate_hold=0, patience=12, batch=16)
D = 8


def memes(n: int, seed: int, turn: bool = False) -> Examples:
    """Memes whose first feature tells the label; `turn` lets a reviewer's memes, marked by the last feature, say the opposite."""
    random = torch.Generator().manual_seed(seed)
    picture, words = torch.randn(n, D, generator=random), torch.randn(n, D, generator=random)
    hateful = (picture[:, 0] > 0).float()
    picture[:, -1] = 8.0 if turn else -8.0
    return Examples(picture, words, 1 - hateful if turn else hateful, weight=torch.ones(n))


def joined(*parts: Examples) -> Examples:
    columns = {name: torch.cat([getattr(part, name) for part in parts]) for name in ("picture", "words", "hateful", "weight")}
    return Examples(**columns)


def quiet(fraction: float, message: str) -> None:
    pass


def test_a_reviewer_with_rules_of_their_own_is_only_foreseen_by_a_head_that_learned_from_them():
    data = joined(memes(80, 0), memes(60, 1), memes(60, 2, turn=True))
    found = held_out_reviewers(data, 80, ["anna"] * 60 + ["ben"] * 60, memes(60, 3), CONFIG, quiet)
    assert found.change.high < 0
    assert {each.name: each.decisions for each in found.reviewers} == {"anna": 60, "ben": 60}
    assert found.reviewers[1].held.value < 0.5 < found.reviewers[1].normal.value
    assert found.sentence.startswith("The head learns the reviewer: ")


def test_reviewers_of_one_mind_are_foreseen_as_well_by_heads_that_never_saw_them():
    data = joined(memes(80, 0), memes(60, 1), memes(60, 2))
    found = held_out_reviewers(data, 80, ["anna"] * 60 + ["ben"] * 60, memes(60, 3), CONFIG, quiet)
    assert found.change.low > -0.1
    assert found.held.value > 0.9
    assert "does not show" in found.sentence
    assert "on 120 decisions" in found.sentence


def test_one_person_or_too_few_decisions_cannot_be_left_out():
    data = joined(memes(40, 0), memes(12, 1))
    with pytest.raises(DataError, match="1 people have 5 decisions"):
        held_out_reviewers(data, 40, ["anna"] * 10 + ["ben"] * 2, memes(20, 3), CONFIG, quiet)


def test_a_reviewer_of_one_label_has_no_area_of_their_own():
    kind = memes(40, 2)
    kind = kind.take(np.flatnonzero(kind.labels == 0))
    data = joined(memes(40, 0), memes(30, 1), kind)
    found = held_out_reviewers(data, 40, ["anna"] * 30 + ["ben"] * len(kind), memes(20, 3), CONFIG, quiet)
    assert [each.held is None for each in found.reviewers] == [False, True]
