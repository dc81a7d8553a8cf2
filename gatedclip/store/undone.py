"""Which events of the record still stand, as conditions of a query."""

from __future__ import annotations

from sqlalchemy import exists
from sqlalchemy.orm import aliased

from gatedclip.store.tables import DecisionRow

_Undo = aliased(DecisionRow)
UNDONE = exists().where(_Undo.undoes == DecisionRow.id)
STANDS = ~UNDONE & ~DecisionRow.erased
