"""Where decai keeps what it fetched or prepared on this machine.

Everything is computed when asked for, so a test or a user can move the folder by its variable.
"""

import os
import sys
from pathlib import Path
from typing import Final

__all__ = ["DATA_DIR_VARIABLE", "data_dir"]

DATA_DIR_VARIABLE: Final = "DECAI_DATA_DIR"


def data_dir() -> Path:
    """The folder of fetched data, prepared arrays and local state; it need not exist yet.

    Returns
    -------
    Path
        ``$DECAI_DATA_DIR`` if set; else ``decai`` in ``$XDG_DATA_HOME``, in
        ``~/Library/Application Support`` (macOS) or in ``~/.local/share``.

    Examples
    --------
    >>> data_dir().is_absolute()
    True
    """
    if chosen := os.environ.get(DATA_DIR_VARIABLE):
        return Path(chosen).expanduser().absolute()
    shared = Path(os.environ.get("XDG_DATA_HOME", ""))
    if shared.is_absolute():  # the XDG specification: a relative path is to be ignored
        return shared / "decai"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "decai"
    return Path.home() / ".local" / "share" / "decai"
