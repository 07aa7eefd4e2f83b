"""The demo: fictional people run a campaign of four cycles with the ordinary commands, each logged in as themselves."""

import io
import os
import secrets
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .output import examples, open_brief, say

if TYPE_CHECKING:
    from ..domain.brief import Language
    from ..store.tables import ReviewRow

_CAST = {
    "mori": ("森 恵", ("operator", "marketer"), None),
    "sato": ("佐藤 一", ("supervisor",), None),
    "suzuki": ("鈴木 花", ("supervisor",), None),
    **{f"r0{n}": (f"営業 {n}", ("sales_rep",), f"R0{n}") for n in range(1, 7)},
}
_STAR = "A000480"
_WORDS_OF_THE_REP = {
    "ja": "先日のお打ち合わせで伺った、月末の集計の件も併せてご相談できればと存じます。",
    "en": "I would also like to come back to the month-end reports you mentioned when we last spoke.",
}


@examples("kizuna demo my-demo", "kizuna --lang ja demo my-demo", "kizuna demo quiet --no-effect")
@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default="demo")
@click.option("--customers", type=click.IntRange(500, 100_000), default=2_000, show_default=True, help="Accounts.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed gives the same company.")
@click.option("--no-effect", is_flag=True, help="A company on which nothing works: the report must say so.")
@click.pass_obj
def demo(lang: "Language", folder: Path, customers: int, seed: int, no_effect: bool) -> None:
    """Watch a marketing team at work: four cycles on a fictional company, in a minute or two.

    The people who decide are fictional too. Each logs in and uses the same commands that you would.
    """
    with tempfile.TemporaryDirectory(prefix="kizuna-demo-") as tokens:
        _Stage(lang, folder, Path(tokens)).play(customers, seed, no_effect)


