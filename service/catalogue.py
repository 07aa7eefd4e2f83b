"""The catalogue of actions as people read it: each with its words, and what is wrong with a folder of one's own."""

from dataclasses import dataclass
from pathlib import Path

from ..agents.manners import overlooked_moods
from ..agents.sample import fact_meanings as fact_meanings
from ..agents.sample import sample_facts
from ..agents.workspace import check_any_rule
from ..domain.brief import Language
from ..domain.errors import Fault, FaultyFile, UserError
from ..domain.playbook import Action
from ..playbooks.loader import load_playbooks, names_in_folder, packaged_names
from ..prompts.catalogue import LANGUAGES, channel_of, wordings
from ..prompts.claims import offer_terms
from ..prompts.linting import lint_words, write_sample
from .words import without_footer


@dataclass(frozen=True)
class Wording:
    """One message as a made-up customer would get it, without the legal lines under it."""

    message: str
    name: str
    language: Language
    subject: str
    text: str


def actions_in(folder: Path | None = None) -> list[Action]:
    """The packaged actions, and those of one's own folder, which add to them or replace them."""
    own = names_in_folder(folder) if folder is not None else ()
    names = (*packaged_names(), *(name for name in own if name not in packaged_names()))
    return list(load_playbooks(names, folder, check_any_rule).values())


def action_named(name: str, folder: Path | None = None) -> Action:
    """The action of this name. Raises UserError, which says what there is."""
    found = {action.action: action for action in actions_in(folder)}
    if name not in found:
        raise UserError(f"there is no action {name!r}; there are: {', '.join(found)}")
    return found[name]


def check_folder(folder: Path) -> list[Action]:
    """The actions of a folder of one's own. Raises FaultyFile with every fault of rules, offers and words."""
    names = names_in_folder(folder)
    actions = list(load_playbooks(names, folder, check_any_rule).values())
    samples = {language: sample_facts(language) for language in LANGUAGES}
    faults = [fault for action in actions for fault in lint_words(action, samples, words_beside(folder))]
    faults += [_sells(action, mood, folder) for action in actions for mood in overlooked_moods(action)]
    if faults:
        raise FaultyFile(faults)
    return actions


def _sells(action: Action, mood: str, folder: Path) -> Fault:
    problem, hint = f"it sells, but its rule does not ask for `{mood}`", f"add `and {mood} = 0`: help first, sell later"
    return Fault(str(folder / f"{action.action}.yaml"), 0, "when", problem, hint)


def words_beside(folder: Path | None) -> Path | None:
    """One's own words lie in `prompts/` beside the folder of actions, as they lie beside the brief."""
    words = folder.parent / "prompts" if folder is not None else None
    return words if words is not None and words.is_dir() else None


def wordings_of(action: Action, folder: Path | None = None) -> list[Wording]:
    """Every message of the action in every language and wording, written for a made-up customer."""
    own = words_beside(folder)
    return [
        _written(action, message, name, language, own)
        for message in action.messages
        for language in LANGUAGES
        for name in wordings(action.action, message, language, own)
    ]


def is_a_variant(wording: Wording) -> bool:
    """Whether it is another way to put the same, and not the words of another channel."""
    return wording.name != "standard" and channel_of(wording.name) is None


def _written(action: Action, message: str, name: str, language: Language, own: Path | None) -> Wording:
    offered = offer_terms(action.offer)
    facts = {key: value for key, value in sample_facts(language).items() if not key.startswith("offer_")}
    mail = write_sample(action, message, name, language, {**facts, **offered}, own)
    return Wording(message, name, language, mail.subject, without_footer(mail.text).rstrip())
