"""Check what people wrote before anything starts: brief, segment, playbook, words; every fault at once."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from ..agents.manners import overlooked_moods
from ..agents.sample import sample_facts
from ..agents.workspace import feature_folder, open_workspace, own_segments, rule_checker
from ..customers.features.protected import protected_features, protected_names
from ..domain.brief import Brief
from ..domain.document import Document, parse_document
from ..domain.errors import Fault, FaultyFile
from ..domain.playbook import Action
from ..playbooks.loader import load_playbooks
from ..prompts.linting import lint_words
from ..tools.brief_file import load_brief
from .checking_fairness import fairness_faults, marked_protected, protected_words
from .live import live_faults


def check_brief(path: Path) -> Brief:
    """The brief, if nothing is wrong with it, its rules, its playbook and the words; else FaultyFile with all."""
    faults: list[Fault] = []
    brief = None
    try:
        brief, _ = load_brief(path)
    except FaultyFile as error:
        faults += error.faults
    document = _as_written(path)
    if document is not None:
        check_rule, unsound = _rule_checker(document, path)
        faults += unsound
        faults += _segment_faults(document, check_rule)
        faults += _own_segment_faults(path, check_rule)
        actions, unloaded = _actions(document, path, check_rule)
        faults += unloaded
        if brief is not None:
            faults += [fault for action in actions.values() for fault in _faults_between(brief, path, action)]
    if brief is not None and brief.live and not faults:
        faults += _live_faults(brief, path)
    if brief is None or faults:
        raise FaultyFile(sorted(faults, key=lambda fault: (fault.file != str(path), fault.file, fault.line)))
    return brief


def _own_segment_faults(path: Path, check_rule: Callable[[str], list[str]]) -> list[Fault]:
    try:
        own_segments(path, check_rule)
    except FaultyFile as error:
        return error.faults
    return []


def _live_faults(brief: Brief, path: Path) -> list[Fault]:
    """Of the brief as the file has it, whichever one a running campaign holds to."""
    workspace = open_workspace(path)
    try:
        return live_faults(replace(workspace, brief=brief))
    finally:
        workspace.store.close()


def _as_written(path: Path) -> Document | None:
    """The brief's plain values with their lines, also where they make no brief; None where it is no YAML at all."""
    try:
        return parse_document(path.read_text(encoding="utf-8-sig"), str(path))
    except (FaultyFile, UnicodeDecodeError):
        return None


def _rule_checker(document: Document, path: Path) -> tuple[Callable[[str], list[str]], list[Fault]]:
    """What judges rules, the features of one's own among those that it knows, and what is wrong with these."""
    folder = document.data.get("feature_folder")
    own = path.parent / folder if isinstance(folder, str) else None
    marked = marked_protected(document)
    try:
        return rule_checker(own, protected_features(marked, own)), fairness_faults(document, own)
    except FaultyFile as error:
        return rule_checker(None, protected_features(marked)), error.faults


def _segment_faults(document: Document, check_rule: Callable[[str], list[str]]) -> list[Fault]:
    segment = document.data.get("segment")
    if not isinstance(segment, str):
        return []  # the brief's own check says so
    line = document.line_of(("segment",))
    return [Fault(document.file, line, "segment", problem) for problem in check_rule(segment)]


def _actions(
    document: Document, path: Path, check_rule: Callable[[str], list[str]]
) -> tuple[dict[str, Action], list[Fault]]:
    """The allowed actions, and what is wrong with them; a wrong name is shown where the brief has it."""
    names = document.data.get("playbooks")
    if not isinstance(names, list):
        return {}, []
    allowed = [name for name in names if isinstance(name, str)]
    folder = document.data.get("playbook_folder")
    own = path.parent / folder if isinstance(folder, str) else None
    try:
        return load_playbooks(allowed, own, check_rule), []
    except FaultyFile as error:
        return {}, [_with_line(fault, document) for fault in error.faults]


def _with_line(fault: Fault, document: Document) -> Fault:
    section, _, position = fault.field.partition(".")
    if section != "playbooks" or not position.isdigit():
        return fault
    line = document.line_of(("playbooks", int(position)))
    return Fault(document.file, line, fault.field, fault.problem, fault.hint)


def _faults_between(brief: Brief, path: Path, action: Action) -> list[Fault]:
    """What a brief and an action can't agree on."""
    fault = partial(Fault, str(path), 0, f"playbooks: {action.action}")
    found = []
    ceiling = brief.guardrails.discount_ceiling
    if action.offer is not None and action.offer.discount > ceiling:
        found.append(fault(f"offers {action.offer.discount:.0%} off, over the discount ceiling of {ceiling:.0%}"))
    for mood in overlooked_moods(action):
        found.append(fault(f"it sells, but its rule does not ask for `{mood}`", f"add `and {mood} = 0`"))
    folder = path.parent / "prompts"
    words = folder if folder.is_dir() else None
    samples = {language: sample_facts(language) for language in brief.voice.languages}
    found += lint_words(action, samples, words, brief.voice.languages)
    protected = protected_names(brief, feature_folder(brief, path))
    found += [fault(problem, hint) for problem, hint in protected_words(action, words, protected)]
    return found
