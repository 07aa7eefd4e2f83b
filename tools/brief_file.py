"""Reads a brief from disk."""

import hashlib
from pathlib import Path
from typing import Any

from ..domain.brief import Brief
from ..domain.document import MAX_BYTES, decode, read_model
from ..domain.errors import Fault, FaultyFile


def load_brief(path: Path) -> tuple[Brief, str]:
    """The brief, and the SHA-256 of its text. Raises FaultyFile with everything that is wrong with it."""
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 4)  # a little more than is accepted, never all of a huge file
    except OSError as error:
        raise FaultyFile([Fault(str(path), 0, "", f"can't be read: {error.strerror}")]) from None
    text = decode(raw, str(path))
    return read_model(Brief, text, str(path)), hashlib.sha256(text.encode()).hexdigest()


def brief_schema() -> dict[str, Any]:
    """The brief as JSON Schema, for editors that complete and explain while one types."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Brief.model_json_schema(by_alias=True)}
