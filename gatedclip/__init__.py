"""GatedCLIP workbench: people reviewing hateful memes together with a model they can look inside and teach."""

__version__ = "0.1.0"
