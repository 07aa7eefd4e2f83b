"""Reads a form that was sent: urlencoded or multipart (RFC 8058 allows both), bounded, without files."""

from collections.abc import AsyncGenerator

from fastapi import Request
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.formparsers import FormParser, MultiPartException, MultiPartParser

LONGEST_BYTES = 64 * 1024
_FIELDS = 100


class Form:
    """The fields of a form; text only."""

    def __init__(self, data: FormData) -> None:
        self._data = data

    def one(self, name: str) -> str:
        """The field's text; empty where it is missing."""
        value = self._data.get(name, "")
        return value if isinstance(value, str) else ""

    def all(self, name: str) -> list[str]:
        return [value for value in self._data.getlist(name) if isinstance(value, str)]


async def read_form(request: Request) -> Form:
    """The form in the body; 400 for a broken one, 413 for one that is too long, 415 for anything else."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = _bounded(request)
    try:
        if kind == "application/x-www-form-urlencoded":
            return Form(await FormParser(request.headers, body).parse())
        if kind == "multipart/form-data":
            parser = MultiPartParser(request.headers, body, max_files=0, max_fields=_FIELDS)
            return Form(await parser.parse())
    except (MultiPartException, UnicodeDecodeError, KeyError, ValueError) as error:
        raise HTTPException(400) from error
    raise HTTPException(415)


async def _bounded(request: Request) -> AsyncGenerator[bytes, None]:
    length = 0
    async for chunk in request.stream():
        length += len(chunk)
        if length > LONGEST_BYTES:
            raise HTTPException(413)
        yield chunk
