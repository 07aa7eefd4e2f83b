"""The words of notices to reviewers, in their language: counts and deadlines, nothing about a customer."""

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files

from ..domain.brief import Language
from .templating import write_block

Item = Mapping[str, str | int]


def write_notice(
    language: Language, *, name: str, campaign: str, inbox_url: str, items: Sequence[Item], urgent: bool
) -> tuple[str, str]:
    """(subject, text). Each item: `kind`, `count`, `until` (a moment in words) and `why` (for a pause)."""
    total = sum(int(item["count"]) for item in items)
    context = {"name": name, "campaign": campaign, "inbox_url": inbox_url, "items": items, "total": total}
    source, place = _source(language), f"notices/{language}.j2"
    subject = write_block(source, "subject", language, {**context, "urgent": urgent}, place)
    text = write_block(source, "text", language, {**context, "urgent": urgent}, place)
    return " ".join(subject.split()), text.strip() + "\n"


@cache
def _source(language: Language) -> str:
    return files("kizuna.prompts").joinpath("notices", f"{language}.j2").read_text(encoding="utf-8")
