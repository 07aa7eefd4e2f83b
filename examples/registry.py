"""The example companies by name. A company's code is loaded when it is called for, so that --help answers at once."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any, Protocol

_MARK = "example.txt"


class WriteCompany(Protocol):
    """Writes `data` and the hidden `world` of a company into a folder."""

    def __call__(self, folder: Path, *, units: int, seed: int, today: date, no_effect: bool = False) -> None: ...


@dataclass(frozen=True)
class Example:
    """A fictional company: how its year is written, and how its days are lived."""

    name: str
    write_company: WriteCompany
    live_one_day: Callable[[Path, date, Path], Any]
    """(folder, day, outbox); a day that was lived already is not lived again."""

    def brief(self) -> str:
        """The text of its brief.yaml."""
        return files(f"kizuna.examples.{self.name}").joinpath("brief.yaml").read_text(encoding="utf-8")

    def write(self, folder: Path, *, units: int, seed: int, today: date, no_effect: bool) -> None:
        """The company's files with its brief, and whose folder it is."""
        self.write_company(folder, units=units, seed=seed, today=today, no_effect=no_effect)
        (folder / "brief.yaml").write_text(self.brief(), encoding="utf-8")
        (folder / "world" / _MARK).write_text(self.name, encoding="ascii")


def _saas() -> Example:
    from .saas.generator import write_company
    from .saas.world import live_one_day

    return Example("saas", write_company, live_one_day)


def _shop() -> Example:
    from .shop.world import live_one_day, write_company

    return Example("shop", write_company, live_one_day)


def _box() -> Example:
    from .box.world import live_one_day, write_company

    return Example("box", write_company, live_one_day)


def _service() -> Example:
    from .service.world import live_one_day, write_company

    return Example("service", write_company, live_one_day)


EXAMPLES: dict[str, Callable[[], Example]] = {"saas": _saas, "shop": _shop, "box": _box, "service": _service}


def example_in(folder: Path) -> Example:
    """The company that lives in a folder written by `Example.write`."""
    mark = folder / "world" / _MARK
    return EXAMPLES[mark.read_text(encoding="ascii") if mark.exists() else "saas"]()
