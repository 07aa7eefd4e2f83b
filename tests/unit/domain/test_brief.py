from datetime import timedelta
from pathlib import Path

import pytest
from kizuna.domain.brief import Brief
from kizuna.domain.decision import Group
from kizuna.domain.document import MAX_BYTES
from kizuna.domain.errors import FaultyFile
from kizuna.domain.playbook import ReviewPolicy
from kizuna.playbooks.loader import load_playbooks
from kizuna.tools.brief_file import brief_schema, load_brief

EXAMPLE = Path(__file__).parents[3] / "examples/saas/brief.yaml"


@pytest.fixture(scope="module")
def example() -> Brief:
    return load_brief(EXAMPLE)[0]


def test_example_brief_says_what_its_company_wants(example: Brief) -> None:
    assert example.goal.relative_lift == pytest.approx(0.1)
    assert (example.goal.horizon, example.cycle, example.cycles) == (timedelta(days=120), timedelta(days=30), 4)
    assert sum(example.groups.values()) == pytest.approx(1)
    assert example.groups[Group.HOLDOUT] >= 0.2
    assert example.budget.total == 400_000
    assert (example.guardrails.quiet_hours.start, example.guardrails.quiet_hours.until) == ("20:00", "08:00")
    assert example.reviewers.expiry == 3


def test_example_brief_says_that_it_is_fictional() -> None:
    assert "Everything in this example is fictional" in EXAMPLE.read_text(encoding="utf-8")


def test_digest_names_the_text_with_or_without_byte_order_mark(tmp_path: Path) -> None:
    marked, changed = tmp_path / "marked.yaml", tmp_path / "changed.yaml"
    marked.write_bytes(b"\xef\xbb\xbf" + EXAMPLE.read_bytes())
    changed.write_bytes(EXAMPLE.read_bytes() + b"# a remark\n")
    digests = [load_brief(path)[1] for path in (EXAMPLE, marked, changed)]
    assert digests[0] == digests[1] != digests[2]


def test_other_encoding_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "brief.yaml"
    path.write_bytes(EXAMPLE.read_text(encoding="utf-8").encode("utf-16"))
    with pytest.raises(FaultyFile, match="not UTF-8"):
        load_brief(path)


def test_missing_file_and_folder_are_faults(tmp_path: Path) -> None:
    for path in (tmp_path / "none.yaml", tmp_path):
        with pytest.raises(FaultyFile, match="can't be read"):
            load_brief(path)


def test_huge_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "brief.yaml"
    path.write_bytes("あ".encode() * MAX_BYTES)
    with pytest.raises(FaultyFile):
        load_brief(path)


def test_schema_explains_every_part() -> None:
    schema = brief_schema()
    assert [name for name, part in schema["$defs"].items() if not part.get("description")] == []
    assert schema["description"].startswith("One campaign")
    unexplained = [
        key for key, part in schema["properties"].items() if "description" not in part and "$ref" not in part
    ]
    assert unexplained == []
    assert "from" in schema["$defs"]["QuietHours"]["properties"]


@pytest.mark.parametrize("change", ["guardrails", "reviewers", "review"])
def test_changed_guardrails_reviewers_or_review_policy_change_the_policy_version(example: Brief, change: str) -> None:
    action = load_playbooks(["usage_digest"], None, lambda rule: [])["usage_digest"]
    guardrails = example.guardrails.model_copy(update={"gap": timedelta(hours=1)})
    reviewers = example.reviewers.model_copy(update={"expiry": 9})
    brief = example.model_copy(update={"guardrails": guardrails} if change == "guardrails" else {})
    brief = brief.model_copy(update={"reviewers": reviewers} if change == "reviewers" else {})
    other = action.model_copy(update={"review": ReviewPolicy()} if change == "review" else {})
    assert other.policy_version(brief) != action.policy_version(example)
