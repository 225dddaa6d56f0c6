"""One tree of errors: whatever goes wrong for a user is one clear line.

::

    DecaiError
    ├── Refused            the mechanism's rules say no; nothing has changed
    ├── InputError         what the user gave cannot be used (a file, a number, a name)
    │   ├── ScenarioError  a scenario: an unknown key, a value out of range
    │   │   └── AgentError an agent of the user's own: what its class raised, or gave and must not
    │   ├── ModelFileError a model file: malformed, out of range
    │   └── DatasetError   a data set: unknown, damaged, a label outside the classes
    │       └── OptionError an option of a data set that is out of range
    ├── ChainError         a node or network: out of reach, out of money, a transaction whose fate is unknown
    │   └── BrokenRulesError  a contract has done what its rules do not allow
    ├── MissingError       something has to be fetched or installed first; says by which command
    ├── StorageError       a folder or disk that cannot be written
    └── Interrupted        the user stopped the work; says what was kept

The command line prints ``str(error)`` as its one line and exits with code 2 (130 for `Interrupted`).
"""

__all__ = [
    "AgentError",
    "BrokenRulesError",
    "ChainError",
    "DatasetError",
    "DecaiError",
    "InputError",
    "Interrupted",
    "MissingError",
    "ModelFileError",
    "OptionError",
    "Refused",
    "ScenarioError",
    "StorageError",
]


class DecaiError(Exception):
    """Root of every error that decai raises on purpose."""


class Refused(DecaiError):
    """A request that the mechanism refuses, with the contract's own sentence, ``part: reason``."""


class InputError(DecaiError, ValueError):
    """Input that cannot be used; says which and why."""


class ScenarioError(InputError):
    """A scenario with an unknown key or a value out of range."""


class AgentError(ScenarioError):
    """An agent of the user's own whose class raised something, or gave what it must not."""


class ModelFileError(InputError):
    """A model file that is malformed or out of range."""


class DatasetError(InputError):
    """A data set that is unknown, damaged or inconsistent."""


class ChainError(DecaiError):
    """A node or network that cannot be reached or will not do what was asked; says what is known."""


class BrokenRulesError(ChainError):
    """A contract that has done what its rules do not allow; says what."""


class OptionError(DatasetError):
    """An option of a data set that is out of range.

    Parameters
    ----------
    line
        The whole message.
    option
        The option's name.
    """

    def __init__(self, line: str, option: str = "") -> None:
        super().__init__(line)
        self.option = option


class MissingError(DecaiError):
    """Something has to be fetched or installed first; the message names the command."""


class StorageError(DecaiError, OSError):
    """A folder or disk that cannot be read or written."""


class Interrupted(DecaiError):
    """The user stopped the work; the message says what was kept."""
