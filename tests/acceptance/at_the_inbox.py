"""Somebody at the inbox without a browser: follows links, fills forms, keeps the cookie, as a plain HTTP client."""

import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener

from .conftest import KIZUNA

SAMPLES = 3


class _Page(HTMLParser):
    """The links of a page, and the hidden fields of each of its forms."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.forms: dict[str, dict[str, str]] = {}
        self._form: dict[str, str] | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        elif tag == "form":
            self._form = self.forms.setdefault(given.get("action", ""), {})
        elif tag == "input" and self._form is not None and given.get("type") == "hidden":
            self._form[given["name"]] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None


class Visitor:
    """One person's session."""

    def __init__(self, base: str, login: str, password: str) -> None:
        self.base = base
        self._opener = build_opener(HTTPCookieProcessor(CookieJar()))
        self.get("/log-in")
        self.send("/log-in", {"login": login, "password": password, "then": "/", "lang": "en"})

    def get(self, path: str) -> str:
        with self._opener.open(Request(self.base + path), timeout=60) as answer:
            return str(answer.read().decode())

    def send(self, path: str, fields: dict[str, str]) -> str:
        """A form as a browser on our own page sends it; raises with the page's words where it is refused."""
        headers = {"Sec-Fetch-Site": "same-origin", "Origin": self.base}
        request = Request(self.base + path, data=urlencode(fields).encode(), headers=headers)
        try:
            with self._opener.open(request, timeout=120) as answer:
                return str(answer.read().decode())
        except HTTPError as error:
            raise AssertionError(f"{path}: {error.code} {_words(error.read().decode())}") from error

    def waiting(self) -> list[str]:
        """The reviews in the queue."""
        found = re.findall(r'href="/reviews/([^"/?#]+)["?#]', self.get("/"))
        return list(dict.fromkeys(found))

    def approve(self, review: str) -> None:
        """Open enough of it to be allowed to decide, then approve what the page shows."""
        page = _Page(self.get(f"/reviews/{review}"))
        drafts = list(dict.fromkeys(link for link in page.links if link.startswith(f"/reviews/{review}/draft?")))
        for link in _different(drafts)[:SAMPLES]:
            self.get(link)
        decide = f"/reviews/{review}/decide"
        self.send(decide, {**_Page(self.get(f"/reviews/{review}")).forms[decide], "answer": "approve"})


def _different(links: list[str]) -> list[str]:
    """Links to different drafts; the same draft may be linked from several places."""
    by_draft = {tuple(sorted(re.findall(r"(?:unit|step)=[^&#]+", link))): link for link in links}
    return list(by_draft.values())


def _words(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())[:400]


@contextmanager
def served(folder: Path, env: dict[str, str]) -> Iterator[str]:
    """`kizuna serve` for this company on a free port, without ticks of its own; stops when told to."""
    log = folder.parent / "serve.log"
    with log.open("wb") as out:
        command = [str(KIZUNA), "serve", "--port", "0", "--no-tick"]
        process = subprocess.Popen(command, cwd=folder, env=env, stdout=out, stderr=subprocess.STDOUT)
    try:
        yield _address(process, log)
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0


def _address(process: "subprocess.Popen[bytes]", log: Path) -> str:
    until = time.monotonic() + 120
    while time.monotonic() < until:
        said = re.search(r"http://127\.0\.0\.1:\d+", log.read_text(encoding="utf-8"))
        if said and _answers(said[0]):
            return said[0]
        assert process.poll() is None, log.read_text(encoding="utf-8")
        time.sleep(0.2)
    raise AssertionError(log.read_text(encoding="utf-8"))


def _answers(base: str) -> bool:
    try:
        with build_opener().open(f"{base}/health", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
