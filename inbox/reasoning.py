"""Who reasoned for a plan, in words: the rules or a language model, what was compared, and what the model said."""

from collections.abc import Mapping
from typing import Any

from ..domain.brief import Language
from . import figures
from .words import clean, name, say


def plan_reasoning(reasoner: Mapping[str, Any], language: Language) -> list[str]:
    """The sentences about a plan's reasoner; the model's own rationale comes last, as its words."""
    model = clean(str(reasoner.get("model", "")))
    if not model:
        return [say(language, "reasoning.rules")]
    if reasoner["by"] == "rules":
        why = name(language, "model_failure", str(reasoner.get("why", "failed")))
        return [say(language, "reasoning.stood_in", model=model, why=why)]
    worth = {key: figures.yen(language, float(reasoner[f"{key}_jpy"])) for key in ("proposed", "rules")}
    if reasoner["plan"] == "model":
        said = [say(language, "reasoning.model", model=model, **worth)]
    else:
        why = name(language, "plan_reasoner", str(reasoner["compared"]))
        said = [say(language, "reasoning.not_taken", model=model, why=why, **worth)]
    rationale = reasoner.get("rationale", {}).get(language, "")
    return [*said, say(language, "reasoning.rationale", words=clean(rationale))] if rationale else said
