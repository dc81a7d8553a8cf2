"""Where each chain of receipts ends, kept apart from its events, so that events taken off the end are missed.

One way of chaining for every record that has receipts: lock the end, number the event, extend the chain.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from gatedclip.store.database import upsert
from gatedclip.store.receipts import GENESIS, Audit, Link, check, link
from gatedclip.store.tables import SettingRow

Chain = Literal["receipts", "receipts of promotions"]  # the setting that holds how many receipts there are and the newest one
DECISIONS: Chain = "receipts"
PROMOTIONS: Chain = "receipts of promotions"
CALLED = {DECISIONS: "Event", PROMOTIONS: "Promotion"}


def lock(session: Session, chain: Chain) -> SettingRow:
    """The chain's end, for this writer alone; ask before the event has a number: the chain goes in the order of numbers."""
    upsert(session, SettingRow, [{"key": chain, "value": {"newest": GENESIS, "count": 0}}], replace=False)
    return session.scalars(select(SettingRow).where(SettingRow.key == chain).with_for_update()).one()


def extend(end: SettingRow, digest: str) -> str:
    """The receipt of the event with this digest, which is the last one now."""
    receipt = link(end.value["newest"], digest)
    end.value = {"newest": receipt, "count": end.value["count"] + 1}
    return receipt


def audit(session: Session, chain: Chain, links: Iterable[Link]) -> Audit:
    """Checks a chain, given oldest first, against its end."""
    end = session.scalar(select(SettingRow.value).where(SettingRow.key == chain))
    return check(links, end, CALLED[chain])
