"""Promise 2: what a person may do follows from their roles, and who they are from a log-in token alone."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib import import_module

import pytest
from kizuna.cli.app import COMMANDS
from kizuna.domain.errors import NotAllowed, NotLoggedIn
from kizuna.service import people, reviewing, running, switching
from kizuna.store.tables import DraftRow, LoginTokenRow, ReviewRow

from .world import CAST, PASSWORD, World, person

Company = Callable[..., World]
MAY_DECIDE = {"sato", "suzuki", "ueda", "r01", "r03", "r05"}


def decide_plan(world: World, login: str) -> None:
    world.decide(f"{world.workspace.brief.name}.1.plan.0", login)


def hand_over_plan(world: World, login: str) -> None:
    reviewing.hand_over(world.workspace, f"{world.workspace.brief.name}.1.plan.0", person(login), to="suzuki")


def pause(world: World, login: str) -> None:
    switching.pause(world.workspace, person(login), reason="wrong price", everything=False)


def resume(world: World, login: str) -> None:
    pause(world, "mori")
    switching.resume(world.workspace, person(login), everything=False)


def start(world: World, login: str) -> None:
    running.start(world.workspace, person(login))


def add_person(world: World, login: str) -> None:
    people.add_person(
        world.workspace,
        by=person(login),
        login=f"new.{login}",
        name="New",
        email="new@nagare.example",
        password=PASSWORD,
        roles=["operator"],
        language="ja",
    )


@pytest.mark.parametrize(
    ("do", "allowed"),
    [
        (decide_plan, MAY_DECIDE),
        (hand_over_plan, MAY_DECIDE),
        (pause, set(CAST) - {"r02", "r04", "r06"}),
        (resume, set(CAST) - {"r02", "r04", "r06"}),
        (start, {"mori", "ueda"}),
        (add_person, {"mori", "ono"}),
    ],
)
def test_role_matrix(company: Company, do: Callable[[World, str], None], allowed: set[str]) -> None:
    world = company("planned")
    found = set()
    for login in CAST:
        for row in world.rows(ReviewRow):
            world.change(ReviewRow, row.id, state="open", decided_by=None, assignee=None)
        try:
            do(world, login)
        except NotAllowed:
            continue
        found.add(login)
    assert found == allowed


def test_role_matrix_for_editing(company: Company) -> None:
    world = company("written")
    shared = next(row for row in world.open("batch"))
    own = next(row for row in world.open("each") if row.assignee)
    found: dict[str, set[str]] = {shared.id: set(), own.id: set()}
    for review, editors in found.items():
        for login in CAST:
            draft = next(row for row in world.rows(DraftRow, review_id=review) if row.state == "waiting")
            try:
                world.edit(draft.id, login, subject=f"件名 {login}")
            except NotAllowed:
                continue
            editors.add(login)
    assert found == {shared.id: MAY_DECIDE, own.id: {own.assignee}}


def test_first_person_must_be_an_operator_and_the_next_are_added_by_one(company: Company) -> None:
    world = company("founded")
    with pytest.raises(NotLoggedIn):
        people.add_person(
            world.workspace,
            by=None,
            login="intruder",
            name="I",
            email="i@nagare.example",
            password=PASSWORD,
            roles=["operator", "supervisor"],
            language="ja",
        )


def test_identity_comes_from_a_token_only(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    world = company("founded")
    token = world.folder / "token"
    monkeypatch.setenv("KIZUNA_TOKEN_FILE", str(token))
    for name in ("USER", "LOGNAME", "KIZUNA_USER", "KIZUNA_LOGIN"):
        monkeypatch.setenv(name, "sato")
    with pytest.raises(NotLoggedIn):
        people.who(world.workspace)
    people.write_private(token, "sato")
    with pytest.raises(NotLoggedIn):
        people.who(world.workspace)
    with pytest.raises(NotAllowed):
        people.log_in(world.workspace, "sato", "wrong password")
    with pytest.raises(NotAllowed):
        people.log_in(world.workspace, "nobody", PASSWORD)
    people.log_in(world.workspace, "sato", PASSWORD)
    assert people.who(world.workspace) == person("sato")
    assert token.read_text(encoding="ascii") not in {row.token_hash for row in world.rows(LoginTokenRow)}


def test_token_that_others_can_read_is_refused(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    world = company("founded")
    token = world.folder / "token"
    monkeypatch.setenv("KIZUNA_TOKEN_FILE", str(token))
    people.log_in(world.workspace, "sato", PASSWORD)
    assert token.stat().st_mode & 0o777 == 0o600
    token.chmod(0o644)
    with pytest.raises(NotAllowed, match="chmod"):
        people.who(world.workspace)


def test_token_ends_after_its_time_and_at_log_out(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    world = company("founded")
    monkeypatch.setenv("KIZUNA_TOKEN_FILE", str(world.folder / "token"))
    people.log_in(world.workspace, "sato", PASSWORD)
    kept = world.rows(LoginTokenRow)[0]
    world.change(LoginTokenRow, kept.token_hash, expires_at=datetime.now(UTC) - timedelta(seconds=1))
    with pytest.raises(NotLoggedIn):
        people.who(world.workspace)
    people.log_in(world.workspace, "sato", PASSWORD)
    people.log_out(world.workspace)
    assert len(world.rows(LoginTokenRow)) == 1  # the one that is over; the other is forgotten
    with pytest.raises(NotLoggedIn):
        people.who(world.workspace)


def test_no_command_takes_a_name_for_who_acts() -> None:
    """Options such as --as or --by would let anybody be anybody."""
    for name, (module, _) in COMMANDS.items():
        if name in ("add-person", "login"):
            continue
        command = getattr(import_module(f"kizuna.cli.{module}"), name.replace("-", "_"))
        given = {parameter.name for parameter in command.params}
        assert not given & {"by", "as_", "user", "login", "actor", "person", "approver"}, name
