"""The page at `/`, and the files it loads."""

import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict
from html import escape

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from gateway.graphiql.bundle import Bundle, load_bundle
from gateway.graphiql.examples import read_examples
from gateway.graphiql.preferences import accepts_gzip, wants_html

ASSETS_PATH = "/graphiql/assets"
A_YEAR_SECONDS = 31_536_000

CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "worker-src 'self'",
        # The editor positions its lines and colours by style attributes.
        "style-src 'self' 'unsafe-inline'",
        "font-src 'self' data:",
        "img-src 'self' data:",
        # Holds for WebSockets to the same host and port as well.
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ]
)

PAGE_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    # Kept, but asked about each time: the files it names change with every release.
    "Cache-Control": "no-cache",
    "Vary": "Accept",
}
ASSET_HEADERS = {
    # Other content has another name, so it can be kept for ever.
    "Cache-Control": f"public, max-age={A_YEAR_SECONDS}, immutable",
    "Vary": "Accept-Encoding",
    "X-Content-Type-Options": "nosniff",
}

Endpoint = Callable[[Request], Awaitable[Response]]


def graphiql_routes(*, graphql_path: str = "/graphql") -> list[BaseRoute]:
    """`GET /`, which is GraphiQL for people and the welcome for programs, and the files GraphiQL loads."""
    return [
        Route("/", _page(load_bundle(), graphql_path)),
        Route(f"{ASSETS_PATH}/{{name}}", _asset(load_bundle())),
    ]


def welcome_routes(*, graphql_path: str = "/graphql") -> list[BaseRoute]:
    """`GET /` where GraphiQL is turned off: the welcome for everybody."""

    async def page(request: Request) -> Response:
        return _welcome(request, graphql_path)

    return [Route("/", page)]


def _welcome(request: Request, graphql_path: str) -> Response:
    """What this is, and where to ask."""
    return JSONResponse({"service": "admittance", "graphql": _root(request) + graphql_path}, headers={"Vary": "Accept"})


def _page(bundle: Bundle, graphql_path: str) -> Endpoint:
    examples = [asdict(example) for example in read_examples()]

    async def page(request: Request) -> Response:
        if not wants_html(request):
            return _welcome(request, graphql_path)
        root = _root(request)
        configuration = {"graphqlPath": root + graphql_path, "operations": examples}
        body = _render(bundle, root + ASSETS_PATH, configuration).encode()
        etag = hashlib.sha256(body).hexdigest()
        return _cacheable(request, body, f'"{etag}"', "text/html; charset=utf-8", PAGE_HEADERS)

    return page


def _asset(bundle: Bundle) -> Endpoint:
    async def asset(request: Request) -> Response:
        file = bundle.assets.get(request.path_params["name"])
        if file is None:
            raise HTTPException(404)
        if not accepts_gzip(",".join(request.headers.getlist("accept-encoding"))):
            return _cacheable(request, file.content, f'"{file.sha256}"', file.media_type, ASSET_HEADERS)
        headers = {**ASSET_HEADERS, "Content-Encoding": "gzip"}
        return _cacheable(request, file.compressed, f'"{file.sha256}-gzip"', file.media_type, headers)

    return asset


def _cacheable(request: Request, body: bytes, etag: str, media_type: str, headers: Mapping[str, str]) -> Response:
    known = {each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")}
    if known & {etag, "*"}:
        return Response(status_code=304, headers={**headers, "ETag": etag})
    return Response(body, headers={**headers, "ETag": etag}, media_type=media_type)


def _root(request: Request) -> str:
    """Where a proxy serves all of this below a path of its own, that path."""
    return request.scope.get("root_path", "")


def _render(bundle: Bundle, assets: str, configuration: object) -> str:
    # "<" is all that could end the element before its time.
    data = json.dumps(configuration, ensure_ascii=False).replace("<", "\\u003c")
    *imported, script = (f"{escape(assets)}/{name}" for name in bundle.scripts)
    links = [f'    <link rel="stylesheet" href="{escape(assets)}/{name}">' for name in bundle.styles]
    links += [f'    <link rel="modulepreload" href="{path}">' for path in imported]
    return _PAGE.format(links="\n".join(links), script=script, icon=_ICON, data=data)


# A gate that stands ajar.
_ICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E%3Crect width='32' height='32'"
    " rx='7' fill='%23c2057f'/%3E%3Cpath d='M9 26V6h14v20M9 6l9 4v20l-9-4M15 17v2' fill='none' stroke='white'"
    " stroke-width='2.2' stroke-linejoin='round' stroke-linecap='round'/%3E%3C/svg%3E"
)

_PAGE = """\
<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <meta name="robots" content="noindex">
    <title>GraphiQL · Admittance</title>
    <link rel="icon" href="{icon}">
{links}
    <script type="application/json" id="configuration">{data}</script>
    <script type="module" src="{script}"></script>
  </head>
  <body>
    <noscript>GraphiQL needs JavaScript. Without it, send GraphQL to this host as JSON, by POST.</noscript>
    <div id="page"></div>
  </body>
</html>
"""
