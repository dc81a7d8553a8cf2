"""The measurement of the correction memory."""

import pytest

from gatedclip.config import ASSETS, TrainConfig
from gatedclip.errors import DataError
from gatedclip.model import checkpoint
from gatedclip.world import remembering
from gatedclip.world.remembering import COLUMNS, WAYS, over_seeds


def test_an_interval_over_seeds_by_hand():
    found = over_seeds([0.8, 0.9])
    assert found.value == pytest.approx(0.85)
    assert found.high - found.value == pytest.approx(12.7062 * 0.05, rel=1e-4)  # t at 97.5 % with one degree, spread / √2


def test_a_small_run_fills_the_table_and_leaves_the_head_alone_as_it_is():
    trained = checkpoint.load(ASSETS / "head")
    quick = TrainConfig(epochs=1, batch=512, warmup=0, gate_hold=0)
    found = remembering.run(trained.head, trained.threshold, quick, 20, 2, lambda fraction, message: None)
    assert set(found.rows) == set(WAYS)
    assert all(set(marks) == set(COLUMNS) for marks in found.rows.values())
    alone = found.rows["head alone"]["new AUROC"]
    assert alone.low == pytest.approx(alone.high)  # the same head for every seed
    assert found.new + found.old == 2000
    text = remembering.table(found)
    assert text.count("\n| ") == 1 + 1 + len(WAYS)
    assert "20 memes of missing themes decided" in text


def test_one_seed_has_no_interval_and_is_refused():
    trained = checkpoint.load(ASSETS / "head")
    with pytest.raises(DataError, match="1 seed was asked for"):
        remembering.run(trained.head, trained.threshold, TrainConfig(), 20, 1, lambda fraction, message: None)
