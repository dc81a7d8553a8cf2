"""The table of what each head can do."""

import numpy as np
import pytest
import torch

from gatedclip.config import ASSETS, TrainConfig
from gatedclip.learn.train import fit
from gatedclip.model.checkpoint import load
from gatedclip.types import Interval, Split
from gatedclip.world import table
from gatedclip.world.base import load_base


def test_the_interval_over_seeds_is_students_t() -> None:
    found = table.over_seeds([0.8, 0.9, 1.0])
    half = 4.302653 * 0.1 / 3**0.5  # t(0.975, 2 degrees of freedom) · s / √n
    assert (found.value, found.low, found.high) == pytest.approx((0.9, 0.9 - half, 0.9 + half), abs=1e-6)
    assert table.over_seeds([0.7]) == Interval(0.7, 0.7, 0.7)


def test_a_row_reports_what_the_head_says_about_each_truth() -> None:
    base = load_base()
    held = table.examples(base[Split.VALIDATION])
    trained = fit(held, held, TrainConfig(head="words", epochs=1, warmup=0))
    row = table._row("tuned", "words", [trained], base[Split.TEST])
    assert set(row.by_truth) == {"picture", "words", "together"}
    assert row.gate == {}
    with torch.no_grad():
        right = (trained.head(base[Split.TEST].picture, base[Split.TEST].words).probability >= trained.threshold).float()
    assert row.accuracy.value == pytest.approx(float((right == base[Split.TEST].hateful).float().mean()))


def test_the_table_is_markdown_with_gates_only_where_there_is_a_gate() -> None:
    one = Interval(0.5, 0.4, 0.6)
    truths = dict.fromkeys(("picture", "words", "together", "neither"), one)
    by_truth = dict.fromkeys(("picture", "words", "together"), one)
    rows = [table.Row("tuned", "mean", one, one, by_truth, {}, 1.0), table.Row("tuned", "gated", one, one, by_truth, truths, 1.0)]
    lines = table.render(rows).splitlines()
    assert len({line.count("|") for line in lines}) == 1
    assert "0.500 ± 0.100" in lines[2]
    assert [line.count("0.500") for line in lines[2:]] == [5, 9]


def test_the_head_that_ships_knows_its_themes_and_not_the_missing_ones() -> None:
    trained = load(ASSETS / "head")
    test = load_base()[Split.TEST]
    assert trained.encoder == test.encoder
    figures = trained.provenance["test"]
    assert figures["known themes"]["auroc"]["value"] >= 0.97
    assert figures["missing themes"]["auroc"]["value"] < figures["known themes"]["auroc"]["value"] - 0.05
    novelty = trained.familiar.novelty(test.known().picture, test.known().words)
    assert np.mean(novelty.numpy() > 1) < 0.05
