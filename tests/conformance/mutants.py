"""Contracts with one small fault each, which the comparison with the twin has to find: ``make mutants``.

A mutant is the source of a contract in which one operator, number, word or statement is another one. It is
killed when plays of the twins find a difference. Those that survive are printed with their line: either the
plays leave something out, or the fault makes no difference that anybody could see.

``python -m tests.conformance.mutants 500 --pairing "naive-bayes, points" --module classifier`` chooses.
"""

import argparse
import io
import os
import random
import sys
import tokenize
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import redirect_stdout
from dataclasses import dataclass, replace
from enum import StrEnum
from multiprocessing import get_context
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Final

from decai.chain.compiler import compile_composition
from decai.paths import DATA_DIR_VARIABLE
from tests.conformance.stage import stage_of
from tests.conformance.twin_case import Case, Mechanism
from tests.conformance.twin_cases import PAIRINGS, cases
from tests.conformance.twin_run import run

__all__ = ["Fate", "Mutant", "Pairing", "fate", "main", "mutants_of"]

Pairing = tuple[str, Mechanism]

OTHERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "<": "<=",
        "<=": "<",
        ">": ">=",
        ">=": ">",
        "==": "!=",
        "!=": "==",
        "+": "-",
        "-": "+",
        "*": "+",
        "//": "*",
        "%": "//",
        "&": "|",
        "|": "&",
        "^": "|",
        "<<": ">>",
        ">>": "<<",
        "+=": "-=",
        "-=": "+=",
        "and": "or",
        "or": "and",
        "not": "",
        "True": "False",
        "False": "True",
        "min": "max",
        "max": "min",
    }
)
"""What takes the place of an operator or a word."""
LEFT_OUT: Final = ("assert ", "log ", "self.")
"""How statements begin that are left out whole."""
PORTIONS: Final = (120, 480, 2_400)
"""Operations of the plays: few find most faults, and more look for the others."""


class Fate(StrEnum):
    """What becomes of a mutant."""

    KILLED = "killed"
    SURVIVED = "survived"
    NO_CONTRACT = "no contract"
    """It does not compile, or has too much code."""


@dataclass(frozen=True)
class Mutant:
    """One module of a contract with one fault."""

    module: str
    line: int
    start: int
    end: int
    """The columns that are replaced."""
    by: str

    def source(self, original: str) -> str:
        """The module's text with the fault."""
        lines = original.splitlines(keepends=True)
        line = lines[self.line - 1]
        lines[self.line - 1] = line[: self.start] + self.by + line[self.end :]
        return "".join(lines)

    def said(self, original: str) -> str:
        """Where it is, and what the line was and is."""
        before, after = (
            text.splitlines()[self.line - 1].strip() for text in (original, self.source(original))
        )
        return f"{self.module}:{self.line}: {before}\n{'':{len(self.module)}}    became {after}"


def mutants_of(module: str, source: str) -> Iterator[Mutant]:
    """All faults of a module, in the order of its lines."""
    statements = _left_out(source)
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        (line, start), (_, end) = token.start, token.end
        if token.type == tokenize.NUMBER and token.string.isdecimal():
            yield Mutant(module, line, start, end, str(int(token.string) + 1))
        elif token.type in (tokenize.OP, tokenize.NAME) and token.string in OTHERS:
            yield Mutant(module, line, start, end, OTHERS[token.string])
        if line in statements and start == statements[line][0]:
            yield Mutant(module, line, *statements[line], "pass")


def _left_out(source: str) -> dict[int, tuple[int, int]]:
    """The statements of one line that can be left out: its number, and the columns."""
    found = {}
    for number, line in enumerate(source.splitlines(), 1):
        text = line.strip()
        start = len(line) - len(line.lstrip())
        closed = all(text.count(a) == text.count(b) for a, b in ("()", "[]", "{}"))
        if start and closed and text.startswith(LEFT_OUT):
            found[number] = (start, len(line))
    return found


