"""Jinja, held short: sandboxed, strict about what is unknown, no globals, compiled once per source."""

import re
from collections.abc import Mapping
from functools import cache, lru_cache

from jinja2 import StrictUndefined, Template, TemplateError, meta, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from ..domain.errors import UserError

#: A line that holds only a tag leaves no trace; a tag that ends a line of words keeps the line's end.
_KEEP_LINE_END = re.compile(r"(?m)^(?!\s*\{%(?:(?!%\}).)*%\}[ \t]*$)(.*[^\s+-][ \t]*)%\}[ \t]*$")


class WordsFaulty(UserError):
    """A template does not render; the text says where."""


def write_block(source: str, name: str, language: str, context: Mapping[str, object], place: str) -> str:
    """One block of a template, filled. `{{ link('x') }}` leaves a mark that `marked_links` finds."""
    try:
        template = _compiled(source, language)
        if name not in template.blocks:
            raise WordsFaulty(f"{place}: has no {{% block {name} %}}")
        return "".join(template.blocks[name](template.new_context({**context, "link": _mark})))
    except (TemplateError, TypeError, ValueError) as error:
        line = getattr(error, "lineno", None)
        raise WordsFaulty(f"{place}{f':{line}' if line else ''}: {error}") from error


def names_in(source: str, language: str, place: str) -> tuple[set[str], set[str]]:
    """The facts and the links that a template names, whichever of its branches is taken."""
    try:
        tree = _environment(language).parse(source)
    except TemplateError as error:
        raise WordsFaulty(f"{place}: {error}") from error
    calls = [call for call in tree.find_all(nodes.Call) if getattr(call.node, "name", "") == "link"]
    links = {str(argument.value) for call in calls for argument in call.args[:1] if isinstance(argument, nodes.Const)}
    return meta.find_undeclared_variables(tree) - {"link"}, links


def place_links(body: str, links: Mapping[str, str], place: str) -> str:
    """Puts each link's lines where its mark stands."""

    def written(match: re.Match[str]) -> str:
        if match[1] not in links:
            raise WordsFaulty(f"{place}: link('{match[1]}') is not declared in facts.yaml")
        return links[match[1]]

    text = re.sub(r"(?m)^[ \t]*\x01(\w+)\x01[ \t]*$", written, body)
    if "\x01" in text:
        raise WordsFaulty(f"{place}: a link must stand alone on its line")
    return text


def _mark(name: str) -> str:
    """Where a link goes. No value can hold this sign: cleaning takes control characters out."""
    return f"\x01{name}\x01"


@lru_cache(maxsize=512)
def _compiled(source: str, language: str) -> Template:
    return _environment(language).from_string(_KEEP_LINE_END.sub(r"\1+%}", source))


@cache
def _environment(language: str) -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
        autoescape=False,  # the result is plain text; layout.py escapes all of it for HTML
    )
    environment.globals.clear()
    environment.filters["yen"] = _yen_ja if language == "ja" else _yen_en
    return environment


def _yen_ja(value: float) -> str:
    return f"{_shown(value)}円"


def _yen_en(value: float) -> str:
    return f"JPY {_shown(value)}"


def _shown(value: object) -> str:
    """How a value is written: 12000 -> 12,000, 480.0 -> 480."""
    if isinstance(value, float):
        return f"{value:,.0f}" if value.is_integer() else f"{value:,.2f}".rstrip("0")
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    if isinstance(value, (str, StrictUndefined)):
        return str(value)
    raise TypeError(f"{type(value).__name__} can't be shown; use a text or a number")
