"""The models that were deployed or used from this machine: where each is, under which name."""

import fcntl
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from decai.dataset.storage import atomic_file
from decai.errors import InputError, StorageError
from decai.paths import data_dir
from decai.units import Address

__all__ = ["KnownModel", "find", "forget", "known_models", "remember"]

_FILE: Final = "models.json"
_LEAST_DIGITS: Final = 4
_MOST_NAMED: Final = 3


@dataclass(frozen=True, slots=True)
class KnownModel:
    """A model on a chain."""

    address: Address
    chain_id: int
    first_block: int
    """The block in which it was deployed; where its events begin."""
    name: str


def known_models(chain_id: int | None = None) -> list[KnownModel]:
    """The known models of a chain, or of all; the oldest first.

    Raises
    ------
    StorageError
        If the list cannot be read.
    """
    path = data_dir() / _FILE
    try:
        entries = json.loads(path.read_bytes())
        models = [
            KnownModel(
                Address(str(entry["address"])),
                int(entry["chain_id"]),
                int(entry["first_block"]),
                str(entry["name"]),
            )
            for entry in entries
        ]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise StorageError(f"{path}: cannot be read ({error.strerror or error})") from None
    except (ValueError, KeyError, TypeError):
        raise StorageError(
            f"{path}: is damaged; remove it, and deploy or use models by their address"
        ) from None
    return [model for model in models if chain_id in (None, model.chain_id)]


def remember(model: KnownModel) -> None:
    """Put a model on the list, in place of an earlier entry of the same address.

    Raises
    ------
    StorageError
        If the list cannot be written.
    """
    with _turn():
        _write([*_others(model), model])


def forget(text: str, chain_id: int | None = None) -> KnownModel:
    """Take the model off the list that has this name, or whose address begins so; returns it.

    Parameters
    ----------
    text
        What it is called.
    chain_id
        Of its chain; None looks at all chains.

    Raises
    ------
    InputError
        If there is none, or there are several.
    StorageError
        If the list cannot be read or written.
    """
    with _turn():
        model = find(text, chain_id)
        if model is None:
            where = "" if chain_id is None else f" on chain {chain_id}"
            raise InputError(
                f"no known model{where} has the name {text[:80]!r}, or an address that begins so"
            )
        _write(_others(model))
    return model


def _others(model: KnownModel) -> list[KnownModel]:
    return [
        each for each in known_models() if (each.address, each.chain_id) != (model.address, model.chain_id)
    ]


def _write(models: Sequence[KnownModel]) -> None:
    with atomic_file(data_dir() / _FILE) as file:
        file.write(json.dumps([asdict(each) for each in models], indent=1).encode())


def find(text: str, chain_id: int | None) -> KnownModel | None:
    """The known model of this name, or whose address begins so; None if there is none like it.

    Parameters
    ----------
    text
        What it is called.
    chain_id
        Of its chain; None looks at all chains.

    Raises
    ------
    InputError
        If there are several.
    """
    models = known_models(chain_id)
    begins = text.lower()
    found = [model for model in models if model.name == text]
    if not found and begins.startswith("0x") and len(begins) >= _LEAST_DIGITS + 2:
        found = [model for model in models if model.address.lower().startswith(begins)]
    if not found:
        found = [model for model in models if model.name.lower() == begins]
    if len(found) > 1:
        if len({model.address for model in found}) == 1:
            chains = ", ".join(str(model.chain_id) for model in found)
            raise InputError(f"{text!r} is known on several chains; choose one by --chain-id: {chains}")
        addresses = ", ".join(model.address for model in found[-_MOST_NAMED:])
        more = f" and {len(found) - _MOST_NAMED} more" if len(found) > _MOST_NAMED else ""
        raise InputError(f"{text!r} may be any of {len(found)} models; give the address: {addresses}{more}")
    return found[0] if found else None


@contextmanager
def _turn() -> Iterator[None]:
    """One process at a time changes the list."""
    folder: Path = data_dir()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / f".{_FILE}.lock").open("ab")
    except OSError as error:
        raise StorageError(f"{folder}: cannot be written ({error.strerror or error})") from None
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
