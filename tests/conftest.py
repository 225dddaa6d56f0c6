"""What tests of several rooms share."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from decai.paths import DATA_DIR_VARIABLE, data_dir

_SHARED = ("compiled", "datasets", "encoders", "prepared", "vyper")
"""What is made once and never changes: each test may use what is there."""


def pytest_configure() -> None:
    """Ctrl-C works for all that is started, though scripts let what is in their background ignore it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One process has all tests of a file, which share what they set up; those of some files are spread."""
    for item in items:
        if not any(item.get_closest_marker(name) for name in ("xdist_group", "spread")):
            item.add_marker(pytest.mark.xdist_group(str(item.path)))


@contextmanager
def separate_data_folder(own: Path) -> Iterator[Path]:
    """A data folder without keys, models, locks or a node of anybody else's; its own node ends with it."""
    common = data_dir()
    own.mkdir()
    for name in _SHARED:
        (common / name).mkdir(parents=True, exist_ok=True)
        (own / name).symlink_to(common / name)
    # A link to the file and not to its folder, so that nobody who installs here replaces everybody's.
    (own / "bin").mkdir()
    for program in (common / "bin").glob("anvil-*"):
        (own / "bin" / program.name).symlink_to(program)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(DATA_DIR_VARIABLE, str(own))
        # Whoever is used to a node on the usual port must not talk to this one.
        patch.setenv("DECAI_NODE_PORT", "0")
        patch.delenv("DECAI_PASSWORD", raising=False)
        try:
            yield own
        finally:
            if (own / "node").exists() and os.environ.get(DATA_DIR_VARIABLE) == str(own):
                from decai.chain.local_node import stop

                stop()


@pytest.fixture
def data_folder(tmp_path: Path) -> Iterator[Path]:
    """A data folder of the test's own; see `separate_data_folder`."""
    with separate_data_folder(tmp_path / "data") as own:
        yield own
