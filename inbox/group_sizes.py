"""How large groups should be, in words, with the lines to put into the brief."""

from ..domain.brief import Language, Metric
from ..domain.decision import Group
from ..service.group_sizes import SizedGroups
from . import figures
from .helping import shares_in_words
from .words import listed, name, say

_ORDER = (Group.POLICY, Group.RANDOM_CONTROL, Group.BUSINESS_AS_USUAL, Group.HOLDOUT)


def sizing_lines(sized: SizedGroups, metric: Metric, goal: float, language: Language) -> list[str]:
    """What today's groups can show, and better ones where there are any, as lines of the brief."""
    if not sized.audience:
        return [say(language, "sizing.needs_data", why=say(language, "sizing.no_audience"))]
    proposal = sized.proposal
    closest = figures.percent(proposal.minimum_detectable_lift)
    shares = {group.value: sized.percent[group] for group in _ORDER if group in sized.percent}
    lines = [
        say(
            language,
            "sizing.now",
            groups=shares_in_words(shares, language),
            audience=figures.number(sized.audience),
            metric=name(language, "metric", metric.value),
            mde=figures.percent(sized.minimum_detectable_lift),
            goal=figures.lift(goal),
        )
    ]
    if sized.has_better:
        key = "smaller" if sized.is_enough else "better" if proposal.is_detectable else "halves"
        lines += [say(language, f"sizing.{key}", mde=closest), *_yaml(proposal.percent)]
        if proposal.left_out:
            dropped = listed(language, (name(language, "group", group.value) for group in proposal.left_out))
            lines.append(say(language, "sizing.thin", groups=dropped))
    else:
        lines.append(say(language, "sizing.fine" if sized.is_enough else "sizing.halves_no_gain"))
    if not proposal.is_detectable and proposal.units_needed is not None:
        needed = figures.number(proposal.units_needed)
        lines.append(say(language, "sizing.needed", units=needed, mde=closest))
    return lines


def _yaml(percent: dict[Group, int]) -> list[str]:
    return ["  groups:", *(f"    {group.value}: {percent[group]} %" for group in _ORDER if group in percent)]
