"""What `kizuna check --groups` says about the groups of a brief."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..domain.brief import Brief, Language


def group_lines(path: Path, brief: "Brief", language: "Language") -> list[str]:
    """What the groups can show, and better ones; or what is needed to say it."""
    from ..domain.errors import UserError
    from ..inbox.faults import mistake_in_words
    from ..inbox.group_sizes import sizing_lines
    from ..inbox.words import say
    from ..service.group_sizes import size_groups_of

    try:
        sized = size_groups_of(path)
    except UserError as error:
        return [say(language, "sizing.needs_data", why=mistake_in_words(error, language))]
    return sizing_lines(sized, brief.goal.metric, brief.goal.relative_lift, language)


def groups_as_data(path: Path) -> dict[str, Any]:
    """The same as plain data, for scripts."""
    from ..domain.errors import UserError
    from ..service.group_sizes import size_groups_of

    try:
        sized = size_groups_of(path)
    except UserError as error:
        return {"needs": str(error)}
    proposal = sized.proposal
    return {
        "audience": sized.audience,
        "percent": {group.value: share for group, share in sized.percent.items()},
        "minimum_detectable_lift": _finite(sized.minimum_detectable_lift),
        "target_lift": sized.target_lift,
        "proposed_percent": {group.value: share for group, share in proposal.percent.items()},
        "proposed_minimum_detectable_lift": _finite(proposal.minimum_detectable_lift),
        "units_needed": proposal.units_needed,
    }


def _finite(lift: float) -> float | None:
    return lift if math.isfinite(lift) else None
