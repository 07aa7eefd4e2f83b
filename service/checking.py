"""Check what people wrote before anything starts: brief, segment, playbook, words."""

from functools import partial
from pathlib import Path

from ..agents.workspace import check_any_rule, check_segment
from ..domain.brief import Brief
from ..domain.errors import Fault, FaultyFile
from ..domain.playbook import Action
from ..playbooks.loader import load_playbooks, packaged_names
from ..prompts.rendering import variants
from ..tools.brief_file import load_brief


def check_brief(path: Path) -> Brief:
    """The brief, if nothing is wrong with it, its rules, its playbook and the words; else FaultyFile with all."""
    brief, _ = load_brief(path)
    faults: list[Fault] = []
    for check in (check_segment, _check_playbook):
        try:
            check(brief, path)
        except FaultyFile as error:
            faults += error.faults
    if faults:
        raise FaultyFile(faults)
    return brief


def packaged_actions() -> list[Action]:
    """The actions that come with Kizuna."""
    return list(load_playbooks(packaged_names(), None, check_any_rule).values())


def _check_playbook(brief: Brief, path: Path) -> None:
    own = path.parent / brief.playbook_folder if brief.playbook_folder else None
    actions = load_playbooks(brief.playbooks, own, check_any_rule)
    faults = [fault for action in actions.values() for fault in _faults_of(brief, path, action)]
    if faults:
        raise FaultyFile(faults)


def _faults_of(brief: Brief, path: Path, action: Action) -> list[Fault]:
    """What a brief and an action can't agree on."""
    fault = partial(Fault, str(path), 0, f"playbooks: {action.action}")
    found = []
    ceiling = brief.guardrails.discount_ceiling
    if action.offer is not None and action.offer.discount > ceiling:
        found.append(fault(f"offers {action.offer.discount:.0%} off, over the discount ceiling of {ceiling:.0%}"))
    own = path.parent / "prompts"
    for message in action.messages:
        for language in brief.voice.languages:
            if not variants(action.action, message, language, own if own.is_dir() else None):
                found.append(fault(f"the message `{message}` has no words in {language!r}"))
    return found
