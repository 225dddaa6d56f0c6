"""What was compiled once is not compiled again, by whomever."""

import subprocess
import sys
from pathlib import Path

from decai.chain.compiler import compile_sources

MODULE = "x: public(uint256)\n"
SLOW = """
import sys, time
from decai.chain import compiler
plain = compiler._compile
def slowly(*arguments):
    print("compiling", flush=True)
    time.sleep(1)
    return plain(*arguments)
compiler._compile = slowly
print(compiler.compile_sources({"a.vy": sys.argv[1]}, "a.vy").runtime_code.hex())
"""


def compiling(text: str) -> "subprocess.Popen[str]":
    return subprocess.Popen([sys.executable, "-c", SLOW, text], stdout=subprocess.PIPE, text=True)


def kept(data_folder: Path) -> set[str]:
    return {path.name for path in (data_folder / "compiled").iterdir()}


def alone(data_folder: Path) -> None:
    """Leave what others have compiled out of it."""
    (data_folder / "compiled").unlink()


def test_processes_that_need_the_same_compile_it_once(data_folder: Path) -> None:
    alone(data_folder)
    told = [process.communicate()[0].split() for process in [compiling(MODULE) for _ in range(3)]]
    assert sorted(len(lines) for lines in told) == [1, 1, 2]
    assert {lines[-1] for lines in told} == {compile_sources({"a.vy": MODULE}, "a.vy").runtime_code.hex()}
    assert len(kept(data_folder)) == 2


def test_a_compiler_that_was_killed_leaves_its_turn(data_folder: Path) -> None:
    alone(data_folder)
    first = compiling(MODULE)
    assert first.stdout is not None
    assert first.stdout.readline() == "compiling\n"
    first.kill()
    first.communicate()
    assert compile_sources({"a.vy": MODULE}, "a.vy").code_size > 0


def test_a_cache_that_cannot_be_written_is_done_without(data_folder: Path) -> None:
    alone(data_folder)
    (data_folder / "compiled").write_text("no folder")
    assert compile_sources({"a.vy": MODULE}, "a.vy").code_size > 0
