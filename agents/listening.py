"""Listens to customers: each text of the sources is read once, and kept as typed fields without its words.

The library reads everything. A language model reads after it where the brief has one for the analysis and allows it
customers' own words: masked, and only texts of one customer in one question, so that what one of them writes can sway
nothing about another. It may not make anybody happier or less urgent whom the library found angry, or asking to be left
alone. Where it fails, or has used its share of the cycle's tokens, the library's reading stands.
"""

import secrets
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import islice
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from ..customers.opening import Customers
from ..customers.voice.contacts import Read, Said, lay_over, texts_in, urgent_tickets
from ..customers.voice.listening import MOODS, URGENCIES, Heard, Mood, Topic, Urgency, hear
from ..domain.language_model import LanguageModel, ReasoningAgent
from ..prompts.masking import Masker
from ..prompts.personal_data import Known
from ..prompts.questions import fill_prompt
from ..store import directory, voice
from ..store.comments import contact_of
from ..store.tables import CycleRow
from ..tools.asking import Answer, ModelFailed, Question
from .incidents import open_incident
from .reasoning.by_model import Asks
from .reasoning.meter import Meter
from .reasoning.opening import open_model, tell
from .reasoning.protocol import Record
from .workspace import Workspace

AGENT: ReasoningAgent = "analysis"
#: The model is asked about so many customers a cycle at most, those who wrote last, and with so many texts of each.
MOST_CUSTOMERS = 200
MOST_TEXTS = 5
#: It may use this share of what the brief allows in a cycle: the others need the rest.
SHARE_OF_TOKENS = 0.25
#: Older urgency is history.
URGENT_WITHIN = timedelta(days=7)
URGENT = "urgent_contact"
#: A topic is told from so many contacts on, so that no figure is about a few people; so many topics at most.
FEWEST_CONTACTS = 5
MOST_TOPICS = 4
_CHUNK = 5_000


class _Form(BaseModel):
    """An answer's form: nothing beyond its fields."""

    model_config = ConfigDict(extra="forbid")


class TextForm(_Form):
    """One text as a model reads it; `n` is its number in the question."""

    n: int
    topic: Topic
    mood: Mood
    urgency: Urgency


class TextsForm(_Form):
    """What a model reads of one customer's texts."""

    texts: Annotated[list[TextForm], Field(max_length=MOST_TEXTS)]


@dataclass
class ModelReader:
    """Reads texts of one customer after the other, until it fails or its share is used."""

    asks: Asks
    folder: Any = None
    tokens_left: float = float("inf")
    used: int = 0
    why: ModelFailed | None = None
    version: str = ""
    salt: bytes = field(default_factory=lambda: secrets.token_bytes(16))

    def read(self, unit_id: str, texts: Sequence[str], mine: Sequence[Heard], known: Known) -> list[Heard]:
        """The library's reading (`mine`) of one customer's texts, as far as the model may change it."""
        if self.why is not None or self.used >= self.tokens_left:
            return list(mine)
        masker = Masker(known, self.salt, unit_id)
        shown = [{"n": n, "text": masker.mask(text)} for n, text in enumerate(texts[:MOST_TEXTS], 1)]
        prompt = fill_prompt(AGENT, "listening", {"texts": shown}, folder=self.folder)
        self.version = prompt.version
        try:
            answer: Answer[TextsForm] = self.asks.ask(
                Question(AGENT, "listening", prompt.system, prompt.user, TextsForm, max_tokens=400)
            )
        except ModelFailed as failure:
            self.used += failure.usage.tokens
            self.why = failure
            return list(mine)
        self.used += answer.usage.tokens
        said = {form.n: form for form in answer.value.texts}
        return [_careful(one, said.get(n), self.asks.model.name) for n, one in enumerate(mine, 1)]


def _careful(mine: Heard, said: TextForm | None, model: str) -> Heard:
    """The model's reading; never happier or less urgent where the library heard anger or a wish to be left alone."""
    if said is None:
        return mine
    mood, urgency = said.mood, said.urgency
    if mine.mood == "angry" or mine.asks_to_stop:
        mood = max(mood, mine.mood, key=MOODS.index)
        urgency = max(urgency, mine.urgency, key=URGENCIES.index)
    return replace(mine, topic=said.topic, mood=mood, urgency=urgency, read_by=model)


def listen_to(workspace: Workspace, customers: Customers, cycle: CycleRow) -> None:
    """Read what is new among the texts, keep it, and lay all that was ever read over the open sources."""
    with workspace.store.read() as session:
        known = voice.read_before(session)
    reader = model_reader(workspace, cycle.number)
    texts = texts_in(customers, known)
    asked = MOST_CUSTOMERS
    while chunk := list(islice(texts, _CHUNK)):
        mine = [hear(said.text) for said in chunk]
        if reader is not None and asked > 0:
            asked -= _read_again(reader, customers, chunk, mine, asked)
        with workspace.store.write() as session:
            voice.keep_heard(session, [_row(said, one) for said, one in zip(chunk, mine, strict=True)])
    if reader is not None and (reader.used or reader.why is not None):
        tell(workspace, AGENT, _record(reader))
    with workspace.store.read() as session:
        lay_over(customers, [Read(*row) for row in voice.readings(session)])


