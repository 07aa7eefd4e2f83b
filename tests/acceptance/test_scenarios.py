"""Four companies, one named customer each: decided by people at the inbox, lived on day by day, told by the receipt."""

import os
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from .at_the_inbox import Visitor, served
from .conftest import KEPT, PASSWORD, kizuna

pytestmark = pytest.mark.slow

CUSTOMERS = 700
Before = Callable[["Scenario"], None]


@dataclass
class Scenario:
    """A company under way, with its people logged in on the command line and at the inbox."""

    folder: Path
    settings: dict[str, str]

    def run(self, *args: str, who: str = "mori") -> Any:
        ran = kizuna(*args, cwd=self.folder, XDG_CONFIG_HOME=str(self.folder.parent / who))
        assert ran.code == 0, ran.err
        return ran

    def approve_everything(self) -> list[str]:
        """Everybody decides what waits for them, at the inbox; returns what was approved."""
        kept = {name: os.environ[name] for name in KEPT if name in os.environ}
        waiting = self.run("status", "--json").json["waiting"]
        by_person: dict[str, list[str]] = defaultdict(list)
        for review in waiting:
            by_person[review["assignee"] or "sato"].append(review["id"])
        with served(self.folder, {**kept, **self.settings}) as base:
            for who, mine in sorted(by_person.items()):
                visitor = Visitor(base, who, PASSWORD)
                assert set(mine) <= set(visitor.waiting())
                for review in mine:
                    visitor.approve(review)
        self.run("tick")
        return [review["id"] for review in waiting]

    def forward(self, days: int) -> None:
        self.run("fast-forward", "--days", str(days))

    def why(self, unit: str) -> dict[str, Any]:
        """The newest decision about a unit."""
        found: dict[str, Any] = self.run("why", unit, "--json").json["decisions"][0]
        return found


@contextmanager
def company(home: Path, name: str, people: dict[str, list[str]], customers: int, before: Before) -> Iterator[Scenario]:
    """The example company with its people; the campaign is started, and the plan waits."""
    folder = home / "company"
    made = kizuna("init", "--example", name, "--customers", str(customers), str(folder), cwd=home)
    assert made.code == 0, made.err
    scenario = Scenario(folder, {"XDG_CONFIG_HOME": str(home / "mori")})
    for login, roles in people.items():
        (home / login).mkdir()
        args = ["add-person", login, "--name", login.title(), "--email", f"{login}@company.example", *roles]
        for command in (args, ["login", login]):
            by = "mori" if command is args else login
            ran = kizuna(*command, cwd=folder, stdin=PASSWORD, XDG_CONFIG_HOME=str(home / by))
            assert ran.code == 0, ran.err
    before(scenario)
    scenario.run("check")
    scenario.run("run")
    yield scenario


MORI = ["--role", "operator", "--role", "marketer"]
SATO = ["--role", "supervisor"]
Company = Callable[..., Scenario]


@pytest.fixture
def open_company(tmp_path: Path) -> Iterator[Company]:
    opened: list[Any] = []

    def at(
        name: str, *, customers: int = CUSTOMERS, before: Before = lambda scenario: None, **more: list[str]
    ) -> Scenario:
        entered = company(tmp_path, name, {"mori": MORI, "sato": SATO, **more}, customers, before)
        opened.append(entered)
        return entered.__enter__()

    yield at
    for entered in opened:
        entered.__exit__(None, None, None)


def sent(decision: dict[str, Any], step: str) -> bool:
    """Whether this step left, or lies with the person who does the rest."""
    ended = {delivery["step"]: delivery["state"] for delivery in decision["deliveries"]}
    return ended.get(step) in ("sent", "handed_over")


