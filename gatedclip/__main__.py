"""`python -m gatedclip` is `gatedclip`."""

from gatedclip.cli import main

main()