@dataclass
class _Stage:
    """Runs commands as one person or another, and shows what they type."""

    lang: "Language"
    folder: Path
    tokens: Path
    passwords: dict[str, str] = field(default_factory=dict)

    def play(self, customers: int, seed: int, no_effect: bool) -> None:
        company = ["init", "--customers", str(customers), "--seed", str(seed), str(self.folder)]
        self.do("mori", *company, *(["--no-effect"] if no_effect else []))
        self.do("mori", "check")
        self._people_arrive()
        self.do("mori", "run")
        self._first_plan()
        self._first_content()
        while self._forward_to_next_plan():
            self._later_cycle()
        self._ending()

    def _people_arrive(self) -> None:
        self.tell("demo_people")
        for login, (name, roles, rep) in _CAST.items():
            self.passwords[login] = secrets.token_urlsafe(12)
            args = ["add-person", login, "--name", name, "--email", f"{login}@nagare.example"]
            args += [part for role in roles for part in ("--role", role)] + (["--rep-id", rep] if rep else [])
            with _quiet():
                self.do("mori", *args, stdin=self.passwords[login])
                self.do(login, "login", login, stdin=self.passwords[login])

    def _first_plan(self) -> None:
        """The author tries to approve her own plan and is refused; the supervisor looks at it and approves."""
        plan = self.open("plan")[0].id
        self.tell("demo_plan")
        self.do("sato", "show", plan)
        self.tell("demo_own_work")
        self.do("mori", "approve", plan, refused=True)
        self.do("sato", "approve", plan)
        self.do("mori", "tick")

    def _first_content(self) -> None:
        """One rejection with revision, one edit by a supervisor who may then not approve, one edit by a rep."""
        survey = self._batch("survey_before_discount")
        digest = self._batch("usage_digest")
        self.tell("demo_reject")
        self.do("sato", "show", digest)
        self.do("sato", "reject", digest, "--reason", say(self.lang, "demo_reason"), "--wish", "shorter")
        self.tell("demo_edit")
        self._edit_one_of(survey, "suzuki")
        self.do("suzuki", "approve", survey, refused=True)
        self._star_draft()
        self._approve_the_rest(but={digest})
        self.do("mori", "tick")
        self.tell("demo_revised")
        for row in self.open("batch"):
            self.do("sato", "show", row.id)
            self.do("sato", "approve", row.id)
        self.do("mori", "tick")

    def _star_draft(self) -> None:
        """The account at 480 of 500 reports: its rep adds a sentence only they can know, and approves."""
        mine = [row for row in self.open("each") if row.subject.endswith(_STAR)]
        if not mine:
            return
        self.tell("demo_rep")
        rep = mine[0].assignee or "sato"
        self.do(rep, "show", mine[0].id)
        self._edit_one_of(mine[0].id, rep)
        self.do(rep, "approve", mine[0].id)

    def _edit_one_of(self, review: str, who: str) -> None:
        from ..service.reviewing import show

        draft = show(open_brief(self.brief, self.lang, quiet=True), review).drafts[0]
        first, rest = draft.text.split("\n\n", 1)
        text = f"{first}\n\n{_WORDS_OF_THE_REP[draft.language]}\n\n{rest}"
        self.do(who, "edit", draft.id, stdin=text)

    def _later_cycle(self) -> None:
        """From the second cycle on: the plan has learned; a batch is approved without one account."""
        plan = self.open("plan")[0].id
        self.do("sato", "show", plan)
        self.do("sato", "approve", plan)
        self.do("mori", "tick")
        self._approve_the_rest(but=set())
        self.do("mori", "tick")

    def _approve_the_rest(self, but: set[str]) -> None:
        from collections import defaultdict

        by_person: dict[str, list[str]] = defaultdict(list)
        for row in self.open("batch") + self.open("each"):
            if row.id not in but:
                by_person[row.assignee or "sato"].append(row.id)
        for person, ids in sorted(by_person.items()):
            self.do(person, "approve", *ids)

    def _forward_to_next_plan(self) -> bool:
        self.tell("demo_forward")
        self.do("mori", "fast-forward", "--days", "31", "--until-asked")
        return bool(self.open("plan"))

    def _ending(self) -> None:
        self.tell("demo_ending")
        self.do("mori", "why", _STAR)
        for language, name in (("en", "report.html"), ("ja", "report.ja.html")):
            with _quiet():
                self.do("mori", "report", "--html", str(self.folder / name), lang=language)
        self.do("mori", "report")
        self.tell("demo_open", path=(self.folder / "report.html").resolve(), ja=self.folder / "report.ja.html")
        self.tell("demo_mails", path=self.folder / "outbox")

    @property
    def brief(self) -> Path:
        return self.folder / "brief.yaml"

    def open(self, kind: str) -> list["ReviewRow"]:
        from ..service.reviewing import waiting

        return [row for row in waiting(open_brief(self.brief, self.lang, quiet=True)) if row.kind == kind]

    def _batch(self, action: str) -> str:
        return next((row.id for row in self.open("batch") if row.subject == action), "")

    def tell(self, key: str, **values: object) -> None:
        click.echo("\n" + click.style(say(self.lang, key, **values), bold=True))

    def do(self, who: str, *args: str, stdin: str = "", refused: bool = False, lang: str | None = None) -> None:
        """Type a command as this person. `refused` says that it must be; anything else unexpected ends the demo."""
        from ..domain.errors import KizunaError
        from .app import kizuna

        shown = args if len(args) <= 6 else (*args[:4], "…")
        click.echo(click.style(f"\n{who}$ kizuna {' '.join(shown)}", fg="cyan"))
        os.environ["KIZUNA_TOKEN_FILE"] = str(self.tokens / who)
        os.environ["KIZUNA_BRIEF"] = str(self.brief)
        place = [str(self.brief)] if args[0] in ("check", "run") else []
        before, sys.stdin = sys.stdin, io.StringIO(stdin)
        try:
            kizuna.main(["--lang", lang or self.lang, *args, *place], standalone_mode=False)
        except KizunaError as error:
            if not refused:
                raise
            click.echo(f"kizuna: {error}")
        else:
            if refused:
                raise KizunaError(f"{who} was allowed to {args[0]} own work")
        finally:
            sys.stdin = before


@contextmanager
def _quiet() -> Iterator[None]:
    """Say nothing meanwhile: adding nine people is no spectacle."""
    out, err = sys.stdout, sys.stderr
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        sys.stdout = sys.stderr = nowhere
        try:
            yield
        finally:
            sys.stdout, sys.stderr = out, err
