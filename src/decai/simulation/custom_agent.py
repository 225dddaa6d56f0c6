"""Agents of the user's own: every answer is checked, and whatever goes wrong in one names it."""

import os
import sys
from collections.abc import Collection
from importlib import import_module
from operator import index
from reprlib import repr as short
from traceback import format_exception_only, walk_tb
from typing import Any, Final

import numpy as np

from decai.errors import AgentError, ScenarioError
from decai.protocols import Offer
from decai.samples import Features
from decai.simulation.agents import Agent
from decai.simulation.draws import Draws
from decai.simulation.scenario import AgentSpec
from decai.simulation.setting_types import MAX_SECONDS
from decai.simulation.view import View
from decai.units import Address, Seconds, Wei

__all__ = ["CustomAgent", "strategy_class"]

# Code that calls exit() must end as one line, too, and leave what the run has so far.
_FAILURES: Final = (Exception, SystemExit)


class CustomAgent(Agent):
    """An agent of a user's class, as the engine deals with it.

    The kinds that ship are called without it, so that checking costs them nothing.

    Parameters
    ----------
    kind
        The user's class.
    name, address, spec, draws
        As of `Agent`.

    Raises
    ------
    AgentError
        Here and from every method, if the user's class raises anything or gives what it must not.
    """

    __slots__ = ("claims", "contributes", "own", "pays")

    def __init__(self, kind: type[Agent], name: str, address: Address, spec: AgentSpec, draws: Draws) -> None:
        super().__init__(name, address, spec, draws)
        try:
            self.own = kind(name, address, spec, draws)
        except _FAILURES as error:
            raise AgentError(f"agent {name}: __init__ failed: {_cause(error, _homes(kind))}") from error
        self.contributes = self._flag("contributes")
        self.claims = self._flag("claims")
        self.pays = self._flag("pays")
        self.picks_claims = kind.wants_claim is not Agent.wants_claim
        if self.pays and not spec.fee:
            raise AgentError(f"agent {name}: it pays for predictions, and its fee is 0")

    def next_wait(self) -> Seconds:
        """The user's answer, at least 1 s."""
        return Seconds(self._whole("next_wait", 1, MAX_SECONDS, "seconds"))

    def next_deposit(self) -> Wei:
        """The user's answer, at least 0 wei."""
        return Wei(self._whole("next_deposit", 0, None, "wei"))

    def wants_to_contribute(self, view: View) -> bool:
        """The user's answer."""
        return self._decision("wants_to_contribute", view)

    def choose_label(self, view: View, features: Features, label: int) -> int:
        """The user's answer, the label of a class."""
        return self._whole("choose_label", 0, view.num_classes - 1, None, view, features, label)

    def wants_claim(self, view: View, offer: Offer) -> bool:
        """The user's answer."""
        return self._decision("wants_claim", view, offer)

    def _ask(self, method: str, *arguments: Any) -> Any:
        try:
            return getattr(self.own, method)(*arguments)
        except _FAILURES as error:
            cause = _cause(error, _homes(type(self.own)))
            raise AgentError(f"agent {self.name}: {method} failed: {cause}") from error

    def _whole(self, method: str, least: int, most: int | None, unit: str | None, *arguments: Any) -> int:
        answer = self._ask(method, *arguments)
        number = answer if type(answer) is int else _as_int(answer)
        if number is None or number < least or (most is not None and number > most):
            size = f"at least {least}" if most is None else f"from {least} to {most}"
            what = f"a whole number of {unit}" if unit else "the number of a class"
            raise self._wrong(method, answer, f"{what}, {size}")
        return number

    def _decision(self, method: str, *arguments: Any) -> bool:
        answer = self._ask(method, *arguments)
        if not isinstance(answer, bool | np.bool_):
            raise self._wrong(method, answer, "True or False")
        return bool(answer)

    def _flag(self, name: str) -> bool:
        flag = getattr(self.own, name)
        if not isinstance(flag, bool):
            raise AgentError(f"agent {self.name}: {name} is {_shown(flag)}; it must be True or False")
        return flag

    def _wrong(self, method: str, answer: object, expected: str) -> AgentError:
        return AgentError(f"agent {self.name}: {method} gave {_shown(answer)}; it must give {expected}")


def _as_int(answer: object) -> int | None:
    """An integer of another type, such as numpy's; None if it is something else."""
    if isinstance(answer, bool | np.bool_):
        return None
    try:
        return index(answer)  # type: ignore[arg-type]
    except TypeError:
        return None


def _shown(answer: object) -> str:
    return " ".join(short(answer).split())


def _homes(kind: type[Agent]) -> set[str]:
    """The modules in which a user wrote his class."""
    return {base.__module__ for base in kind.__mro__ if not base.__module__.startswith("decai.")}


def _cause(error: BaseException, homes: Collection[str]) -> str:
    """What went wrong, in one line, and the last line of the user's modules that led there."""
    # Unlike str(), this also bears errors that cannot be printed.
    said = " ".join(format_exception_only(error)[-1].split())
    places = [
        (frame.f_code.co_filename, line)
        for frame, line in walk_tb(error.__traceback__)
        if frame.f_globals.get("__name__") in homes
    ]
    if isinstance(error, SyntaxError) and error.filename is not None:
        places.append((error.filename, error.lineno or 1))
    return f"{said} ({os.path.basename(places[-1][0])}, line {places[-1][1]})" if places else said


def strategy_class(strategy: str) -> type[Agent]:
    """The user's class that ``module:Class`` names; modules in the current folder are found, too.

    Raises
    ------
    ScenarioError
        If it cannot be imported or is no `Agent`.
    """
    module, colon, name = strategy.partition(":")
    # A command does not look into the folder it is run from, where a user's own class will be.
    here = os.getcwd()
    if here not in sys.path:
        sys.path.append(here)
    try:
        found = getattr(import_module(module), name) if colon else None
    except _FAILURES as error:
        cause = _cause(error, {module})
        raise ScenarioError(f"{strategy!r} cannot be imported: {cause}") from error
    if not (isinstance(found, type) and issubclass(found, Agent)):
        raise ScenarioError(f"must be 'module:Class' of an Agent (got {strategy!r})")
    return found