def model_reader(workspace: Workspace, cycle: int) -> ModelReader | None:
    """The brief's model, where it has one for the analysis that may see customers' own words."""
    settings = workspace.brief.reasoner
    if isinstance(settings, str) or AGENT not in settings.agents or not settings.sees_free_text:
        return None
    meter = Meter(workspace, cycle, settings, open_model(workspace, settings))
    return ModelReader(meter, workspace.own_words, tokens_left=_share(settings))


def _share(settings: LanguageModel) -> float:
    return SHARE_OF_TOKENS * settings.limits.tokens_per_cycle


def _read_again(reader: ModelReader, customers: Customers, chunk: Sequence[Said], mine: list[Heard], most: int) -> int:
    """Put the model's readings in place, customer by customer; returns how many it was asked about."""
    places: dict[str, list[int]] = defaultdict(list)
    for place, said in enumerate(chunk):
        if len(places) < most or said.unit_id in places:
            places[said.unit_id].append(place)
    known = known_people(customers, places)
    asked = 0
    for unit_id, own in places.items():
        own = own[:MOST_TEXTS]
        before = [mine[place] for place in own]
        after = reader.read(unit_id, [chunk[place].text for place in own], before, known.get(unit_id, Known()))
        if reader.why is not None:
            break
        asked += 1
        for place, heard in zip(own, after, strict=True):
            mine[place] = heard
    return asked if reader.why is None else most


def known_people(customers: Customers, unit_ids: Iterable[str]) -> dict[str, Known]:
    """Unit -> what the sources know of it and its people, to be kept from a model."""
    found: dict[str, Known] = {}
    cursor = customers.cursor()
    try:
        for start in range(0, len(wanted := sorted(unit_ids)), _CHUNK):
            query = """
                SELECT account_id, list(full_name), list(full_name_kana), list(email), list(phone),
                    list(postal_address), list(contact_id), any_value(company_name)
                FROM accounts JOIN contacts USING (account_id) WHERE account_id IN (SELECT unnest($ids))
                GROUP BY account_id
            """
            for unit, names, kana, emails, phones, places, ids, company in cursor.execute(
                query, {"ids": wanted[start : start + _CHUNK]}
            ).fetchall():
                found[unit] = Known(
                    names=_there([*names, *kana]),
                    companies=_there([company]),
                    places=_there(places),
                    phones=_there(phones),
                    emails=_there(emails),
                    ids=_there([unit, *ids]),
                )
    finally:
        cursor.close()
    return found


def _there(values: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if value))


def open_urgent(workspace: Workspace, customers: Customers, cycle: CycleRow) -> None:
    """Unhappy and urgent tickets that wait: the person who answers for complaints is told, and nothing else is sent."""
    now = workspace.clock.now()
    with workspace.store.write() as session:
        for ticket, unit_id, contact_id in urgent_tickets(customers, cycle.starts_at - URGENT_WITHIN):
            ident = contact_id or contact_of(session, unit_id)
            contact = directory.contacts(session, [ident]).get(ident) if ident is not None else None
            if contact is not None:
                brief = workspace.brief
                open_incident(
                    session, now, brief=brief, campaign=brief.name, contact=contact, kind=URGENT, source_id=ticket
                )


def what_they_say(workspace: Workspace, cycle: CycleRow) -> list[dict[str, Any]]:
    """The topics of most contacts before the cycle, against as many days before: counts alone, from a few on."""
    days = workspace.brief.cycle
    start = cycle.starts_at - days
    with workspace.store.read() as session:
        now = voice.count_heard(session, start, cycle.starts_at)
        before = voice.count_heard(session, start - days, start)
    told, earlier = _by_topic(now), _by_topic(before)
    topics = sorted((t for t in told if told[t] >= FEWEST_CONTACTS and t != "other"), key=lambda t: (-told[t], t))
    return [
        {
            "topic": topic,
            "contacts": told[topic],
            "before": earlier[topic],
            "change": told[topic] / earlier[topic] - 1 if earlier[topic] >= FEWEST_CONTACTS else None,
            "unhappy_share": (now[topic, "unhappy"] + now[topic, "angry"]) / told[topic],
            "days": days.days,
        }
        for topic in topics[:MOST_TOPICS]
    ]


def _by_topic(counts: Counter[tuple[str, str]]) -> Counter[str]:
    found: Counter[str] = Counter()
    for (topic, _), count in counts.items():
        found[topic] += count
    return found


def _row(said: Said, heard: Heard) -> dict[str, Any]:
    return {
        "source": said.source,
        "row_id": said.row_id,
        "unit_id": said.unit_id,
        "contact_id": said.contact_id,
        "happened_at": said.happened_at,
        "language": heard.language,
        "topic": heard.topic,
        "mood": said.mood or heard.mood,
        "urgency": heard.urgency,
        "asks_to_stop": heard.asks_to_stop,
        "read_by": heard.read_by,
    }


def _record(reader: ModelReader) -> Record:
    name, why = reader.asks.model.name, reader.why
    if why is None:
        return Record(by="model", model=name, prompt=reader.version, tokens=reader.used)
    return Record(by="rules", model=name, prompt=reader.version, tokens=reader.used, why=why.code, told=str(why))
