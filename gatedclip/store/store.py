"""The store: one object whose repositories each do one short transaction per call."""

from __future__ import annotations

from gatedclip.store.attributions import Attributions
from gatedclip.store.database import Database
from gatedclip.store.decisions import Decisions
from gatedclip.store.drafts import Drafts
from gatedclip.store.erasure import Erasure
from gatedclip.store.exposures import Exposures
from gatedclip.store.gold import Gold
from gatedclip.store.jobs import Jobs
from gatedclip.store.likenesses import Likenesses
from gatedclip.store.memes import Memes
from gatedclip.store.migrate import migrate
from gatedclip.store.people import People
from gatedclip.store.picks import Picks
from gatedclip.store.policies import Policies
from gatedclip.store.queue import Queue
from gatedclip.store.settings import Settings
from gatedclip.store.transfer import Transfer
from gatedclip.store.variants import Variants
from gatedclip.store.vectors import Vectors
from gatedclip.store.versions import Versions


class Store:
    """Everything the workbench remembers, apart from pictures and head files. Safe to share between threads."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self.memes = Memes(database)
        self.queue = Queue(database)
        self.decisions = Decisions(database)
        self.transfer = Transfer(database)
        self.variants = Variants(database)
        self.drafts = Drafts(database)
        self.policies = Policies(database)
        self.people = People(database)
        self.exposures = Exposures(database)
        self.erasure = Erasure(database)
        self.vectors = Vectors(database)
        self.likenesses = Likenesses(database)
        self.versions = Versions(database)
        self.gold = Gold(database)
        self.picks = Picks(database)
        self.jobs = Jobs(database)
        self.settings = Settings(database)
        self.attributions = Attributions(database)

    @classmethod
    def open(cls, url: str) -> Store:
        """A store on the newest schema, made if it was not there. Raises ConfigError or StoreError."""
        database = Database(url)
        migrate(database.engine)
        return cls(database)

    def close(self) -> None:
        self._db.engine.dispose()
