"""A customer who got a mail, on their own pages with a browser that keeps nothing."""

from kizuna.domain.token import make_token
from kizuna.inbox.pages.routes import create_pages_app
from kizuna.store import guardrails
from kizuna.store.guardrails import Question
from kizuna.store.tables import ContactRow, DeliveryRow
from sqlmodel import SQLModel
from starlette.testclient import TestClient

from .world import World

ONE_CLICK = {"List-Unsubscribe": "One-Click"}
SURVEY = "survey_before_discount"


class Visit:
    """One customer with the links of the mails they got, and a browser without anything in it."""

    def __init__(self, world: World, row: DeliveryRow) -> None:
        self.world, self.row = world, row
        self.contact: ContactRow = world.one(ContactRow, row.contact_id)
        self.browser = TestClient(create_pages_app(world.workspace), follow_redirects=False)

    def token(self, purpose: str, subject: str = "") -> str:
        return make_token(self.world.workspace.secret, purpose, subject or self.contact.contact_id)

    @property
    def unsubscribe(self) -> str:
        return f"/unsubscribe/{self.token('unsubscribe')}"

    @property
    def preferences(self) -> str:
        return f"/preferences/{self.token('preferences')}"

    def go(self, link: str) -> str:
        return f"/go/{self.token(link, f'{self.contact.contact_id}:{self.row.key}')}"

    def may_get(self, action: str = SURVEY) -> str | None:
        """The reason why the action's mail would not leave to them; None if it would."""
        workspace = self.world.workspace
        chosen = workspace.actions[action]
        question = Question(
            brief=workspace.brief,
            action=chosen,
            channel=chosen.channels[0],
            at=workspace.clock.now(),
            caps=(),
            contacts=[self.contact.contact_id],
            planning=True,
            decision_id=self.row.decision_id,
        )
        with workspace.store.read() as session:
            return guardrails.guardrails_that_speak(session, question).get(self.contact.contact_id)


def everything(world: World) -> dict[str, list[str]]:
    """Every row of every table."""
    tables = [mapper.class_ for mapper in SQLModel._sa_registry.mappers]
    return {table.__tablename__: [repr(row.model_dump()) for row in world.rows(table)] for table in tables}


def somebody(world: World) -> "Visit":
    """Whoever got the survey's mail."""
    return Visit(world, next(row for row in world.rows(DeliveryRow) if row.action == SURVEY and row.state == "sent"))
