"""The inbox as people use it: `kizuna serve` in a process of its own, a real browser in front of it."""

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from kizuna.agents.workspace import SIMULATED_NOW
from kizuna.store import campaigns
from kizuna.store.tables import ReviewRow
from selenium.common.exceptions import WebDriverException

from ..integration.world import MORNING, PASSWORD, Stages, World
from .browser import Browser, a_browser, programs
from .conftest import KEPT, KIZUNA

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(programs() is None, reason="no Chromium here; .ci/with-browser installs it"),
]
PLAN = "nagare-save.1.plan.0"
BATCH = "nagare-save.1.usage_digest.0"
LANGUAGES = ("ja", "en")
PHONE = 390


@dataclass(frozen=True)
class Inbox:
    """A served company: where its pages are, and its store for a look behind them."""

    base: str
    folder: Path
    log: Path

    def state(self, review: str) -> str:
        with World(self.folder) as world:
            return str(world.one(ReviewRow, review).state)


@pytest.fixture(scope="session")
def stages(tmp_path_factory: pytest.TempPathFactory) -> Stages:
    """160 accounts, prepared as far as each stage; the store's own clock stands at the tests' morning."""
    return Stages(tmp_path_factory.mktemp("inbox"))


@pytest.fixture
def serve(stages: Stages, tmp_path: Path) -> Iterator[Callable[..., Inbox]]:
    """`serve("written")` opens the inbox of a company at that stage."""
    with_them: list[subprocess.Popen[bytes]] = []

    def at(stage: str, *more: str) -> Inbox:
        folder = tmp_path / stage
        with stages.copy(stage, folder) as world:
            world.write(lambda session: campaigns.keep_setting(session, SIMULATED_NOW, MORNING.isoformat()))
        inbox, process = _start(folder, tmp_path / f"{stage}.log", *more)
        with_them.append(process)
        return inbox

    yield at
    for process in with_them:
        process.send_signal(signal.SIGTERM)
    assert [process.wait(timeout=60) for process in with_them] == [0] * len(with_them), "it stops when told to"


def _start(folder: Path, log: Path, *more: str) -> tuple[Inbox, "subprocess.Popen[bytes]"]:
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    command = [str(KIZUNA), "serve", "--port", "0", "--tick-every", "3600", *more]
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=folder, env=kept, stdout=out, stderr=subprocess.STDOUT)
    until = time.monotonic() + 120
    while time.monotonic() < until:
        said = re.search(r"http://127\.0\.0\.1:\d+", log.read_text(encoding="utf-8"))
        if said and _answers(said[0]):
            return Inbox(said[0], folder, log), process
        assert process.poll() is None, log.read_text(encoding="utf-8")
        time.sleep(0.2)
    process.kill()
    raise AssertionError(f"it does not answer: {log.read_text(encoding='utf-8')}")


