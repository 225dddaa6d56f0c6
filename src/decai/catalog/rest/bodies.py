"""Reading JSON bodies that may be hostile."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import HTTPException, Request, Response
from fastapi.routing import APIRoute

from decai.nesting import limited_recursion

__all__ = ["Route"]


class _Request(Request):
    async def json(self) -> Any:
        await self.body()
        try:
            # Nothing else runs meanwhile: the body is there already.
            with limited_recursion():
                return await super().json()
        except RecursionError:
            raise HTTPException(422, "the body is nested too deeply") from None


class Route(APIRoute):
    """A route whose body cannot exhaust the stack of the process, however it is nested."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """What answers a request."""
        answer = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            return await answer(_Request(request.scope, request.receive))

        return guarded
