"""Compiling compositions, in this process, each one once: the result is kept by the content of its source."""

import fcntl
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, Final

from decai.chain.compose import MODEL_FILE, Composition
from decai.chain.data_contract import CODE_LIMIT
from decai.chain.vyper_package import VERSION, load_vyper
from decai.collecting import collection_paused
from decai.dataset.storage import atomic_file
from decai.errors import InputError
from decai.paths import data_dir

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "CODE_LIMIT",
    "EVM_VERSION",
    "OPTIMIZE",
    "Compiled",
    "compile_composition",
    "compile_sources",
    "fits",
    "standard_json",
]

EVM_VERSION: Final = "prague"
"""The newest rules that the compiler knows; the code runs on later ones."""
OPTIMIZE: Final = "codesize"
_MODULE: Final = re.compile(r"\b[a-z_]+\.vy\b")
_PLACE: Final = re.compile(r'contract "(?P<file>[^":]+):(?P<line>\d+)"')
_NOWHERE: Final = re.compile(r" \(<unknown>, line \d+\)")
"""Where Python's own parser has found a fault, which the place says better."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """The code of a composition."""

    init_code: bytes
    """What a deployment sends, before the constructor's arguments."""
    runtime_code: bytes
    """What the contract runs, before its immutable values."""
    immutable_bytes: int
    """How long the immutable values are that follow on the runtime code on a chain."""
    abi: list[dict[str, Any]]

    @property
    def code_size(self) -> int:
        """Bytes that the contract has on a chain."""
        return len(self.runtime_code) + self.immutable_bytes


def standard_json(composition: Composition) -> dict[str, Any]:
    """The input for Vyper's standard JSON compiler, which block explorers verify with."""
    return _standard_json(composition.sources, MODEL_FILE)


def _standard_json(sources: "Mapping[str, str]", main: str) -> dict[str, Any]:
    return {
        "language": "Vyper",
        "sources": {name: {"content": text} for name, text in sources.items()},
        "settings": {
            "evmVersion": EVM_VERSION,
            "optimize": OPTIMIZE,
            "outputSelection": {main: ["evm.bytecode.object", "evm.deployedBytecode.object", "abi"]},
        },
    }


def compile_composition(composition: Composition) -> Compiled:
    """Compile, or take what was compiled before from the data directory.

    Raises
    ------
    InputError
        If an own part does not compile, or the contract would be too large.
    MissingError
        If there is no compiler.
    """
    compiled = compile_sources(composition.sources, MODEL_FILE, composition.own_files)
    if compiled.code_size > CODE_LIMIT:
        line = f"the contract would have {compiled.code_size:,} bytes of code; at most {CODE_LIMIT:,} may be"
        raise InputError(
            line if composition.own_files else f"{line}; deploy it with --clone, which has more room"
        )
    return compiled


def fits(composition: Composition) -> bool:
    """Whether a contract may have so much code; raises like `compile_composition`."""
    compiled = compile_sources(composition.sources, MODEL_FILE, composition.own_files)
    return compiled.code_size <= CODE_LIMIT


def compile_sources(
    sources: "Mapping[str, str]", main: str, own_files: "Mapping[str, str] | None" = None
) -> Compiled:
    """Compile modules, however large the contract is.

    Parameters
    ----------
    sources
        The text of each module, by file name.
    main
        Which of them is the contract.
    own_files
        The file that a user gave for a module, by the module's name.

    Raises
    ------
    InputError, MissingError
        As `compile_composition`.
    """
    key = sha256(json.dumps([VERSION, _standard_json(sources, main)], sort_keys=True).encode()).hexdigest()
    kept = data_dir() / "compiled" / f"{key}.json"
    compiled = _kept(kept)
    if compiled is None:
        with _turn(kept):
            compiled = _kept(kept)
            if compiled is None:
                compiled = _compile(sources, main, own_files or {})
                _keep(compiled, kept)
    return compiled


def _compile(sources: "Mapping[str, str]", main: str, own_files: "Mapping[str, str]") -> Compiled:
    load_vyper()
    from vyper.compiler import compile_from_file_input
    from vyper.compiler.input_bundle import JSONInputBundle
    from vyper.compiler.settings import OptimizationLevel, Settings
    from vyper.exceptions import VyperException

    bundle = JSONInputBundle(
        {PurePath(name): {"content": text} for name, text in sources.items()}, [PurePath()]
    )
    try:
        # A compiler needs nearly all it makes to its end; to look for garbage takes a quarter of its time.
        with collection_paused():
            output = compile_from_file_input(
                bundle.load_file(PurePath(main)),
                input_bundle=bundle,
                output_formats=("bytecode", "bytecode_runtime", "layout", "abi"),
                settings=Settings(optimize=OptimizationLevel.CODESIZE, evm_version=EVM_VERSION),
            )
    except (VyperException, SyntaxError) as error:
        raise InputError(f"the contract does not compile: {_said(error, own_files)}") from None
    return Compiled(
        bytes.fromhex(output["bytecode"].removeprefix("0x")),
        bytes.fromhex(output["bytecode_runtime"].removeprefix("0x")),
        _immutable_bytes(output["layout"].get("code_layout", {})),
        output["abi"],
    )


def _immutable_bytes(layout: "Mapping[str, Any]") -> int:
    """The end of the last immutable value; those of a module are a level below."""
    if "offset" in layout and "length" in layout:
        return int(layout["offset"]) + int(layout["length"])
    return max((_immutable_bytes(inner) for inner in layout.values()), default=0)


def _said(error: Exception, own_files: "Mapping[str, str]") -> str:
    """What the compiler says first, and of which line; a module that is a copy of a file has its name."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    if lines and lines[0].endswith("errors:"):
        lines = lines[1:]
    what = _NOWHERE.sub("", lines[0] if lines else type(error).__name__).rstrip(".")
    if type(error).__name__ == "ModuleNotFound":
        what = f"there is no module {what}"
    found = next(filter(None, map(_PLACE.match, lines)), None)
    if found is not None:
        what = f"{found['file']}, line {found['line']}: {what}"
    return _MODULE.sub(lambda module: own_files.get(module[0], module[0]), what)


@contextmanager
def _turn(path: Path) -> Iterator[None]:
    """Wait for a process that compiles the same; where the cache cannot be written, nobody waits."""
    file = None
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        file = (path.parent / "turns").open("ab")
    if file is None:
        yield
        return
    with file:
        with suppress(OSError):
            # Each result has a place in the file, which whoever compiles it has locked.
            fcntl.lockf(file, fcntl.LOCK_EX, 1, int(path.stem[:12], 16))
        yield


def _kept(path: Path) -> Compiled | None:
    try:
        entry = json.loads(path.read_bytes())
        init, runtime = (bytes.fromhex(entry[key]) for key in ("init_code", "runtime_code"))
        return Compiled(init, runtime, int(entry["immutable_bytes"]), entry["abi"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _keep(compiled: Compiled, path: Path) -> None:
    """A cache that cannot be written is no reason to stop."""
    entry = {
        "init_code": compiled.init_code.hex(),
        "runtime_code": compiled.runtime_code.hex(),
        "immutable_bytes": compiled.immutable_bytes,
        "abi": compiled.abi,
    }
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_file(path) as file:
            file.write(json.dumps(entry).encode())
    except OSError:
        pass
