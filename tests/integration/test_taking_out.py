"""What a person takes along is all that the store holds of them, and nothing of anybody else."""

import json
import re
from typing import Any

import pytest
from kizuna.agents.scoring import load_snapshot
from kizuna.domain.errors import UserError
from kizuna.service import taking_out, visiting
from kizuna.store.tables import (
    AuditRow,
    ContactRow,
    DeliveryRow,
    DraftRow,
    LeaseRow,
    ReviewRow,
    SettingRow,
    SnapshotRow,
    UnitRow,
)
from sqlmodel import SQLModel

from .conftest import Company
from .test_erasure import reached, speak_up
from .world import CAST, World

_MOMENT = re.compile(r"^(\d{4}-\d\d-\d\d)T(.*)Z$")


def key_of(row: Any) -> str:
    return json.dumps([str(getattr(row, column.name)) for column in row.__table__.primary_key.columns])


def mentions(world: World, words: set[str]) -> dict[str, set[str]]:
    """Table -> keys of the rows in which one of these words stands, as a whole value or inside a longer text."""
    found: dict[str, set[str]] = {}
    for mapper in SQLModel._sa_registry.mappers:
        table = mapper.class_
        for row in world.rows(table):
            text = json.dumps(row.model_dump(mode="json"), ensure_ascii=False)
            if any(word in text for word in words):
                found.setdefault(table.__tablename__, set()).add(key_of(row))
    return found


def taken(told: dict[str, Any]) -> dict[str, set[str]]:
    """Table -> keys of the rows in the file."""
    keys: dict[str, set[str]] = {}
    for mapper in SQLModel._sa_registry.mappers:
        table = mapper.class_
        names = [column.name for column in table.__table__.primary_key.columns]
        for row in told["rows"].get(table.__tablename__, []):
            shown = [_MOMENT.sub(r"\1 \2+00:00", str(row[name])) for name in names]
            keys.setdefault(table.__tablename__, set()).add(json.dumps(shown))
    return keys


@pytest.mark.parametrize("channel", ["email", "rep_draft"])
def test_the_file_holds_every_row_that_is_about_them(company: Company, channel: str) -> None:
    world = company("queued")
    world.tick()
    row = reached(world, channel)
    unit = world.one(UnitRow, row.unit_id)
    contacts = world.rows(ContactRow, unit_id=unit.unit_id)
    speak_up(world, world.one(ContactRow, row.contact_id))
    words = {unit.unit_id, *(c.contact_id for c in contacts), *(c.email for c in contacts if c.email)}
    there = mentions(world, words)
    batches = {key_of(r) for r in world.rows(ReviewRow, kind="batch")}
    there["review"] = there.get("review", set()) - batches  # they ask about many; the drafts name them
    told = taking_out.export(world.workspace, unit.unit_id, by="mori")
    shown = taken(told)
    assert {
        table: keys - shown.get(table, set()) for table, keys in there.items() if keys - shown.get(table, set())
    } == {}
    assert {"contact", "unit", "consent", "draft", "delivery", "decision", "audit", "comment"} <= shown.keys()


def test_the_file_holds_their_figures_of_every_snapshot(company: Company) -> None:
    world = company("queued")
    unit = world.rows(DeliveryRow)[0].unit_id
    told = taking_out.export(world.workspace, unit, by="mori")
    names = [row.name for row in world.rows(SnapshotRow)]
    assert sorted(told["figures"]) == names
    table = load_snapshot(world.workspace, names[0])
    assert told["figures"][names[0]]["ltv_jpy"] == table.columns["ltv_jpy"][table.unit_ids.index(unit)]


def test_the_file_holds_nobody_else_and_no_secret(company: Company) -> None:
    world = company("queued")
    world.tick()
    unit = reached(world, "email").unit_id
    text = json.dumps(taking_out.export(world.workspace, unit, by="mori"), ensure_ascii=False)
    others = [row for row in world.rows(ContactRow) if row.unit_id != unit]
    own = " ".join(row.name for row in world.rows(ContactRow, unit_id=unit))
    assert not [row.email for row in others if row.email and row.email in text]
    assert not [row.contact_id for row in others if row.contact_id in text]
    assert not [row.unit_id for row in others if row.unit_id in text]
    assert not [login for login in CAST if f'"{login}"' in text and login not in own]
    assert world.workspace.secret.hex() not in text


def test_one_contact_of_several_takes_what_is_theirs(company: Company) -> None:
    world = company("queued")
    world.tick()
    row = next(r for r in world.rows(DeliveryRow, state="sent") if len(world.rows(ContactRow, unit_id=r.unit_id)) > 1)
    others = {c.contact_id for c in world.rows(ContactRow, unit_id=row.unit_id)} - {row.contact_id}
    told = taking_out.export(world.workspace, row.contact_id, by="mori")
    assert told["about"] == [row.contact_id] and told["figures"] == {}
    assert not [other for other in others if other in json.dumps(told)]
    assert {r["key"] for r in told["rows"]["delivery"]} == {
        r.key for r in world.rows(DeliveryRow, contact_id=row.contact_id)
    }


def test_taking_is_on_record_and_changes_nothing_else(company: Company) -> None:
    world = company("queued")
    unit = world.rows(DeliveryRow)[0].unit_id
    before = {t: len(world.rows(t)) for t in (DraftRow, DeliveryRow, SettingRow, LeaseRow)}
    taking_out.export(world.workspace, unit, by="mori")
    last = max(world.rows(AuditRow), key=lambda row: row.seq)
    assert (last.actor, last.action) == ("mori", "person_exported")
    assert before == {t: len(world.rows(t)) for t in before}


def test_nobody_with_that_id_takes_nothing(company: Company) -> None:
    with pytest.raises(UserError, match="nobody with the id"):
        taking_out.export(company("founded").workspace, "C-nobody", by="mori")


def test_what_the_page_shows_is_a_part_of_the_file(company: Company) -> None:
    world = company("queued")
    world.tick()
    row = reached(world, "email")
    visitor = visiting.Visitor(row.contact_id, world.one(ContactRow, row.contact_id), "en")
    visiting.leave(world.workspace, visitor, how="button")
    held = taking_out.held(world.workspace, row.contact_id)
    told = taking_out.export(world.workspace, row.contact_id, by="mori")
    assert len(held.consents) == len(told["rows"]["consent"])
    assert {message.subject for message in held.sent} <= {draft["body"]["subject"] for draft in told["rows"]["draft"]}
