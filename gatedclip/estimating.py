"""How well the head that serves does on what comes in, from memes that were drawn by chance and answered since."""

from __future__ import annotations

import numpy as np

from gatedclip import curriculum
from gatedclip.config import Settings
from gatedclip.learn.selecting.live import Live, live
from gatedclip.store.store import Store
from gatedclip.types import Decision, HeadVersion, Label


def estimate(settings: Settings, store: Store, version: HeadVersion) -> Live:
    """Accuracy and AUROC of a version, as far as the memes drawn by chance tell.

    Counts memes answered hateful or benign, without the model's view, while the version served and before it learned from
    them. Answers of people in quarantine and those given while another head served are left out.
    """
    drawn = {pick.meme_id: pick for pick in store.picks.by("random")}  # drawn again: as it was drawn last
    learned = curriculum.learned(settings.versions / version.folder)
    standing = [d for d in store.decisions.standing(without=store.people.quarantined()) if d.meme_id in drawn]
    elsewhere = {d.meme_id for d in standing if d.version_id != version.id or d.meme_id in learned}
    told = [d for d in standing if d.meme_id not in elsewhere and _tells(d)]
    return live(
        hateful=np.array([d.label is Label.HATEFUL for d in told], dtype=np.float64),
        probability=np.array([d.probability for d in told], dtype=np.float64),
        selected=np.array([drawn[d.meme_id].chance for d in told], dtype=np.float64),
        threshold=np.array([0.5 if d.threshold is None else d.threshold for d in told]),
        drawn=len(drawn) - len(elsewhere),
    )


def _tells(decision: Decision) -> bool:
    """Whether the answer says something about the head that the head did not say first."""
    return decision.label in (Label.HATEFUL, Label.BENIGN) and not decision.assisted and decision.probability is not None