def _answers(base: str) -> bool:
    try:
        with urlopen(f"{base}/health", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


@pytest.fixture
def browse(tmp_path: Path) -> Callable[..., Any]:
    """`with browse(width=390) as here:` is somebody at a browser; its console must have nothing to complain about."""

    @contextmanager
    def opened(**settings: Any) -> Iterator[Browser]:
        profile = tmp_path / f"profile-{time.monotonic_ns()}"
        with a_browser(profile, **settings) as here:
            yield here
            assert here.complaints() == []

    return opened


def until(holds: Callable[[], bool], seconds: float = 60) -> bool:
    """Whether it comes true in time; an element that left with its page is one that is not there yet."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with suppress(WebDriverException):
            if holds():
                return True
        time.sleep(0.3)
    return False


def test_a_supervisor_approves_a_plan_by_keyboard_and_the_campaign_goes_on(
    serve: Callable[..., Inbox], browse: Callable[..., Any]
) -> None:
    inbox = serve("planned")
    with browse() as here:
        here.log_in(inbox.base, "sato", PASSWORD)
        assert here.find("html").get_attribute("lang") == "ja"
        here.press("j")
        assert here.focused.get_attribute("href").endswith(PLAN)
        here.press("\ue007")
        here.wait_for("#decide")
        here.press("?")
        assert here.wait_for("dialog[open]").is_displayed()
        here.press("\ue00c")
        here.press("a")
        assert here.focused.get_attribute("value") == "approve"
        assert inbox.state(PLAN) == "open", "a key alone decides nothing"
        here.press("\ue007")
        here.wait_for(".done")
        assert inbox.state(PLAN) == "approved"

        def is_written() -> bool:
            here.go(f"{inbox.base}/")
            return "usage_digest" in here.text

        assert until(is_written), "a decision wakes the campaign"


def test_a_batch_is_approved_only_after_reading_and_another_is_sent_back(
    serve: Callable[..., Inbox], browse: Callable[..., Any]
) -> None:
    inbox = serve("written", "--no-tick")
    with browse() as here:
        here.log_in(inbox.base, "sato", PASSWORD)
        here.go(f"{inbox.base}/reviews/{BATCH}")
        here.find("button[value=approve]").click()
        here.wait_for("#problem")
        assert inbox.state(BATCH) == "open"
        here.find(".samples a").click()
        here.wait_for(".mail-text")
        frame = here.find("iframe")
        assert frame.get_attribute("sandbox") == ""
        here.driver.switch_to.frame(frame)
        assert "ナガレ" in here.text or "Nagare" in here.text
        here.driver.switch_to.default_content()
        here.press("n")
        assert until(lambda: "step=digest" in here.path)
        here.press("n", "a")
        here.wait_for("#decide")
        for link in [one.get_attribute("href") for one in here.all(".samples a")][:3]:
            here.go(link)
        here.go(f"{inbox.base}/reviews/{BATCH}")
        here.find("button[value=approve]").click()
        here.wait_for(".done")
        assert inbox.state(BATCH) == "approved"

        other = "nagare-save.1.feature_tutorial.0"
        here.go(f"{inbox.base}/reviews/{other}")
        here.type("#reason", "忙しい読み手には長すぎます")
        here.find("input[value=shorter]").click()
        here.find("button[value=reject]").click()
        here.wait_for(".done")
        assert inbox.state(other) == "rejected"


def test_a_rep_edits_with_live_checks_and_approves_on_the_phone(
    serve: Callable[..., Inbox], browse: Callable[..., Any]
) -> None:
    inbox = serve("written", "--no-tick")
    with browse(width=PHONE, height=800) as here:
        here.log_in(inbox.base, "r04", PASSWORD)
        here.find("[data-item]").click()
        here.wait_for("#decide")
        review = here.path.split("?")[0].removeprefix("/reviews/")
        here.press("e")
        here.wait_for("#edit")
        here.type("#text", "\n\n特別に月額9,800円でご用意します。")
        here.wait_for("#checks .supervisor")
        for _ in range(len("特別に月額9,800円でご用意します。")):
            here.type("#text", "\ue003")
        here.type("#text", "先日はありがとうございました。")
        assert until(lambda: "先日は" in here.find("#checks").text and not here.all("#checks .supervisor"))
        assert here.overflow() <= 0
        here.find("button[value=save]").click()
        here.wait_for(".done")
        here.find("button[value=approve]").click()
        assert until(lambda: here.path.startswith("/?after"))
        assert inbox.state(review) == "approved"


def test_the_second_decider_is_told(serve: Callable[..., Inbox], browse: Callable[..., Any]) -> None:
    inbox = serve("planned", "--no-tick")
    with browse() as first, browse() as second:
        first.log_in(inbox.base, "sato", PASSWORD)
        second.log_in(inbox.base, "suzuki", PASSWORD)
        for here in (first, second):
            here.go(f"{inbox.base}/reviews/{PLAN}")
        first.find("button[value=approve]").click()
        first.wait_for(".done")
        second.find("button[value=approve]").click()
        told = second.wait_for(".gate").text
        assert "sato" in told


def test_it_all_works_without_scripts(serve: Callable[..., Inbox], browse: Callable[..., Any]) -> None:
    inbox = serve("written", "--no-tick")
    with browse(scripts=False) as here:
        here.log_in(inbox.base, "r04", PASSWORD)
        here.find("[data-item]").click()
        here.wait_for("#decide")
        review = here.driver.current_url.split("/reviews/")[1].split("?")[0]
        here.find("[data-key=e]").click()
        here.type("#text", "\n\n特別に月額9,800円でご用意します。")
        here.find("button[value=check]").click()
        assert here.wait_for("#checks .supervisor").is_displayed()
        assert "9,800円" in here.find("#text").get_attribute("value")
        here.find("button[value=save]").click()
        here.wait_for(".done")
        assert inbox.state(review) == "open"
        here.find(".drop:not(.stop) summary").click()
        here.find("form[action='/log-out'] button").click()
        here.wait_for("#login")


def addresses(inbox: Inbox, here: Browser) -> list[str]:
    """Every kind of page, with one of each content."""
    here.go(f"{inbox.base}/reviews/{BATCH}")
    draft = here.find(".samples a").get_attribute("href")
    here.go(f"{inbox.base}/")
    each = next(one.get_attribute("href") for one in here.all(".what") if "upsell_draft" in one.get_attribute("href"))
    unit = each.rsplit(".", 2)[1]
    pages = ("/", f"/reviews/{PLAN}", f"/reviews/{BATCH}", "/campaign", "/report", "/why", "/help", "/nowhere")
    edit = f"{each}/edit?unit={unit}&step=proposal"
    return [f"{inbox.base}{path}" for path in pages] + [draft, each, edit, f"{inbox.base}/why?unit={unit}"]


@pytest.mark.parametrize("width", [PHONE, 1280])
def test_no_page_is_wider_than_its_window_or_breaks_its_policy(
    serve: Callable[..., Inbox], browse: Callable[..., Any], width: int
) -> None:
    inbox = serve("written", "--no-tick")
    with browse(width=width, height=800) as here:
        here.go(f"{inbox.base}/log-in")
        found = {"/log-in": here.overflow()}
        here.log_in(inbox.base, "r03", PASSWORD)
        for language in LANGUAGES:
            if here.find("html").get_attribute("lang") != language:
                here.find("button[name=language]").click()
                assert until(lambda language=language: here.find("html").get_attribute("lang") == language)
            for address in addresses(inbox, here):
                here.go(address)
                for closed in here.all("main details:not([open]) > summary"):
                    closed.click()
                found[f"{language} {address}"] = here.overflow()
            here.go(f"{inbox.base}/")
    assert {address: over for address, over in found.items() if over > 0} == {}


def test_the_log_names_no_person_and_no_customer(serve: Callable[..., Inbox], browse: Callable[..., Any]) -> None:
    inbox = serve("written", "--no-tick")
    with browse() as here:
        here.log_in(inbox.base, "sato", PASSWORD)
        here.go(f"{inbox.base}/why?unit=A000001")
        here.go(f"{inbox.base}/reviews/{BATCH}")
        here.find(".samples a").click()
        here.wait_for(".mail-text")
    log = inbox.log.read_text(encoding="utf-8")
    assert "GET /reviews/{review_id}/draft 200" in log
    assert not re.search(r"A0000|sato|127\.0\.0\.1:\d+ -|correct horse|@", log)


def test_it_listens_to_this_machine_alone_unless_told_of_https(stages: Stages, tmp_path: Path) -> None:
    with stages.copy("founded", tmp_path / "company"):
        pass
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    command = [str(KIZUNA), "serve", "--host", "0.0.0.0"]
    ran = subprocess.run(command, cwd=tmp_path / "company", env=kept, capture_output=True, timeout=120, text=True)
    assert ran.returncode == 1
    assert "--behind-https" in ran.stderr and "Traceback" not in ran.stderr
