"""HTTP around the handlers: requests become Calls, Answers and refusals become responses in the server's manner.

Built by server.py from routes.py. Source: kobo/api.md §0, §1, §8 and the recordings named below.
"""

from __future__ import annotations

import html
import json
from collections.abc import Mapping
from email.utils import format_datetime
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from collector.sandbox import routes
from collector.sandbox.accounts import authenticate, challenge
from collector.sandbox.calls import NOT_FOUND, Answer, Broken, Call, NowhereFound, Refusal, Upload, User
from collector.sandbox.faults import App, Faults
from collector.sandbox.routes import Methods
from collector.sandbox.store import Store, dump

GONE = "The V1 API has been removed. Please read the migration article at https://support.kobotoolbox.org/migrating_api.html"
FRENCH = {NOT_FOUND: "Non trouvé."}  # details are translated; one of them, so that nobody matches on the text
HTML = "text/html; charset=utf-8"
LARGEST_FIELD = 32 * 1024 * 1024  # bytes; a workbook may come as a base64 form field
PAGE = """<!DOCTYPE html>
<html lang="en">
<head><title>KoboToolbox API</title></head>
<body>
<h1>KoboToolbox API</h1>
<pre>{}</pre>
</body>
</html>
"""
XML_ROOTS = {
    "formList": '<xforms xmlns="http://openrosa.org/xforms/xformsList">{}</xforms>',
    "form.xml": '<xforms xmlns="http://openrosa.org/xforms/xformsList">{}</xforms>',
    "xformsManifest": '<manifest xmlns="http://openrosa.org/xforms/xformsManifest">{}</manifest>',
}


def build_app(store: Store, faults: Faults) -> App:
    """The whole application, faults around it."""
    found = [_route(store, path, methods, kind) for path, methods, kind in _table()]
    found.append(Route("/_sandbox/", _say_what_it_is))
    if store.options.allow_faults:
        found.append(Route("/_sandbox/faults", _fault_endpoint(faults), methods=["PUT", "DELETE"]))
    found.append(Route("/{path:path}", _nowhere(store), methods=["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"]))
    return faults.wrap(Starlette(routes=found))


async def _say_what_it_is(request: Request) -> Response:
    """No KoboToolbox has this address: whoever must not reach real people asks here first."""
    return JSONResponse({"sandbox": "collector"})


def _table() -> list[tuple[str, Methods, str]]:
    rows = [(path, methods, "api") for path, methods in routes.API.items()]
    rows += [(path, methods, "plain") for path, methods in routes.PLAIN.items()]
    rows += [(path, methods, "openrosa") for path, methods in routes.OPENROSA.items()]
    return rows + [("/{owner}" + path, methods, "openrosa") for path, methods in routes.OPENROSA.items()]


class _Everything(Route):
    """A route that takes every method, so that the 405 is in the server's words."""

    def __init__(self, path: str, endpoint: Any) -> None:
        super().__init__(path, endpoint)
        self.methods = None


def _route(store: Store, path: str, methods: Methods, kind: str) -> Route:
    async def endpoint(request: Request) -> Response:
        call = await _read(request)
        return await run_in_threadpool(respond, store, call, methods, kind)

    return _Everything(path, endpoint)


def respond(store: Store, call: Call, methods: Methods, kind: str) -> Response:
    """One request from authentication to response; never raises for what the caller did."""
    user: User | None = None
    try:
        user = None if kind == "plain" else authenticate(store, call, is_openrosa=kind == "openrosa")
        call = Call(**{**call.__dict__, "user": user})
        handler = methods.get(call.method) or (methods.get("GET") if call.method == "HEAD" else None)
        if handler is None:
            raise Refusal(405, {"detail": f'Method "{call.method}" not allowed.'})
        answer = handler(store, call)
    except NowhereFound:
        return nowhere(store, call)
    except Broken:
        answer = _server_error(call)
    except Refusal as refusal:
        answer = _refused(store, call, refusal, kind)
    return _response(store, call, answer, user, methods, kind)


def nowhere(store: Store, call: Call) -> Response:
    """No such page: HTML, or for JSON callers a plain line that still calls itself HTML (recordings 529, 540)."""
    text = "Resource not found (404)" if _wants_json(call) else PAGE.format("Not found")
    return Response(text, 404, {"Date": _date(store, "GMT")}, HTML)


