"""The prompts for words: what a model is told of a message, and of the one customer where it is a personal draft."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...domain.brief import Language
from ...prompts.questions import Prompt, fill_prompt
from ...prompts.rendering import Fact
from .protocol import Task

_LANGUAGE_NAMES: dict[Language, str] = {"en": "English", "ja": "Japanese"}
_MANNERS: dict[Language, str] = {"en": "", "ja": ", in business Japanese (です・ます, names with 様)"}
#: Facts that are somebody's name or address: a model sees a token in their place.
PERSONAL = {
    "contact_name": "NAME",
    "family_name": "NAME",
    "company_name": "COMPANY",
    "rep_name": "NAME",
    "rep_email": "EMAIL",
}


def wording_prompt(task: Task, folder: Path | None) -> Prompt:
    """For many customers: no fact of any of them is shown, only the facts' names."""
    return fill_prompt("content", "wording", _message(task), _settings(task), folder=folder)


def draft_prompt(task: Task, folder: Path | None) -> Prompt:
    """For one customer: their own figures, and tokens where a name or an address would stand."""
    customer = task.customer
    assert customer is not None
    data = _message(task) | {"facts_of_this_customer": _masked(task, customer.facts)}
    if customer.free_text:
        data["what_the_customer_wrote"] = list(customer.free_text)
    token = customer.masker.token("NAME", str(customer.facts.get("contact_name", "")))
    return fill_prompt("content", "draft", data, _settings(task) | {"example_token": token}, folder=folder)


def _message(task: Task) -> dict[str, Any]:
    return {
        "company": task.company,
        "purpose_of_the_message": task.action.describe.get("en") or next(iter(task.action.describe.values())),
        "slots_for_facts": sorted(task.slots.facts),
        "slots_that_must_be_used": sorted(task.slots.must),
        "slots_for_links": sorted(task.slots.links),
        "reference_text": task.reference,
    }


def _settings(task: Task) -> dict[str, str]:
    fact = "contact_name" if "contact_name" in task.slots.facts else next(iter(sorted(task.slots.facts)), "name")
    link = next(iter(sorted(task.slots.links)), "name")
    return {
        "language_name": _LANGUAGE_NAMES[task.language],
        "manner": _MANNERS[task.language],
        "example_slot": f"{{{{ {fact} }}}}",
        "example_link": f"{{{{ link:{link} }}}}",
    }


def _masked(task: Task, facts: Mapping[str, Fact]) -> dict[str, Any]:
    customer = task.customer
    assert customer is not None
    shown: dict[str, Any] = {}
    for name, value in facts.items():
        if name not in task.slots.facts:
            continue
        if name in PERSONAL:
            shown[name] = customer.masker.token(PERSONAL[name], str(value)) if value else ""
        elif isinstance(value, str):
            shown[name] = customer.masker.mask(value)
        else:
            shown[name] = value if isinstance(value, int | float) else [customer.masker.mask(str(v)) for v in value]
    return shown
