"""How every page is filled in: each value is escaped, and what people wrote loses its control characters before."""

from collections.abc import Callable

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from .words import clean


def templates(read: Callable[[str], str]) -> Environment:
    """Templates whose text `read` gives by name; a value that nobody handed over is an error."""
    return Environment(
        loader=FunctionLoader(read),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_cleaned,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _cleaned(value: object) -> object:
    """What jinja puts on the page, before it is escaped: no control characters, nothing that reverses writing."""
    return clean(value) if isinstance(value, str) and not isinstance(value, Markup) else value
