"""The measurement of how much one decision should count for."""

import pytest

from gatedclip.config import TrainConfig
from gatedclip.errors import InputError
from gatedclip.model.encoder import load_encoder
from gatedclip.world import weighing
from gatedclip.world.weighing import PARTS


def test_a_small_run_gives_a_row_for_each_weight_and_no_decisions_are_no_lesson():
    quick = TrainConfig(epochs=1, batch=512, warmup=0, gate_hold=0)
    found = weighing.measure(load_encoder("demo"), [0, 1000], 0.0, 2, quick, lambda fraction, message: None)
    assert [each.weight for each in found] == [0, 1000]
    assert all(set(each.aurocs) == set(PARTS) for each in found)
    assert found[0].aurocs != found[1].aurocs
    assert "| nothing decided |" in weighing.table(found)
    assert weighing.table(found).count("\n") == 3


def test_one_seed_has_no_interval_and_is_refused():
    with pytest.raises(InputError, match="1 seeds and weights"):
        weighing.measure(load_encoder("demo"), [1], 0.0, 1, TrainConfig(), lambda fraction, message: None)
