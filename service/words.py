"""What in an edited text binds the company: addresses and offer terms."""

import re

from ..domain.playbook import Action
from ..prompts.layout import RULE

_ADDRESS = re.compile(r"https?://[^\s<>\"'）」】、。]+")


def addresses_in(text: str) -> list[str]:
    """Every web address in a text, in order."""
    return [found.rstrip(".,;:!?)") for found in _ADDRESS.findall(text)]


def offer_terms(action: Action) -> list[str]:
    """The terms of the action's offer that must stay in the words, as written there."""
    if action.offer is None:
        return []
    terms = [f"{action.offer.price_jpy:,.0f}"] if action.offer.price_jpy is not None else []
    terms += [f"{action.offer.points:,}"] if action.offer.points is not None else []
    return [*terms, *([f"{action.offer.discount:.0%}"] if action.offer.discount else [])]


def without_footer(text: str) -> str:
    """A mail's own words, without the legal footer that stands under every one."""
    return text.split(f"\n{RULE}\n")[0]
