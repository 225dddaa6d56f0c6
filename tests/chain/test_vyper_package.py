"""The compiler is found wherever it is, and compiles the same where its package cannot be installed."""

import hashlib
import importlib.metadata
import json
import os
import subprocess
import sys
import zipfile
from base64 import urlsafe_b64encode
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import decai
from decai.chain import vyper_package
from decai.chain.vyper_package import VERSION, install_vyper, load_vyper, private_folder
from decai.errors import MissingError, StorageError
from tests.chain.counter import SOURCE

PACKAGES = Path(pytest.__file__).parents[1]
HIDDEN = ("vyper", "immutables")
NAME = f"vyper-{VERSION}-py3-none-any.whl"

COMPILE = """
import json, sys
from decai.chain.vyper_package import load_vyper
from decai.errors import DecaiError
try:
    vyper = load_vyper()
except DecaiError as error:
    sys.exit(str(error))
from vyper.compiler.settings import OptimizationLevel, Settings
source = sys.stdin.read()
codes = []
for experimental in (False, True):
    for level in (OptimizationLevel.GAS, OptimizationLevel.CODESIZE):
        settings = Settings(optimize=level, evm_version="prague", experimental_codegen=experimental)
        codes.append(vyper.compile_code(source, output_formats=["bytecode"], settings=settings)["bytecode"])
print(json.dumps({"codes": codes, "files": [vyper.__file__, sys.modules["immutables"].__file__]}))
"""


@pytest.fixture
def elsewhere(tmp_path: Path) -> dict[str, str]:
    """The environment of a Python with all packages but the compiler and the one that it cannot get."""
    folder = tmp_path / "packages"
    folder.mkdir()
    for entry in PACKAGES.iterdir():
        if not entry.name.startswith(HIDDEN) and entry.suffix != ".pth":
            (folder / entry.name).symlink_to(entry)
    source = Path(decai.__file__).parents[1]
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(source), str(folder)]), "PYTHONNOUSERSITE": "1"}


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An index that holds the compiler's package, made of the files that are installed here."""
    folder = tmp_path / "index"
    folder.mkdir()
    dist = importlib.metadata.distribution("vyper")
    names = [
        str(file)
        for file in dist.files or ()
        if str(file).startswith(("vyper/", "vyper-")) and "__pycache__" not in str(file)
    ]
    record = f"vyper-{VERSION}.dist-info/RECORD"
    lines = []
    with zipfile.ZipFile(folder / NAME, "w") as archive:
        for name in names:
            if name != record:
                content = (PACKAGES / name).read_bytes()
                archive.writestr(name, content)
                digest = urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
                lines.append(f"{name},sha256={digest},{len(content)}")
        archive.writestr(record, "\n".join([*lines, f"{record},,"]))
    digest = hashlib.sha256((folder / NAME).read_bytes()).hexdigest()
    monkeypatch.setattr(vyper_package, "WHEEL", replace(vyper_package.WHEEL, sha256=digest))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


@pytest.fixture
def missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Here, too, the package seems not to be installed."""
    monkeypatch.setattr(vyper_package, "_is_installed", lambda: False)


def compiled(environment: dict[str, str]) -> Any:
    done = subprocess.run(
        [sys.executable, "-S", "-c", COMPILE],
        input=SOURCE,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def test_where_it_is_installed_it_is_taken() -> None:
    assert load_vyper() is sys.modules["vyper"]
    lines: list[str] = []
    assert install_vyper(lines.append) is None
    assert lines == [f"contract: vyper {VERSION} is installed"]
    assert not private_folder().exists()


@pytest.mark.usefixtures("missing")
def test_the_private_compiler_gives_the_same_code(elsewhere: dict[str, str], index: Path) -> None:
    folder = install_vyper()
    theirs = compiled(elsewhere)
    ours = compiled(
        {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(decai.__file__).parents[1]), str(PACKAGES)])}
    )
    assert theirs["codes"] == ours["codes"]
    # Four different ways of compiling, with real results.
    assert len(set(ours["codes"])) >= 2
    assert all(len(code) > 500 for code in ours["codes"])
    assert theirs["files"][0].startswith(f"{folder}/vyper/")
    assert theirs["files"][1].endswith("persistent_map.py")
    assert ours["files"][0].startswith(str(PACKAGES))
    assert "immutables" in ours["files"][1]


def test_without_any_the_command_is_named(elsewhere: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-S", "-c", COMPILE],
        input=SOURCE,
        env=elsewhere,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == (
        f"the contracts' compiler, vyper {VERSION}, is not on this machine yet; get it with: decai contract "
        "install-compiler\n"
    )


@pytest.mark.usefixtures("missing")
def test_it_is_got_once_and_mended_if_damaged(index: Path, data_folder: Path) -> None:
    lines: list[str] = []
    folder = install_vyper(lines.append)
    assert folder == private_folder() == data_folder / "compiler" / f"vyper-{VERSION}"
    assert lines == [f"contract: getting vyper {VERSION}", f"contract: {folder}"]
    assert sorted(entry.name for entry in folder.parent.iterdir()) == [folder.name]
    assert sorted(entry.name for entry in folder.iterdir()) == ["vyper", f"vyper-{VERSION}.dist-info"]
    assert install_vyper(lines.append) == folder
    assert lines[2:] == [f"contract: {folder} is there and intact"]
    (folder / "vyper" / "utils.py").write_text("")
    (folder / "vyper" / "warnings.py").unlink()
    install_vyper(lines.append)
    assert lines[3:] == lines[:2]
    assert (folder / "vyper" / "utils.py").stat().st_size > 1000
    assert (folder / "vyper" / "warnings.py").exists()


@pytest.mark.usefixtures("missing", "index")
def test_a_damaged_one_is_told(elsewhere: dict[str, str]) -> None:
    folder = install_vyper()
    assert folder is not None
    (folder / "vyper" / "utils.py").unlink()
    done = subprocess.run(
        [sys.executable, "-S", "-c", COMPILE],
        input=SOURCE,
        env=elsewhere,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == (
        "the contracts' compiler is damaged; get it anew with: decai contract install-compiler\n"
    )


@pytest.mark.usefixtures("missing", "index")
def test_what_it_needs_besides_is_told(elsewhere: dict[str, str], tmp_path: Path) -> None:
    install_vyper()
    for entry in (tmp_path / "packages").glob("asttokens*"):
        entry.unlink()
    done = subprocess.run(
        [sys.executable, "-S", "-c", COMPILE],
        input=SOURCE,
        env=elsewhere,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == "asttokens is missing; install it with: pip install 'decai[chain]'\n"


@pytest.mark.usefixtures("missing")
def test_another_package_than_the_pinned_one_is_not_taken(index: Path) -> None:
    with zipfile.ZipFile(index / NAME, "a") as archive:
        archive.writestr("vyper/evil.py", "")
    with pytest.raises(
        MissingError, match=rf"^contract: pip could not get vyper {VERSION}: THESE PACKAGES DO NOT"
    ):
        install_vyper()
    assert not private_folder().exists()


@pytest.mark.usefixtures("missing")
def test_a_folder_that_cannot_be_written_is_one_line(data_folder: Path) -> None:
    (data_folder / "compiler").write_bytes(b"")
    with pytest.raises(StorageError, match=r"/compiler: cannot be made \(File exists\)$"):
        install_vyper()


def test_the_command_tells_what_it_did(data_folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "decai.cli", "contract", "install-compiler", "--json"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == {"vyper": VERSION, "folder": None}
