"""Check a brief's fairness section against the features there are: every fault with its line."""

from collections.abc import Collection, Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from ..customers.features.catalogue import Feature, catalogue
from ..domain.document import Document
from ..domain.errors import Fault, UserError
from ..domain.place import Place, dotted
from ..domain.playbook import Action
from ..prompts.catalogue import needs

_PROTECTED = ("fairness", "protected")
_GROUPS = ("fairness", "groups")


def marked_protected(document: Document) -> list[str]:
    """The features that the brief marks as protected, as far as it can be read."""
    return [name for _, name in _written(document, _PROTECTED)]


def fairness_faults(document: Document, own: Path | None) -> list[Fault]:
    """Names that no feature has, numbers without bands, bands of what is no number."""
    known = {feature.name: feature for feature in catalogue(own)}
    named = [*_written(document, _PROTECTED), *_written(document, _GROUPS)]
    faults = [_unknown(document, place, name, list(known)) for place, name in named if name not in known]
    for place, name in _written(document, _GROUPS):
        if name in known:
            faults += _misbanded(document, place, known[name])
    return faults


def protected_words(action: Action, words: Path | None, protected: Collection[str]) -> Iterator[tuple[str, str]]:
    """Problem and hint for each message that says a protected fact."""
    for message in action.messages:
        try:
            declared = needs(action.action, message, words)
        except UserError:
            continue  # the check of the words says so
        for name in sorted({*declared.facts, *declared.optional} & set(protected)):
            problem = f"the message `{message}` says `{name}`, which is protected"
            yield problem, f"take it out of prompts/messages/{action.action}, or out of `fairness.protected`"


def _written(document: Document, section: Place) -> Iterator[tuple[Place, str]]:
    """Each feature that the section names, and where; what has another shape is the brief's own check to tell."""
    written = _at(document, section)
    for n, item in enumerate(written if isinstance(written, list) else []):
        name = item.get("feature") if isinstance(item, dict) else item
        if isinstance(name, str):
            yield (*section, n), name
    if isinstance(written, (str, dict)):
        name = written.get("feature") if isinstance(written, dict) else written
        if isinstance(name, str):
            yield section, name


def _at(document: Document, place: Place) -> Any:
    """What is written there; None where nothing is."""
    written: Any = document.data
    for key in place:
        if isinstance(written, dict):
            written = written.get(key)
        elif isinstance(written, list) and isinstance(key, int):
            written = written[key]
        else:
            return None
    return written


def _unknown(document: Document, place: Place, name: str, known: list[str]) -> Fault:
    close = get_close_matches(name, known, n=1)
    hint = f"did you mean `{close[0]}`?" if close else "`kizuna features` lists them"
    return Fault(document.file, document.line_of(place), dotted(place), f"there is no feature `{name}`", hint)


def _misbanded(document: Document, place: Place, feature: Feature) -> Iterator[Fault]:
    written = _at(document, place)
    banded = isinstance(written, dict) and bool(written.get("bands"))
    if feature.type == "number" and not banded:
        problem, hint = "is a number: every value would be a group", "say where bands begin: {feature: …, bands: [30]}"
    elif feature.type != "number" and banded:
        problem, hint = "is no number, and has no bands", "leave `bands` out: each value is a group"
    else:
        return
    yield Fault(document.file, document.line_of(place), dotted(place), f"`{feature.name}` {problem}", hint)