def fate(pairing: Pairing, mutant: Mutant, number: int = 1) -> Fate:
    """Play all models of a pairing, each as the mutant, until a difference is found."""
    faulty = [_with_fault(case, mutant) for case in cases(*pairing)]
    with TemporaryDirectory(prefix="decai-mutant-") as name:
        # Compiled code is kept in the data directory, which is no place for contracts with faults.
        os.environ[DATA_DIR_VARIABLE] = name
        try:
            for operations in PORTIONS:
                for case in faulty:
                    if not _is_contract(case):
                        return Fate.NO_CONTRACT
                    if _differs(case, operations, number):
                        return Fate.KILLED
        finally:
            stage_of.cache_clear()
    return Fate.SURVIVED


def _is_contract(case: Case) -> bool:
    try:
        compile_composition(case.composition)
    except Exception:  # what is no Vyper any more can make the compiler stumble over anything
        return False
    return True


def _differs(case: Case, operations: int, number: int) -> bool:
    try:
        with redirect_stdout(io.StringIO()):
            run(case, operations, number, shorten=False)
    except Exception:  # a fault may show as a difference, or as whatever a client makes of nonsense
        return True
    return False


def _with_fault(case: Case, mutant: Mutant) -> Case:
    """The same models and terms, with another contract."""
    sources = dict(case.composition.sources)
    sources[mutant.module] = mutant.source(sources[mutant.module])
    faulty = replace(case)
    # A property that is computed once is kept where it is looked for first.
    vars(faulty)["composition"] = replace(case.composition, sources=MappingProxyType(sources))
    return faulty


def main(arguments: list[str] | None = None) -> int:
    """Make mutants, say what became of them; 1 if any survived."""
    parser = argparse.ArgumentParser(prog="python -m tests.conformance.mutants", description=__doc__)
    parser.add_argument("number", type=int, nargs="?", default=300, help="how many, drawn from all")
    parser.add_argument("--pairing", action="append", help="how its name begins: CLASSIFIER, MECHANISM")
    parser.add_argument("--module", action="append", help="the name of a module, without .vy")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args(arguments)
    every = list(_every(options.pairing, options.module))
    if not every:
        parser.error("there is no such pairing or module")
    # Where everything differs nothing is found out.
    for pairing in dict.fromkeys(pairing for pairing, _ in every):
        if _differs(cases(*pairing)[0], PORTIONS[0], options.seed):
            parser.error(f"{', '.join(pairing)}: the contract without a fault differs from its twin")
    drawn = random.Random(options.seed).sample(every, min(options.number, len(every)))
    print(f"{len(drawn):,} of {len(every):,} mutants", flush=True)
    fates: Counter[Fate] = Counter()
    with ProcessPoolExecutor(options.processes, get_context("spawn")) as pool:
        tasks = {pool.submit(fate, pairing, mutant): (pairing, mutant) for pairing, mutant in drawn}
        for done in as_completed(tasks):
            pairing, mutant = tasks[done]
            fates[done.result()] += 1
            if done.result() is Fate.SURVIVED:
                composition = cases(*pairing)[0].composition
                print(f"{', '.join(pairing)}: {mutant.said(composition.sources[mutant.module])}", flush=True)
    print(", ".join(f"{fates[one]:,} {one}" for one in Fate))
    return 1 if fates[Fate.SURVIVED] else 0


def _every(
    beginnings: Sequence[str] | None, modules: Sequence[str] | None
) -> Iterator[tuple[Pairing, Mutant]]:
    """Each mutant of each module once for each text of it, with the first pairing that has it."""
    seen = set()
    for pairing in PAIRINGS:
        if beginnings and not ", ".join(pairing).startswith(tuple(beginnings)):
            continue
        for module, source in cases(*pairing)[0].composition.sources.items():
            chosen = modules is None or module.removesuffix(".vy") in modules
            # What the numbers of a deployment are is the case's own.
            if chosen and module != "parameters.vy" and (module, source) not in seen:
                seen.add((module, source))
                yield from ((pairing, mutant) for mutant in mutants_of(module, source))


if __name__ == "__main__":
    sys.exit(main())
