"""Somebody at a browser, without the browser: the inbox over a world, asked as a page's own forms would ask."""

import re
from html import unescape
from typing import Any

from kizuna.inbox.web.app import create_app
from starlette.testclient import TestClient

from .world import PASSWORD, World

BASE = "http://127.0.0.1"
#: What a browser says of a form that our own page sends under `no-referrer`.
OWN_PAGE = {"sec-fetch-site": "same-origin", "origin": "null"}


class Visitor:
    """One browser with its cookies. `decisions` counts how often the campaign was told to go on."""

    def __init__(self, world: World, login: str = "", **settings: Any) -> None:
        self.decisions = 0
        self.app = create_app(world.workspace, decided=self._count, **settings)
        base = BASE if not settings.get("is_https") else "https://inbox.example"
        self.client = TestClient(self.app, base_url=base, follow_redirects=False, headers=OWN_PAGE)
        self.csrf = ""
        if login:
            self.log_in(login)

    def _count(self) -> None:
        self.decisions += 1

    def log_in(self, login: str, password: str = PASSWORD) -> Any:
        answer = self.client.post("/log-in", data={"login": login, "password": password})
        if answer.status_code == 303:
            self.csrf = field(self.get("/").text, "csrf")
        return answer

    def get(self, address: str, **params: Any) -> Any:
        return self.client.get(address, params=params or None)

    def post(self, address: str, **values: Any) -> Any:
        """A form of ours, with the log-in's token."""
        return self.client.post(address, data={"csrf": self.csrf, **values})

    def digest(self, review: str) -> str:
        """What the page of a review shows as its digest."""
        return field(self.get(f"/reviews/{review}").text, "digest")

    def decide(self, review: str, answer: str = "approve", **values: Any) -> Any:
        digest = values.pop("digest", None) or self.digest(review)
        return self.post(f"/reviews/{review}/decide", answer=answer, digest=digest, **values)

    def open_samples(self, review: str, count: int = 3) -> None:
        """Open so many different drafts of a batch."""
        page = self.get(f"/reviews/{review}").text
        links = [unescape(link) for link in re.findall(r'href="([^"]*/draft\?[^"]*)"', page)]
        for link in list(dict.fromkeys(links))[:count]:
            assert self.get(link).status_code == 200


def field(page: str, name: str) -> str:
    """The value of a hidden field."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, f"no field {name!r} on the page"
    return unescape(found[1])


def words(page: str) -> str:
    """What a page says, without its markup."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())
