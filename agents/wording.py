"""The pen of the content agent: the template's words, or a model's where the brief allows and all checks pass."""

import secrets
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from ..domain.brief import Language
from ..domain.draft import Draft, digest_of
from ..domain.playbook import Action, Channel
from ..prompts.claims import offer_terms
from ..prompts.cleaning import clean
from ..prompts.grounding import check_words
from ..prompts.masking import Masker
from ..prompts.personal_data import Known
from ..prompts.rendering import Fact, needs
from ..prompts.slots import Slots, SlotWords, reference
from ..store import campaigns
from ..store.comments import comments_of
from ..store.tables import DecisionRow
from .composing import MODEL, STANDARD, Desk
from .facts import Recipient, gather, unit_figures
from .reasoning.by_model import ByModel
from .reasoning.opening import keep_reasoning, reasoner_for, tell
from .reasoning.protocol import Customer, Record, Task
from .reasoning.tasks import PERSONAL, wording_prompt

_MUST = ("contact_name", "meeting_times")
_MOST_COMMENTS = 3


@dataclass
class Pen:
    """Writes the drafts of one cycle. Words for many are asked for once and kept, those of a rep's draft each time."""

    desk: Desk
    salt: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    records: list[Record] = field(default_factory=list)
    by_action: dict[str, Counter[str]] = field(default_factory=dict)
    _told: set[tuple[str, str]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.workspace = self.desk.workspace
        self.reasoner = reasoner_for(self.workspace, "content", self.desk.cycle.number)
        self._kept: dict[str, dict[str, Any]] = {}
        self._tried: dict[str, SlotWords | None] = {}
        if isinstance(self.reasoner, ByModel):
            with self.workspace.store.read() as session:
                for number in (self.desk.cycle.number - 1, self.desk.cycle.number):
                    row = campaigns.cycle(session, self.workspace.brief.name, number)
                    self._kept |= row.reasoning.get("content", {}).get("wordings", {}) if row is not None else {}

    @property
    def is_by_model(self) -> bool:
        """Whether a language model may write here."""
        return isinstance(self.reasoner, ByModel)

    def write(self, decision: DecisionRow, message: str, variant: str | None = None) -> Draft:
        """The first draft of a message, in the wording that was drawn for it if there is one.

        Raises FactMissing, as the template does.
        """
        if variant is not None and variant != MODEL:
            return self.desk.write(decision, message, variant=variant, revision=0)
        standard = self.desk.write(decision, message, variant=STANDARD, revision=0)
        action = self.workspace.actions[decision.action or ""]
        if not isinstance(self.reasoner, ByModel) or standard.channel not in (Channel.EMAIL, Channel.REP_DRAFT):
            return standard
        is_draft = standard.channel is Channel.REP_DRAFT
        words = (self._draft if is_draft else self._wording)(decision, action, message, standard.language)
        written = standard if words is None else self._written(decision, message, words, revision=0)
        final = standard if check(written) and not check(standard) else written
        self.by_action.setdefault(action.action, Counter())["model" if final.variant == MODEL else "rules"] += 1
        return final

    def again(self, decision: DecisionRow, old: Draft) -> Draft:
        """The same message with today's facts: a model's words for many if they are still kept, else the template's."""
        words = self._kept_words(old.action, old.step, old.language) if old.variant == MODEL else None
        if words is not None and old.channel is not Channel.REP_DRAFT:
            return self._written(decision, old.step, words, revision=old.revision + 1)
        variant = STANDARD if old.variant == MODEL else old.variant
        return self.desk.write(decision, old.step, variant=variant, revision=old.revision + 1)

    def keep(self) -> None:
        """Put on record who wrote, and the words for many, so that a draft can be written again with them."""
        if isinstance(self.reasoner, ByModel):
            counts = {action: dict(count) for action, count in sorted(self.by_action.items())}
            whys = Counter(record.why for record in self.records if record.why)
            value = {
                "wordings": self._kept,
                "drafts": counts,
                "why": dict(whys),
                "model": self.reasoner.meter.model.name,
            }
            keep_reasoning(self.workspace, self.desk.cycle.number, "content", value)

    def _written(self, decision: DecisionRow, message: str, words: SlotWords, *, revision: int) -> Draft:
        return self.desk.write(decision, message, variant=MODEL, revision=revision, words=words)

    def _wording(self, decision: DecisionRow, action: Action, message: str, language: Language) -> SlotWords | None:
        key = _key(action.action, message, language)
        if key in self._tried:
            return self._tried[key]
        task = self._task(decision, action, message, language, None)
        prompt = wording_prompt(task, self.workspace.own_words)
        assert isinstance(self.reasoner, ByModel)
        asked = digest_of([prompt.system, prompt.user, self.reasoner.meter.model.name])
        kept = self._kept.get(key)
        if kept is not None and kept["asked"] == asked:
            words: SlotWords | None = SlotWords(subject=kept["subject"], body=kept["body"])
        else:
            worded = self.reasoner.write_words(task)
            words = worded.words
            self._note(worded.record)
            if words is not None:
                self._kept[key] = {**words.model_dump(), "asked": asked, "record": worded.record.as_dict()}
        self._tried[key] = words
        return words

    def _draft(self, decision: DecisionRow, action: Action, message: str, language: Language) -> SlotWords | None:
        customer = self._customer(decision, action, language)
        worded = self.reasoner.write_words(self._task(decision, action, message, language, customer))
        self._note(worded.record)
        return worded.words

    def _note(self, record: Record) -> None:
        """Remember who wrote; say it once for each reason."""
        self.records.append(record)
        if (record.by, record.why) not in self._told:
            self._told.add((record.by, record.why))
            tell(self.workspace, "content", record)

    def _kept_words(self, action: str, message: str, language: Language) -> SlotWords | None:
        kept = self._kept.get(_key(action, message, language))
        return SlotWords(subject=kept["subject"], body=kept["body"]) if kept is not None else None

    def _task(
        self, decision: DecisionRow, action: Action, message: str, language: Language, customer: Customer | None
    ) -> Task:
        folder = self.workspace.own_words
        wanted, terms = needs(action.action, message, folder), offer_terms(action.offer)
        offered = {name: value for name, value in terms.items() if name in (*wanted.facts, *wanted.optional)}
        more = [name for name in wanted.optional if customer is not None and customer.facts.get(name)]
        facts = frozenset({*wanted.facts, *offered, *more})
        return Task(
            action=action,
            message=message,
            language=language,
            reference=reference(action.action, message, STANDARD, language, folder),
            slots=Slots(
                facts=facts,
                links=frozenset(wanted.links),
                must=frozenset(offered) | (facts & frozenset(_MUST)),
                backed=offered,
            ),
            company=self.workspace.brief.voice.company[language],
            check=lambda words: check(self._written(decision, message, words, revision=0)),
            customer=customer,
        )

    def _customer(self, decision: DecisionRow, action: Action, language: Language) -> Customer:
        desk, to = self.desk, self.desk.recipients[decision.unit_id]
        figures = unit_figures(desk.table, desk.rows[decision.unit_id], self.workspace.protected)
        facts = gather(self.workspace.brief, action, to, figures, language, desk.cycle.starts_at.date())
        clean_facts: dict[str, Fact] = {
            n: clean(v) if n in PERSONAL and isinstance(v, str) else v for n, v in facts.items()
        }
        masker = Masker(known_of(to), self.salt, decision.unit_id)
        return Customer(clean_facts, masker, self._free_text(decision.unit_id, masker))

    def _free_text(self, unit_id: str, masker: Masker) -> tuple[str, ...]:
        """What the customer wrote lately, masked; nothing unless the brief allows it."""
        settings = self.workspace.brief.reasoner
        if isinstance(settings, str) or not settings.sees_free_text:
            return ()
        with self.workspace.store.read() as session:
            comments = comments_of(session, [unit_id])[:_MOST_COMMENTS]
        return tuple(masker.mask(comment.text) for comment in comments)


def known_of(to: Recipient) -> Known:
    """What the store knows of a recipient, to be kept from a model."""
    texts = (to.contact.name, to.rep.name if to.rep is not None else "")
    emails = (to.contact.email, to.rep.email if to.rep is not None else None)
    return Known(
        names=tuple(text for text in texts if text),
        companies=(to.unit.name,) if to.unit.name and to.unit.name != to.contact.name else (),
        places=(to.contact.postal_address,) if to.contact.postal_address else (),
        emails=tuple(email for email in emails if email),
        ids=(to.unit.unit_id, to.contact.contact_id),
    )


def check(draft: Draft) -> list[str]:
    """What the fact check says about a draft's words."""
    return check_words(draft.text, draft.subject, draft.facts, draft.links, language=draft.language)


def _key(action: str, message: str, language: Language) -> str:
    return f"{action}/{message}/{language}"
