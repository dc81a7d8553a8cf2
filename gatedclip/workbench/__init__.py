"""The verbs a user can do, in the order a meme travels. Pages, the terminal and the worker call these and nothing below them."""

from gatedclip.store.decisions import DecisionFilter
from gatedclip.store.memes import MemeFilter
from gatedclip.workbench.bench import silent
from gatedclip.workbench.bringing import Bringing
from gatedclip.workbench.choosing import Choosing
from gatedclip.workbench.leading import Leading
from gatedclip.workbench.measuring import Measuring
from gatedclip.workbench.promoting import Promoting
from gatedclip.workbench.reviewing import Reviewing
from gatedclip.workbench.teaching import Teaching
from gatedclip.workbench.trying import Trying

__all__ = ["DecisionFilter", "MemeFilter", "Workbench", "silent"]


class Workbench(Bringing, Reviewing, Leading, Trying, Teaching, Promoting, Measuring, Choosing):
    """Everything the workbench can do. One per process, safe to share between threads."""
