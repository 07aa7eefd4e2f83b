"""The tutorial in both languages, typed from its first line to its last, with everything it says is shown."""

import email
import os
import re
import shlex
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from .conftest import KEPT, KIZUNA, PASSWORD, Ran, kizuna

pytestmark = pytest.mark.slow
DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = {"en": "tutorial.md", "ja": "tutorial.ja.md"}
#: Headings of the two pages that a mail of Komorebi leads to; its customers read Japanese or English.
UNSUBSCRIBE = ("Stop messages", "配信の停止")
PREFERENCES = ("What you would like to get", "配信の設定")


@dataclass(frozen=True)
class Typed:
    """A command of the page, with the lines that the page shows below it."""

    line: str
    shown: tuple[str, ...]


@dataclass(frozen=True)
class Changed:
    """A change of the brief: `section:` and the one line below it, as the page shows them."""

    section: str
    line: str


def steps(page: str) -> Iterator[Typed | Changed]:
    """What a reader does, in order."""
    for kind, body in re.findall(r"^```(console|yaml)\n(.*?)^```", page, re.DOTALL | re.MULTILINE):
        if kind == "yaml":
            section, line = body.splitlines()
            yield Changed(section, line)
            continue
        for typed in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]:
            line, *shown = typed.splitlines()
            if line.startswith(("kizuna ", "grep ")):
                yield Typed(line, tuple(shown))


class Reader:
    """Somebody who does what the page says, in a fresh folder, with the inbox open in a second terminal."""

    def __init__(self, home: Path, language: str) -> None:
        self.home, self.folder = home, home / "my-shop"
        self.settings = {"XDG_CONFIG_HOME": str(home / "config"), "KIZUNA_LANG": language}
        self.inbox: subprocess.Popen[bytes] | None = None
        self.base = ""

    def do(self, step: Typed | Changed) -> list[str]:
        """Do one step; the lines that the page shows and the screen does not."""
        if isinstance(step, Changed):
            self._change(step)
            return []
        if step.line.startswith("grep "):
            self._follow(step.line)
            return []
        words = shlex.split(step.line)[1:]
        if words[0] == "serve":
            said = self._serve()
        else:
            ran = self._type(words)
            is_refused = any(line.startswith("brief.yaml:") for line in step.shown)
            assert ran.code == is_refused, f"{step.line}: {ran.err}"
            said = ran.out + "\n" + ran.err
        return not_said(step.shown, said)

    def _type(self, words: list[str]) -> Ran:
        cwd = self.folder if self.folder.exists() else self.home
        return kizuna(*words, cwd=cwd, stdin=PASSWORD, **self.settings)

    def _change(self, wanted: Changed) -> None:
        brief = self.folder / "brief.yaml"
        key = re.escape(wanted.line.split(":")[0])
        changed, count = re.subn(
            rf"(?m)(^{re.escape(wanted.section)}\n){key}:.*$",
            lambda found: found[1] + wanted.line,
            brief.read_text(encoding="utf-8"),
        )
        assert count == 1
        brief.write_text(changed, encoding="utf-8")

    def _serve(self) -> str:
        """On a free port, and ticking only where the page says so: what comes next must find what it needs."""
        log = self.home / "inbox.log"
        kept = {name: os.environ[name] for name in KEPT if name in os.environ}
        with log.open("wb") as out:
            self.inbox = subprocess.Popen(
                [KIZUNA, "serve", "--port", "0", "--no-tick"],
                cwd=self.folder,
                env={**kept, **self.settings},
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        until = time.monotonic() + 120
        while time.monotonic() < until:
            text = log.read_text(encoding="utf-8")
            found = re.search(r"http://127\.0\.0\.1:\d+", text)
            if found and get(f"{found[0]}/health") is not None:
                self.base = found[0]
                return text
            assert self.inbox.poll() is None, text
            time.sleep(0.2)
        raise AssertionError(log.read_text(encoding="utf-8"))

    def _follow(self, line: str) -> None:
        """The path that the shell prints, on this machine's inbox."""
        path = subprocess.run(line, shell=True, cwd=self.folder, capture_output=True, encoding="utf-8").stdout.strip()
        assert path.startswith("/unsubscribe/")
        assert says(get(self.base + path), UNSUBSCRIBE)

    def follow_a_mail(self) -> None:
        """The last link of a mail's words, with the inbox in the place of its host."""
        mail = email.message_from_bytes(next(self.folder.glob("outbox/sent/*.eml")).read_bytes(), policy=default)
        assert isinstance(mail, EmailMessage)
        words = mail.get_body(("plain",))
        assert words is not None
        links = re.findall(r"https://pages\.komorebi\.example(/\S+)", words.get_content())
        assert links[-1].startswith("/preferences/")
        assert says(get(self.base + links[-1]), PREFERENCES)

    def stop(self) -> None:
        if self.inbox is not None:
            self.inbox.send_signal(signal.SIGTERM)
            assert self.inbox.wait(timeout=60) == 0


def get(url: str) -> str | None:
    """The page, if it is there and fine."""
    try:
        with urlopen(url, timeout=10) as answer:
            return str(answer.read().decode("utf-8"))
    except URLError:
        return None


def says(page: str | None, one_of: tuple[str, ...]) -> bool:
    return page is not None and any(f"<h1>{heading}</h1>" in page for heading in one_of)


def not_said(shown: tuple[str, ...], said: str) -> list[str]:
    """Shown lines that are not on the screen; `…` ends a line early, or stands for lines that were left out."""
    screen = [plain(line) for line in said.splitlines()]
    whole = {line for line in screen if line}
    missing = []
    for line in (line for line in shown if line.strip() not in ("", "…")):
        begun, _, _ = line.partition("…")
        is_there = any(here.startswith(plain(begun)) for here in whole) if "…" in line else plain(line) in whole
        if not is_there:
            missing.append(line)
    return missing


def plain(line: str) -> str:
    """Without the figures of a forecast, which moves with each refinement; columns are as wide as they need to be."""
    return " ".join(re.sub(r"(?<![A-Z\d])\d[\d,.]*", "N", line).split())


@pytest.mark.parametrize("language", PAGES)
def test_the_tutorial_does_what_it_says(language: str, tmp_path: Path) -> None:
    reader = Reader(tmp_path, language)
    todo = list(steps((DOCS / PAGES[language]).read_text(encoding="utf-8")))
    try:
        missing = {step: lines for step in todo if (lines := reader.do(step))}
        reader.follow_a_mail()
    finally:
        reader.stop()
    assert missing == {}
    typed = {step.line.split()[1] for step in todo if isinstance(step, Typed)}
    assert typed >= {"init", "check", "run", "serve", "approve", "tick", "fast-forward", "why", "report"}


def test_a_line_that_is_not_on_the_screen_is_noticed() -> None:
    said = "Welcome,  Aoi Mori.\nhttp://127.0.0.1:9"
    assert not_said(("Welcome, Aoi Mori.", "Welcome, …", "http://127.0.0.1:8470", "…"), said) == []
    assert not_said(("Welcome, Sato.", "Hello …"), said) == ["Welcome, Sato.", "Hello …"]
