"""A PostgreSQL server of the tests' own: in a temporary folder, on a socket there, gone afterwards."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

__all__ = ["find_programs", "running_postgres"]

_START_SECONDS = 60


def find_programs() -> Path | None:
    """The folder of Debian's newest PostgreSQL, or of the one on the path."""
    installed = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3])
    )
    if installed:
        return installed[-1].parent
    found = shutil.which("initdb")
    return None if found is None else Path(found).resolve().parent


def _unprivileged() -> str | None:
    """Whom the server runs as: it refuses to run as root."""
    if os.getuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            return pwd.getpwnam(name).pw_name
    return None


@contextmanager
def running_postgres(programs: Path) -> Iterator[str]:
    """Start a server; gives the beginning of the URLs of its databases' place, less the name."""
    folder = Path(tempfile.mkdtemp(prefix="decai-pg-"))
    user = _unprivileged()
    if user is not None:
        shutil.chown(folder, user)
    with (folder / "log").open("wb") as log:

        def run(*command: str) -> "subprocess.Popen[bytes]":
            return subprocess.Popen(command, user=user, cwd=folder, stdout=log, stderr=log)

        data = folder / "data"
        made = run(
            str(programs / "initdb"), "-D", str(data), "-U", "decai", "-A", "trust", "-N", "-E", "UTF8"
        )
        assert made.wait(_START_SECONDS) == 0, (folder / "log").read_text()
        server = run(
            str(programs / "postgres"), "-D", str(data), "-k", str(folder), "-F", "-c", "listen_addresses="
        )
        try:
            url = f"postgresql+psycopg://decai@/{{name}}?host={folder}"
            _wait(url.format(name="postgres"), server)
            yield url
        finally:
            # At once, whatever connections there are.
            server.send_signal(signal.SIGINT)
            try:
                server.wait(10)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()
            shutil.rmtree(folder, ignore_errors=True)


def _wait(url: str, server: "subprocess.Popen[bytes]") -> None:
    from sqlalchemy import create_engine
    from sqlalchemy.exc import OperationalError

    engine = create_engine(url)
    due = time.monotonic() + _START_SECONDS
    while True:
        try:
            engine.connect().close()
        except OperationalError:
            assert server.poll() is None, "the server has ended"
            assert time.monotonic() < due, "the server does not answer"
            time.sleep(0.05)
        else:
            engine.dispose()
            return
