"""What the workbench remembers: the only room that knows SQL. It takes and returns values, never rows or sessions."""

from gatedclip.store.decisions import DecisionFilter
from gatedclip.store.fold import fold
from gatedclip.store.memes import MemeColumns, MemeFilter
from gatedclip.store.pictures import Pictures, Variant
from gatedclip.store.store import Store
from gatedclip.store.vectors import VectorKind

__all__ = ["DecisionFilter", "MemeColumns", "MemeFilter", "Pictures", "Store", "Variant", "VectorKind", "fold"]