def test_a_buyer_of_cheap_goods_who_studies_dear_ones_is_shown_them_and_days_later_others_voices(
    open_company: Company,
) -> None:
    shop = open_company("shop")
    assert shop.approve_everything() == ["komorebi-regulars.1.plan.0"]
    assert "komorebi-regulars.1.upgrade_interest.0" in shop.approve_everything()
    chosen = shop.why("P000310")
    assert chosen["action"] == "upgrade_interest"
    assert sent(chosen, "viewed") and not sent(chosen, "testimonial")
    shop.forward(7)
    assert sent(shop.why("P000310"), "testimonial")
    audience = list((shop.folder / "outbox" / "audiences" / "upgrade_interest").glob("*.json"))
    assert any('"contact_id": "P000310"' in file.read_text(encoding="utf-8") for file in audience)


def test_a_good_customer_silent_in_mail_and_log_in_is_asked_by_letter_before_any_offer(open_company: Company) -> None:
    box = open_company("box")
    box.approve_everything()
    box.approve_everything()
    chosen = box.why("P000214")
    assert (chosen["action"], chosen["channel"]) == ("silent_customer_survey", "letter")
    assert sent(chosen, "survey")
    letters = [path.read_text(encoding="utf-8") for path in (box.folder / "outbox" / "letters").glob("*.html")]
    mine = [letter for letter in letters if 'content="P000214"' in letter]
    assert len(mine) == 1 and "坂本" in mine[0]
    box.forward(20)
    answered = box.why("P000214")
    said = next(outcome["value"] for outcome in answered["outcomes"] if outcome["kind"] == "survey_answered")
    offers = {"wrong_items": "swap_offer", "too_much": "pause_offer", "price": "plan_offer", "break": "pause_offer"}
    assert sent(answered, offers[said])


def test_an_unhappy_member_gets_a_person_with_a_budget_and_nothing_is_sold(open_company: Company) -> None:
    service = open_company("service", customers=2000)
    service.approve_everything()
    service.approve_everything()
    chosen = service.why("P000127")
    assert (chosen["action"], chosen["channel"]) == ("staff_discretion", "staff_task")
    tasks = [path.read_text(encoding="utf-8") for path in (service.folder / "outbox" / "tasks").rglob("*.json")]
    mine = [task for task in tasks if '"contact_id": "P000127"' in task]
    assert len(mine) == 1
    service.forward(14)
    assert {delivery["step"] for delivery in service.why("P000127")["deliveries"]} == {"task"}


REP = ["--role", "sales_rep", "--rep-id"]


def test_an_account_at_480_of_500_gets_its_reps_proposal(open_company: Company) -> None:
    saas = open_company("saas", **{f"r0{n}": [*REP, f"R0{n}"] for n in range(1, 7)})
    saas.approve_everything()
    approved = saas.approve_everything()
    mine = [review for review in approved if review.startswith("nagare-save.1.upsell_draft.A000480")]
    assert len(mine) == 1
    chosen = saas.why("A000480")
    assert chosen["action"] == "upsell_draft" and sent(chosen, "proposal")
    (decided_by,) = (review["decided_by"] for review in chosen["reviews"] if review["id"] == mine[0])
    assert decided_by.startswith("r0")


def test_the_same_account_with_an_unhappy_ticket_gets_apology_care_instead(open_company: Company) -> None:
    saas = open_company("saas", before=unhappy_ticket)
    saas.approve_everything()
    saas.approve_everything()
    chosen = saas.why("A000480")
    by_name = {candidate["action"]: candidate for candidate in chosen["candidates"]}
    assert not by_name["upsell_draft"]["eligible"]
    assert chosen["action"] == "apology_care"


def unhappy_ticket(saas: Scenario) -> None:
    """Before anything is planned: at A000480 somebody waits, angrily, for an answer."""
    line = "T9999999,A000480,,2026-03-30T02:00:00Z,,billing,unhappy,請求額が違います。説明をお願いします。\n"
    with (saas.folder / "data" / "tickets.csv").open("a", encoding="utf-8") as file:
        file.write(line)
