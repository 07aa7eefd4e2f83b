"""A small fictional company, and mails as the product would let them out."""

import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path

import pytest
from kizuna.examples.saas.generator import write_company
from kizuna.examples.shop import world as komorebi

TODAY = date(2026, 4, 15)
Post = Callable[..., Path]


@pytest.fixture(scope="session")
def untouched_company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """500 accounts, written once; tests only read it."""
    folder = tmp_path_factory.mktemp("company")
    write_company(folder, units=500, seed=7, today=TODAY)
    return folder


@pytest.fixture
def company(untouched_company: Path, tmp_path: Path) -> Path:
    """A copy that the test may change."""
    return Path(shutil.copytree(untouched_company, tmp_path / "company"))


@pytest.fixture(scope="session")
def untouched_shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """500 customers of the shop, written once; tests only read them."""
    folder = tmp_path_factory.mktemp("shop")
    komorebi.write_company(folder, units=500, seed=7, today=TODAY)
    return folder


@pytest.fixture
def shop(untouched_shop: Path, tmp_path: Path) -> Path:
    """A copy that the test may change."""
    return Path(shutil.copytree(untouched_shop, tmp_path / "shop"))


@pytest.fixture
def outbox(tmp_path: Path) -> Path:
    """Where mails are let out; empty."""
    return tmp_path / "outbox"


@pytest.fixture
def post(outbox: Path) -> Post:
    """Let a mail out as the product would."""

    def write(to: str, action: str, step: str, day: date, *, way: str = "sent", number: int = 1) -> Path:
        message = EmailMessage()
        message["To"] = to
        message["From"] = "ナガレ分析 <hello@nagare.example>"
        message["Subject"] = "使い方のご案内"
        message["Date"] = format_datetime(datetime.combine(day, time(1, 0), UTC))
        message["Message-ID"] = f"<{to.replace('@', '.')}.{action}.{step}.{number}@nagare.example>"
        message["Feedback-ID"] = f"spring:{action}:{step}:kizuna"
        message.set_content("いつもありがとうございます。")
        folder = outbox / way / day.isoformat()
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{to}.{action}.{step}.{number}.eml"
        path.write_bytes(message.as_bytes())
        return path

    return write
