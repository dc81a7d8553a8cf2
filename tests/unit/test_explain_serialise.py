from dataclasses import replace

import numpy as np
import pytest
from explaining import attribution

from gatedclip.errors import DataError
from gatedclip.explain.serialise import from_bytes, to_bytes, trust_from_bytes, trust_to_bytes
from gatedclip.types import Interval, Trust


def test_an_attribution_survives_exactly():
    patches = np.random.default_rng(0).normal(size=(7, 7)).astype(np.float32)
    words = [("<b>naïve</b>", 0.1 + 0.2), ("\u202eא", -1e-300)]
    found = attribution(patches, words, frame=(-0.1, 0.0, 1.1, 1.0), completeness=1 / 3, steps=16, cut=1, seconds=0.25)
    back = from_bytes(to_bytes(found))
    assert (back.patches == found.patches).all()
    assert back.patches.dtype == np.float32
    assert replace(back, patches=None) == replace(found, patches=None)


@pytest.mark.parametrize("content", [b"", b"\x80\x04.", b"[]", b"{}", b'{"patches": [], "words": [], "frame": [], "more": 1}'])
def test_anything_else_is_refused_in_a_sentence(content):
    with pytest.raises(DataError, match=r"is damaged .* Explain the meme again"):
        from_bytes(content)


@pytest.mark.parametrize("chance", [None, Interval(1 / 3, 0.1, 0.5)])
def test_trust_survives_exactly(chance):
    found = Trust(1 / 3, 0.2, 1e-9, 0.4, 0.6, chance, -0.1, "shaky", ("Noise nobody can see changes it by 40%.",))
    assert trust_from_bytes(trust_to_bytes(found)) == found


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"chance": null, "reasons": []}'])
def test_damaged_trust_is_refused_in_a_sentence(content):
    with pytest.raises(DataError, match=r"is damaged .* Explain the meme again"):
        trust_from_bytes(content)
