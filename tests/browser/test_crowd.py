"""Twenty people review at once: nothing goes wrong on any page, and nothing is decided twice or lost.

Here they share 100 memes; `python docs/measure_crowd.py` lets them share 400 and tells how long the next meme takes.
"""

from collections import Counter

import crowd
import pytest

from gatedclip.store import DecisionFilter, MemeFilter
from gatedclip.types import Action, Split, Status

pytestmark = pytest.mark.browser

PEOPLE, MEMES = 20, 100


def test_twenty_people_at_once_decide_each_meme_once_and_as_they_were_told(browser, server, store):
    crowd.fill(server.home, MEMES)
    reviewers = crowd.review(browser, server, PEOPLE)
    for each in reviewers:
        each.page.context.close()
    assert not [wrong for each in reviewers for wrong in each.wrong]
    made = store.decisions.list(DecisionFilter(action=Action.DECIDE), None)
    assert Counter(d.meme_id for d in made) == Counter(m.id for m in store.memes.find(MemeFilter(split=Split.QUEUE), 1000))
    assert len(made) == MEMES
    for each in reviewers:
        theirs = {d.meme_id: d.label for d in made if d.reviewer == each.name}
        assert theirs == each.pressed == each.told, each.name
    assert store.memes.count(MemeFilter(split=Split.QUEUE, status=Status.DECIDED)) == MEMES
    assert store.decisions.audit().sound
