"""``python -m decai.cli`` is the same as ``decai``."""

from decai.cli import main

main()