async def _read(request: Request) -> Call:
    body = await request.body()
    fields: dict[str, str] = {}
    uploads: list[Upload] = []
    content_type = request.headers.get("content-type", "")
    if content_type.startswith(("multipart/form-data", "application/x-www-form-urlencoded")):
        async with request.form(max_part_size=LARGEST_FIELD) as form:
            for name, value in form.multi_items():
                if isinstance(value, UploadFile):
                    kind = value.content_type or "application/octet-stream"
                    uploads.append(Upload(name, value.filename or "", kind, await value.read()))
                else:
                    fields[name] = value
    return Call(
        method=request.method,
        path=request.url.path,
        base=f"{request.url.scheme}://{request.headers.get('host', '')}",
        names={key: str(value) for key, value in request.path_params.items()},
        query=request.query_params.multi_items(),
        headers=dict(request.headers),
        body=body,
        fields=fields,
        uploads=uploads,
    )


def _refused(store: Store, call: Call, refusal: Refusal, kind: str) -> Answer:
    if kind == "openrosa":
        return _xml_refusal(store, call, refusal)
    headers = {"WWW-Authenticate": "Session"} if refusal.status == 401 else {}
    value = refusal.value
    if isinstance(value, dict) and call.header("accept-language").startswith("fr"):
        value = {key: FRENCH.get(text, text) if isinstance(text, str) else text for key, text in value.items()}
    return Answer(refusal.status, dump(value).encode(), "application/json", headers)


def _xml_refusal(store: Store, call: Call, refusal: Refusal) -> Answer:
    detail = refusal.value.get("detail", "") if isinstance(refusal.value, dict) else ""
    root = next((root for name, root in XML_ROOTS.items() if name in call.path), "<root>{}</root>")
    text = '<?xml version="1.0" encoding="utf-8"?>\n' + root.format(f"<detail>{html.escape(str(detail))}</detail>")
    headers = {"WWW-Authenticate": challenge(store)} if refusal.status == 401 else {}
    return Answer(refusal.status, text.encode(), "text/xml; charset=utf-8", headers)


def _server_error(call: Call) -> Answer:
    if _wants_json(call):
        return Answer(500, b'{"error":"Server Error (500)"}', "application/json")
    return Answer(500, PAGE.format("Server error (500)").encode(), HTML)


def _response(store: Store, call: Call, answer: Answer, user: User | None, methods: Methods, kind: str) -> Response:
    body, media_type = answer.body, answer.media_type
    if kind == "api" and media_type == "application/json" and call.header("accept").startswith("text/html"):
        shown = json.dumps(json.loads(body), indent=2, ensure_ascii=False)
        body, media_type = PAGE.format(html.escape(shown)).encode(), HTML
    headers = dict(answer.headers)
    if kind != "plain" and answer.status != 500:
        headers["Allow"] = routes.allow(methods)
    if user:
        headers["X-KoBoNaUt"] = user.username
    is_openrosa = "X-OpenRosa-Version" in headers  # only then the zone of Date is written UTC (recordings 203-206)
    headers["Date"] = _date(store, "UTC" if is_openrosa else "GMT")
    response = Response(b"" if call.method == "HEAD" else body, answer.status, headers)
    if media_type:
        response.headers["Content-Type"] = media_type
    return response


def _date(store: Store, zone: str) -> str:
    return format_datetime(store.now(), usegmt=True).removesuffix("GMT") + zone


def _wants_json(call: Call) -> bool:
    return call.header("accept").startswith("application/json")


def _nowhere(store: Store) -> Any:
    """What no route knows: the removed API (410), a missing slash (301), a slash too many, 404."""

    async def endpoint(request: Request) -> Response:
        call = await _read(request)
        if call.path.startswith(routes.GONE):
            headers = {"Allow": "OPTIONS", "Date": _date(store, "GMT")}
            if _wants_json(call):
                return Response(dump({"detail": GONE}), 410, headers, "application/json")
            return Response(PAGE.format(html.escape(dump({"detail": GONE}))), 410, headers, HTML)
        bare = call.path.rstrip("/")
        if call.path.endswith("/") and bare.endswith(("/submission", "/formList")):
            text = f"OpenRosa endpoints do not accept a trailing slash. Retry the request at {bare}"
            return Response(text, 404, {"Date": _date(store, "GMT")}, HTML)
        if call.path.startswith("/api/v2") and not call.path.endswith("/"):
            return Response(b"", 301, {"Location": call.path + "/", "Date": _date(store, "GMT")}, HTML)
        return nowhere(store, call)

    return endpoint


def _fault_endpoint(faults: Faults) -> Any:
    """PUT {"latency_ms": 0, "faults": [{"action": "status", "path": "/data/", "times": 3}]}; DELETE clears."""

    async def endpoint(request: Request) -> Response:
        if request.method == "DELETE":
            faults.clear()
            return Response(b"", 204)
        wanted: Mapping[str, Any] = await request.json()
        try:
            faults.set_from(wanted)
        except (TypeError, KeyError) as error:
            return Response(dump({"detail": str(error)}), 400, media_type="application/json")
        return Response(b"", 204)

    return endpoint
