"""The store: one object whose repositories each do one short transaction per call."""

from __future__ import annotations

from gatedclip.store.attributions import Attributions
from gatedclip.store.database import Database
from gatedclip.store.decisions import Decisions
from gatedclip.store.jobs import Jobs
from gatedclip.store.likenesses import Likenesses
from gatedclip.store.memes import Memes
from gatedclip.store.migrate import migrate
from gatedclip.store.settings import Settings
from gatedclip.store.vectors import Vectors
from gatedclip.store.versions import Versions


class Store:
    """Everything the workbench remembers, apart from pictures and head files. Safe to share between threads."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self.memes = Memes(database)
        self.decisions = Decisions(database)
        self.vectors = Vectors(database)
        self.likenesses = Likenesses(database)
        self.versions = Versions(database)
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
