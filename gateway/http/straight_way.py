"""The way of nearly every request: straight to the view."""

from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.http.view import GraphQLView


class StraightWay:
    """ASGI middleware that passes requests for GraphQL by HTTP to the view, and everything else on.

    The way through Starlette's compression and router takes a third of the time at the door, and has nothing to add for
    them: the view answers whatever happens, and compresses its answers itself.
    """

    def __init__(self, app: ASGIApp, *, path: str, view: GraphQLView) -> None:
        self._app = app
        self._path = path
        self._view = view

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers it, or passes it on. Behind a `root_path` it is the router that knows what the path means."""
        if scope["type"] == "http" and scope["path"] == self._path and not scope.get("root_path"):
            await self._view.answer(scope, receive, send)
        else:
            await self._app(scope, receive, send)
