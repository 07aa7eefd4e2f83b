"""The kit's small parts: chance of one's own, counts, ids, what was seen, registry."""

from datetime import date
from pathlib import Path

import numpy as np
import pytest
from kizuna.examples.kit.chance import Chance, counts, happens
from kizuna.examples.kit.happened import Happened
from kizuna.examples.kit.outbox import person_of
from kizuna.examples.registry import EXAMPLES, example_in

pytestmark = pytest.mark.slow


def test_some_have_the_chance_they_have_among_all() -> None:
    chance = Chance(7, 20_000)
    everybody = chance.some("orders", np.arange(1_000))
    few = np.array([3, 999, 41])
    assert (chance.some("orders", few) == everybody[few]).all()


def test_hashed_chance_is_even_and_differs_by_person_day_kind_and_number() -> None:
    draws = [
        Chance(7, 20_000).some("orders", np.arange(50_000)),
        Chance(7, 20_001).some("orders", np.arange(50_000)),
        Chance(8, 20_000).some("orders", np.arange(50_000)),
        Chance(7, 20_000).some("views", np.arange(50_000)),
        Chance(7, 20_000).some("orders", np.arange(50_000), 1),
    ]
    for draw in draws:
        assert 0 <= draw.min() < draw.max() < 1
        shares = np.histogram(draw, 20, (0, 1))[0] / 50_000
        assert shares == pytest.approx(0.05, abs=0.005)
        assert abs(np.corrcoef(draw[:-1], draw[1:])[0, 1]) < 0.02
    for k, one in enumerate(draws):
        for other in draws[k + 1 :]:
            assert abs(np.corrcoef(one, other)[0, 1]) < 0.02


def test_counts_follow_the_rate_and_move_for_nobody_else() -> None:
    draws = Chance(1, 1).everybody("views", 100_000)
    rates = np.full(100_000, 0.8, np.float32)
    before = counts(draws, rates)
    assert before.mean() == pytest.approx(0.8, abs=0.02)
    assert before.var() == pytest.approx(0.8, abs=0.03)
    rates[5] = 3
    after = counts(draws, rates)
    assert (np.delete(after, 5) == np.delete(before, 5)).all()
    assert after[5] >= before[5]


def test_what_happens_monthly_happens_a_thirtieth_of_the_days() -> None:
    draws = Chance(1, 1).everybody("x", 200_000)
    assert happens(draws, 0.3).mean() == pytest.approx(0.01, abs=0.001)


def test_rows_get_their_place_in_the_day_and_what_they_lack_is_empty() -> None:
    happened = Happened(20_000)
    happened.add("mail_events", person=np.array([1, 2]), moment=np.array([10, 20]))
    assert happened.next_place("mail_events") == 3
    happened.row("mail_events", person=3, moment=30, message_id="<a@b>")
    columns = happened.columns("mail_events")
    assert columns["place"].tolist() == [1, 2, 3]
    assert columns["written"].tolist() == [20241004] * 3
    assert columns["message_id"].tolist() == [None, None, "<a@b>"]
    with pytest.raises(ValueError, match="single rows"):
        happened.next_place("mail_events")


def test_an_address_or_an_id_tells_whose_it_is() -> None:
    assert person_of("hanako.yamada.310@kazemail.example", 400) == 309
    assert person_of("Hanako.Yamada.310@kazemail.EXAMPLE ", 400) == 309
    assert person_of("P000310", 400) == 309
    for stranger in (
        "P000401",
        "P0",
        "hanako.yamada@kazemail.example",
        "x.401@tegami.example",
        "x.0@tegami.example",
        "",
    ):
        assert person_of(stranger, 400) is None


@pytest.mark.parametrize("name", list(EXAMPLES))
def test_every_example_writes_its_brief_and_lives_on(name: str, tmp_path: Path) -> None:
    today = date(2026, 4, 1)
    EXAMPLES[name]().write(tmp_path, units=100, seed=1, today=today, no_effect=False)
    assert (tmp_path / "brief.yaml").read_text(encoding="utf-8").startswith("#")
    company = example_in(tmp_path)
    assert company.name == name
    assert not company.live_one_day(tmp_path, today, tmp_path / "outbox").already_lived
    assert company.live_one_day(tmp_path, today, tmp_path / "outbox").already_lived
