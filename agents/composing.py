"""Turns a decision into drafts: one complete message for every step that any branch of its journey can send."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from ..customers.table import FeatureTable
from ..domain.brief import Brief, Language
from ..domain.draft import Addressee, Draft, Party, draft_id
from ..domain.playbook import Action, Channel
from ..prompts.catalogue import BY_MODEL
from ..prompts.rendering import Footer, needs, render_message, variants
from ..prompts.slots import SlotWords
from ..store import directory, preferences
from ..store.database import Store
from ..store.tables import ContactRow, CycleRow, DecisionRow
from .facts import Recipient, gather, gather_links, preferences_url, unit_figures, unsubscribe_url
from .workspace import Workspace

AUTHOR = "agent:content"
STANDARD = "standard"
#: The wording that a language model writes, where the brief allows one.
MODEL = BY_MODEL


@dataclass(frozen=True)
class Desk:
    """What is needed to write the drafts of one cycle."""

    workspace: Workspace
    cycle: CycleRow
    table: FeatureTable
    rows: dict[str, int]
    recipients: dict[str, Recipient]

    def write(
        self, decision: DecisionRow, message: str, *, variant: str, revision: int, words: SlotWords | None = None
    ) -> Draft:
        """One message of one decision. Raises FactMissing where the words need a fact that is unknown.

        `words` stand in for those of the template, with its facts, links and footer.
        """
        brief, secret = self.workspace.brief, self.workspace.secret
        action = self.workspace.actions[decision.action or ""]
        to = self.recipients[decision.unit_id]
        channel = action.channel_of(message, chosen_channel(decision, action))
        language = _language(brief, to, channel)
        figures = unit_figures(self.table, self.rows[decision.unit_id], self.workspace.protected)
        today = self.cycle.starts_at.date()
        own_words = self.workspace.own_words
        key = f"{decision.id}/{message}"
        links = gather_links(
            brief, tuple(needs(action.action, message, own_words).links), to.contact.contact_id, key, secret
        )
        rendered = render_message(
            action.action,
            message,
            best_variant(action.action, message, language, variant, self.workspace),
            language,
            gather(brief, action, to, figures, language, today),
            links,
            footer=self._footer(to, language, channel),
            channel=channel,
            user_folder=own_words,
            own_words=words,
        )
        first = message == action.messages[0]
        return Draft(
            id=draft_id(decision.id, message, revision),
            decision_id=decision.id,
            step=message,
            revision=revision,
            unit_id=decision.unit_id,
            contact_id=to.contact.contact_id,
            action=action.action,
            variant=variant,
            language=language,
            channel=channel,
            sender=sender_of(brief, channel, to, language),
            recipient=addressee_now(to.contact, channel),
            subject=rendered.subject,
            text=rendered.text,
            html=rendered.html,
            links=rendered.links_used,
            facts=dict(rendered.facts),
            offer=action.offer.name if action.offer else None,
            not_before=self.cycle.starts_at,
            not_after=_window_end(self.cycle, first),
            policy_version=action.policy_version(brief),
            template_version=rendered.template_version,
            author=AUTHOR,
        )

    def language_of(self, decision: DecisionRow) -> Language:
        """The language in which the decision's first message is written."""
        action = self.workspace.actions[decision.action or ""]
        channel = action.channel_of(action.messages[0], chosen_channel(decision, action))
        return _language(self.workspace.brief, self.recipients[decision.unit_id], channel)

    def _footer(self, to: Recipient, language: Language, channel: Channel) -> Footer:
        brief, secret = self.workspace.brief, self.workspace.secret
        return Footer(
            organisation=brief.sender.organisation[language],
            postal_address=brief.sender.postal_address[language],
            contact=brief.sender.contact,
            unsubscribe_url=unsubscribe_url(brief, to.contact.contact_id, secret),
            preferences_url=preferences_url(brief, to.contact.contact_id, secret),
            from_rep=channel is Channel.REP_DRAFT,
        )


def open_desk(workspace: Workspace, cycle: CycleRow, table: FeatureTable, made: list[DecisionRow]) -> Desk:
    """Lay out the recipients of these decisions as the sources know them now."""
    return Desk(
        workspace=workspace,
        cycle=cycle,
        table=table,
        rows={unit: i for i, unit in enumerate(table.unit_ids)},
        recipients=recipients_of(workspace.store, made),
    )


def recipients_of(store: Store, made: list[DecisionRow]) -> dict[str, Recipient]:
    """Unit id -> who is written to; units that vanished from the sources, or lost the address, are left out."""
    with store.read() as session:
        units = directory.units(session, [d.unit_id for d in made])
        contacts = directory.contacts(session, [d.contact_id for d in made if d.contact_id])
        reps = directory.reps(session)
        wished = preferences.languages_wished(session, list(contacts))
    found = {}
    for decision in made:
        unit, contact = units.get(decision.unit_id), contacts.get(decision.contact_id or "")
        if unit is not None and contact is not None and _has_address(contact, Channel(decision.channel or "email")):
            wish = wished.get(contact.contact_id)
            found[decision.unit_id] = Recipient(unit, contact, reps.get(unit.rep_id or ""), wish)
    return found


def _has_address(contact: ContactRow, channel: Channel) -> bool:
    if channel is Channel.STAFF_TASK:
        return True
    return bool(contact.postal_address if channel is Channel.LETTER else contact.email)


def chosen_channel(decision: DecisionRow, action: Action) -> Channel:
    """The channel that was chosen for this unit when the decision was made."""
    return Channel(decision.channel) if decision.channel else action.channels[0]


def _language(brief: Brief, to: Recipient, channel: Channel) -> Language:
    """The customer's own; a task is read by the member of staff."""
    if channel is Channel.STAFF_TASK and to.rep is not None:
        return next((known for known in brief.voice.languages if known == to.rep.language), brief.voice.fallback)
    return to.language(brief)


def addressee_now(contact: ContactRow, channel: Channel) -> Addressee:
    """Who a message is for, with the address that its channel goes by and no other."""
    if channel is Channel.LETTER:
        return Addressee(name=contact.name, postal_address=contact.postal_address or "")
    return Addressee(name=contact.name, email=contact.email)


def sender_of(brief: Brief, channel: Channel, to: Recipient, language: Language) -> Party:
    """The company's address, or that of the responsible rep or member of staff."""
    if channel.is_handed_over:
        assert to.rep is not None  # weighing makes a unit without a rep not eligible
        return Party(name=to.rep.name, email=to.rep.email)
    return Party(name=brief.sender.name[language], email=brief.sender.email)


def best_variant(action: str, message: str, language: Language, wanted: str, workspace: Workspace) -> str:
    """The wanted way to put it where this message has one, else the standard."""
    known = variants(action, message, language, workspace.own_words)
    return wanted if wanted in known else STANDARD


def _window_end(cycle: CycleRow, first: bool) -> datetime:
    """First messages leave in the first third of a cycle, so that its outcomes can still be seen in it."""
    length: timedelta = cycle.ends_at - cycle.starts_at
    return cycle.starts_at + length / 3 if first else cycle.ends_at
