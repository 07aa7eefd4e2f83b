"""The channel that reaches a customer: allowed, with an address, looked at; and steps with a channel of their own."""

from collections.abc import Callable

import numpy as np
import pytest
from kizuna.agents.reach import Reach
from kizuna.domain.decision import Reason
from kizuna.domain.playbook import Action, Channel
from kizuna.store import directory
from kizuna.store.tables import ContactRow, DeliveryRow, PreferenceRow

from .world import World

Company = Callable[..., World]


def by_mail_or_letter(world: World) -> Action:
    survey = world.workspace.actions["usage_digest"]
    return survey.model_copy(update={"channels": (Channel.EMAIL, Channel.LETTER)})


def somebody(world: World) -> DeliveryRow:
    """Reachable by mail and by letter, with consent for both."""
    row = next(row for row in world.deliveries().values() if row.action == "survey_before_discount")
    world.change(ContactRow, row.contact_id, postal_address="〒100-0000 東京都架空区見本町1-2-3")
    consent = {"contact_id": row.contact_id, "channel": "letter", "purpose": "marketing", "state": "granted"}
    consent |= {"recorded_at": world.clock.now(), "evidence": "order form"}
    world.write(lambda session: directory.keep_consents(session, [consent]))
    return row


def best(world: World, row: DeliveryRow, *, ignores_mail: bool, action: Action | None = None) -> tuple[object, str]:
    reach = Reach(world.workspace, 1, [row.contact_id], [None], np.array([ignores_mail]))
    why_not = np.array([""], dtype=object)
    return reach.best_channels(action or by_mail_or_letter(world), why_not)[0], why_not[0]


def test_a_customer_who_reads_mails_gets_a_mail(company: Company) -> None:
    world = company("queued")
    assert best(world, somebody(world), ignores_mail=False) == (Channel.EMAIL, "")


def test_a_customer_who_never_opens_mails_gets_a_letter(company: Company) -> None:
    world = company("queued")
    assert best(world, somebody(world), ignores_mail=True) == (Channel.LETTER, "")


def test_with_nothing_else_allowed_the_ignored_channel_is_better_than_none(company: Company) -> None:
    world = company("queued")
    row = somebody(world)
    world.change(ContactRow, row.contact_id, postal_address=None)
    assert best(world, row, ignores_mail=True) == (Channel.EMAIL, "")


def test_a_channel_turned_off_is_passed_over_for_the_other(company: Company) -> None:
    world = company("queued")
    row = somebody(world)
    off = PreferenceRow(contact_id=row.contact_id, kind="channel", name="email", changed_at=world.clock.now())
    world.write(lambda session: session.add(off))
    assert best(world, row, ignores_mail=False) == (Channel.LETTER, "")


def test_consent_to_mails_is_no_consent_to_letters(company: Company) -> None:
    world = company("queued")
    row = somebody(world)
    only_letters = by_mail_or_letter(world).model_copy(update={"channels": (Channel.LETTER,)})
    withdrawn = {"contact_id": row.contact_id, "channel": "letter", "purpose": "marketing", "state": "withdrawn"}
    withdrawn |= {"recorded_at": world.clock.now(), "evidence": "post card"}
    world.write(lambda session: directory.keep_consents(session, [withdrawn]))
    assert best(world, row, ignores_mail=False, action=only_letters) == (None, Reason.NO_CONSENT.value)


@pytest.mark.parametrize("channel", [Channel.STAFF_TASK, Channel.REP_DRAFT])
def test_what_a_person_must_do_needs_that_person(company: Company, channel: Channel) -> None:
    world = company("queued")
    by_hand = by_mail_or_letter(world).model_copy(update={"channels": (channel,)})
    assert best(world, somebody(world), ignores_mail=False, action=by_hand) == (None, Reason.NO_REP.value)
