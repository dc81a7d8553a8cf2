import pytest
import torch
from explaining import head_for

from gatedclip.errors import DataError
from gatedclip.explain.score import looks_at, scorer


def vectors():
    return torch.randn(2, 3, 16, generator=torch.Generator().manual_seed(0)).unbind()


def test_the_scores_are_the_heads_own_margin_and_gate(tiny_encoder):
    head, (picture, words) = head_for(tiny_encoder), vectors()
    out = head(picture, words)
    assert torch.equal(scorer(head)(picture, words), out.margin)
    assert torch.allclose(scorer(head, "gate")(picture, words).sigmoid(), out.gate, atol=1e-6)


@pytest.mark.parametrize(
    ("kind", "seen"), [("gated", (True, True)), ("mean", (True, True)), ("picture", (True, False)), ("words", (False, True))]
)
def test_what_a_head_looks_at_is_found_out(tiny_encoder, kind, seen):
    assert looks_at(scorer(head_for(tiny_encoder, kind)), *vectors()) == seen


def test_an_unknown_target_is_refused_with_those_that_exist(tiny_encoder):
    with pytest.raises(DataError, match="'margin', 'gate'"):
        scorer(head_for(tiny_encoder), "loss")
