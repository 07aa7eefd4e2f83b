"""A person's words in place of the agents': what an edit may not do, what it changes, and who has to look then."""

import difflib
from dataclasses import dataclass

from ..agents.workspace import Workspace
from ..delivery.message import HeaderRefused, guarded
from ..domain.draft import Draft, draft_id
from ..domain.errors import UserError
from ..prompts.grounding import changed_commitments, check_words
from ..prompts.rendering import text_to_html
from .words import addresses_in, offer_terms

SHORTEST_TEXT = 20
#: Why an edit can't be kept at all, by a code that pages have words for.
_SAY = {
    "too_short": "a mail needs a subject and a text",
    "unsubscribe_gone": "the unsubscribe link must stay in the text: the law asks for it",
}


class CantStand(UserError):
    """This edit can't be kept; `code` says why."""

    def __init__(self, code: str, message: str = "") -> None:
        self.code = code
        super().__init__(message or _SAY[code])


@dataclass(frozen=True)
class Checked:
    """What an edit would do: `commitments` are changes that only a supervisor may let pass."""

    draft: Draft
    diff: str
    warnings: list[str]
    commitments: list[str]


def check_edit(workspace: Workspace, old: Draft, author: str, subject: str, text: str) -> Checked:
    """The draft in new words, with all that is to say about them. Raises CantStand."""
    new = _rewritten(old, author, subject, text)
    changed = changed_commitments(
        f"{old.subject}\n{old.text}",
        f"{new.subject}\n{new.text}",
        offer_terms(workspace.actions[old.action]),
        old.language,
    )
    warnings = changed + check_words(new.text, new.subject, new.facts, old.links, language=new.language)
    return Checked(new, _diff(old, new), list(dict.fromkeys(warnings)), changed)


def _rewritten(old: Draft, author: str, subject: str, text: str) -> Draft:
    subject, text = " ".join(subject.split()), text.replace("\r\n", "\n").strip() + "\n"
    if not subject or len(text) < SHORTEST_TEXT:
        raise CantStand("too_short")
    try:
        guarded(subject, "subject")
    except HeaderRefused as error:
        raise CantStand("subject_refused", str(error)) from error
    if any("/unsubscribe/" in link and link not in text for link in old.links):
        raise CantStand("unsubscribe_gone")
    links = tuple(dict.fromkeys(addresses_in(text)))
    return old.model_copy(
        update={
            "id": draft_id(old.decision_id, old.step, old.revision + 1),
            "revision": old.revision + 1,
            "subject": subject,
            "text": text,
            "html": text_to_html(text, links, old.language),
            "links": links,
            "author": author,
        }
    )


def _diff(old: Draft, new: Draft) -> str:
    def lines(draft: Draft) -> list[str]:
        return [f"Subject: {draft.subject}", "", *draft.text.splitlines()]

    return "\n".join(difflib.unified_diff(lines(old), lines(new), "before", "after", lineterm="", n=1))
