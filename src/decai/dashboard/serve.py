"""`decai serve`: one process for pages and REST API, until it is told to stop."""

import os
import socket
import sys
from collections.abc import Callable
from typing import Final

from decai.dashboard.options import Options, bound_socket
from decai.dashboard.secret import session_secret
from decai.paths import data_dir

__all__ = ["serve"]
_TURN_SECONDS: Final = 0.001


def serve(
    options: Options, *, listening: socket.socket | None = None, told: Callable[[str], None] | None = None
) -> None:
    """Serve until the process is interrupted or terminated.

    Parameters
    ----------
    options
        How.
    listening
        A socket that listens already; by default one is opened as the options say.
    told
        Called with the URL of the pages, once they are there.

    Raises
    ------
    InputError
        If the port is taken, or the host is not one of this machine.
    ChainError
        If the node does not answer.
    MissingError
        If the local node has to be installed first.
    StorageError
        If the data directory cannot be used.
    """
    folder = data_dir() / "dashboard"
    secret = session_secret(folder)
    with listening or bound_socket(options) as opened:
        # The framework reads these when it is imported.
        os.environ["NICEGUI_STORAGE_PATH"] = str(folder / "sessions")
        os.environ["MATPLOTLIB"] = "false"
        from decai.dashboard.server import run

        # Whoever clicks is answered by one thread, which would wait this long for each that reads the chain.
        sys.setswitchinterval(_TURN_SECONDS)
        run(options, folder, secret, opened, told)
