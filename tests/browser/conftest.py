"""A real Chromium, a real server and a real node, shared by the tests of a file."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from decai.paths import DATA_DIR_VARIABLE
from tests.browser.chromium import CHROMIUM, chromium
from tests.browser.served import Served, served
from tests.conftest import separate_data_folder

_PATIENCE = 20_000


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The machine's Chromium, with nothing of anybody's in it."""
    if not CHROMIUM.exists():
        pytest.skip(f"there is no {CHROMIUM}; install it, or name another by DECAI_CHROMIUM")
    with chromium() as made:
        yield made


@pytest.fixture(scope="module")
def data_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A data folder for the tests of a file; its node ends with it."""
    with separate_data_folder(tmp_path_factory.mktemp("dashboard") / "data") as folder:
        yield folder


@pytest.fixture(scope="module")
def server(browser: Browser, data_home: Path) -> Iterator[Served]:
    """A dashboard on the local node."""
    assert os.environ[DATA_DIR_VARIABLE] == str(data_home)
    with served(data_home) as one:
        yield one
    # Whatever pages did not expect is in the log, though nobody may have seen it.
    assert "Traceback" not in (data_home / "serve.log").read_text()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser of somebody who was never here before."""
    made = browser.new_context(viewport={"width": 1440, "height": 900})
    # Machines may be busy; what is right comes sooner.
    made.set_default_timeout(_PATIENCE)
    expect.set_options(timeout=_PATIENCE)
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A tab in which nothing may go wrong that the test does not know of."""
    made = context.new_page()
    faults: list[str] = []
    made.on("pageerror", lambda error: faults.append(str(error)))
    yield made
    assert not faults
