"""What needs no log-in: our own files, the sign of life; and the page about the keyboard."""

import re

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from ....service.keeping import proof
from ..pages import STATIC, page, static_file
from ..sessions import Place, Reader

router = APIRouter()
_TYPES = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}
_NONCE = re.compile(r"^[A-Za-z0-9_-]{1,64}$")


@router.get("/static/{file}")
def static(file: str) -> Response:
    """One of our own files; its address names its content, so it may be kept for ever."""
    if file not in STATIC:
        raise HTTPException(404)
    kind = _TYPES[file.rsplit(".", 1)[1]]
    return Response(
        static_file(file), media_type=kind, headers={"cache-control": "public, max-age=31536000, immutable"}
    )


@router.get("/health")
def health(workspace: Place, nonce: str = "") -> Response:
    """A sign of life; with a nonce, also the proof that this server holds this workspace's key."""
    answer = {"service": "kizuna", "status": "ok"}
    if _NONCE.match(nonce):
        answer["proof"] = proof(workspace, nonce)
    return JSONResponse(answer)


@router.get("/help")
def keys(request: Request, workspace: Place, who: Reader) -> Response:
    """What the keys do, for those whose browser runs no scripts."""
    return page(request, workspace, "help.html.j2")
