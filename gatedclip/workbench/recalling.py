"""The correction memory: what people decided acts on what the model says before any head learns from it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from gatedclip.workbench.bench import Bench

if TYPE_CHECKING:
    from gatedclip.remembering import Remembering, State


class Recalling(Bench):
    """The correction memory of the head that serves. Leads switch it."""

    @cached_property
    def _memory(self) -> Remembering:
        from gatedclip.remembering import Remembering

        return Remembering(self.engine)

    def remembers(self) -> State:
        """How the memory of the head that serves speaks, and what that does; NotFound while none serves."""
        return self._memory.state(self.engine.champion())

    def switch_memory(self, on: bool, by: str) -> State:
        """Lets corrections act at once, or only once a head has learned them."""
        self.team.require(by, "promote")
        return self._memory.switch(self.engine.champion(), on)

    def choose_memory(self, by: str) -> State:
        """Chooses anew how strongly it speaks, on validation memes and what was decided since the head learned."""
        self.team.require(by, "promote")
        return self._memory.choose(self.engine.champion())
