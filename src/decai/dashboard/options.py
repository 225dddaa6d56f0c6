"""What `decai serve` is told, checked before anything begins."""

import ipaddress
import re
import socket
from dataclasses import dataclass, field
from typing import Final

from decai.errors import InputError, StorageError
from decai.units import Address

__all__ = ["DEFAULT_PORT", "Options", "bound_socket"]

DEFAULT_PORT: Final = 8600
_NAME: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")
_BACKLOG: Final = 2048


@dataclass(frozen=True, slots=True)
class Options:
    """How to serve.

    Parameters
    ----------
    rpc
        The URL of a node; None for the local one, which is started if it does not run.
    host, port
        Where to listen; port 0 takes any that is free.
    allowed_hosts
        Further names under which browsers may ask for the pages, such as that of a proxy before them.
    database
        Where the catalog is, as a URL; None for a file in the data directory.
    allowed_models
        Chain and address of each model whose texts need not be hidden.

    Raises
    ------
    InputError
        If the port, the host or a name is none.
    """

    rpc: str | None = None
    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    allowed_hosts: tuple[str, ...] = field(default=())
    database: str | None = None
    allowed_models: tuple[tuple[int, Address], ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.port < 2**16:
            raise InputError(f"--port: {self.port} is no port; take one from 1 to 65535, or 0 for any")
        for name in (self.host, *self.allowed_hosts):
            if not _is_host(name):
                raise InputError(f"{name[:80]!r} is no name or address of a machine")

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach the pages."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


def _is_host(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return _NAME.fullmatch(name) is not None
    return True


def bound_socket(options: Options) -> socket.socket:
    """A socket that listens where the options say.

    Raises
    ------
    InputError
        If the port is taken, or the host is not one of this machine.
    StorageError
        If the system gives none.
    """
    try:
        (family, kind, protocol, _, address), *_ = socket.getaddrinfo(
            options.host, options.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except OSError:
        raise InputError(f"--host: there is no {options.host!r}") from None
    listening = socket.socket(family, kind, protocol)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(_BACKLOG)
    except PermissionError:
        listening.close()
        raise InputError(f"--port: {options.port} is not yours to take; take one above 1023") from None
    except OSError as error:
        listening.close()
        where = f"{options.host}:{options.port}"
        if error.errno is not None and "in use" in (error.strerror or ""):
            raise InputError(
                f"{where} is taken, perhaps by another decai serve; choose with --port"
            ) from None
        raise StorageError(f"{where}: cannot be listened to ({error.strerror or error})") from None
    listening.set_inheritable(True)
    return listening
