"""`kizuna playbooks`: the catalogue for a newcomer, one action with its words, and the check of one's own folder."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from kizuna.cli.app import kizuna
from kizuna.inbox.words import LANGUAGES, words
from kizuna.playbooks.loader import packaged_names
from kizuna.service.catalogue import check_folder

PACKAGED = Path(__file__).parents[3] / "playbooks"
NOTE = """action: birthday_note
lever: loyalty
topic: loyalty
term: long
describe: {en: A line on the birthday., ja: お誕生日にひとこと。}
when: is_active and open_unhappy_tickets = 0
value: {outcome: retained_30d, prior_uplift: {mean: 0.01, sd: 0.02}}
cost: {per_contact: 3 JPY}
channels: [email]
cooldown: 300d
steps:
  - send: note
"""
WORDS = {
    "facts.yaml": "note: {facts: [company_name, contact_name, sender_company]}\n",
    "ja/note.standard.j2": "{% block subject %}おめでとうございます{% endblock %}{% block body %}\n"
    "{{ contact_name }} 様\n\nお誕生日おめでとうございます。\n\n{{ sender_company }}\n{% endblock %}\n",
    "en/note.standard.j2": "{% block subject %}Happy birthday{% endblock %}{% block body %}\n"
    "Dear {{ contact_name }},\n\nMany happy returns.\n\n{{ sender_company }}\n{% endblock %}\n",
}


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A folder with one action of one's own, and its words in prompts/ beside it."""
    folder = tmp_path / "my-playbooks"
    folder.mkdir()
    (folder / "birthday_note.yaml").write_text(NOTE, encoding="utf-8")
    for name, text in WORDS.items():
        path = tmp_path / "prompts" / "messages" / "birthday_note" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def run(*typed: str) -> Result:
    return CliRunner().invoke(kizuna, list(typed))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_action_is_explained_in_words(language: str) -> None:
    shown = run("--lang", language, "playbooks").output
    for name in packaged_names():
        assert f"\n{name}  (" in shown
        assert f"playbooks.for.{name}" in words(language)  # type: ignore[arg-type]


def test_actions_stand_together_by_what_they_move() -> None:
    shown = run("playbooks").output
    assert shown.index("Order value:") < shown.index("upsell_draft") < shown.index("Frequency:")
    assert shown.index("Referral:") < shown.index("referral_invite")


def test_the_steps_stand_on_one_line() -> None:
    shown = " ".join(run("playbooks", "upgrade_interest").output.split())
    assert "viewed → wait for an order, 5 days at most; if so, end → testimonial (audience)" in shown
    shown = " ".join(run("playbooks", "nps_survey").output.split())
    assert "10, 9: thanks | 6, 5, 4, 3, 2, 1, 0: what_went_wrong | else: nothing" in shown


def test_one_action_is_shown_with_its_words_in_both_languages() -> None:
    shown = run("playbooks", "apology_care").output
    assert "ご不便をおかけし、申し訳ございません" in shown and "We are sorry for the trouble" in shown
    assert "お詫びのご連絡のお願い" in shown, "the words for staff too"
    assert "also: short, soft" in shown


def test_costs_offers_and_quiet_are_said() -> None:
    shown = " ".join(run("playbooks").output.split())
    for words_ in (
        *("3 JPY each, 180 JPY by letter", "and up to 2,000 JPY that staff may spend", "10 % off", "500 points"),
        *("for 21 days nothing about offers reaches them over any channel", "approved by the sales rep, each one"),
    ):
        assert words_ in shown


def test_an_unknown_action_is_told_with_what_there_is() -> None:
    shown = run("playbooks", "win_bakc")
    assert shown.exit_code != 0 and "win_back" in str(shown.exception)


def test_scripts_get_json() -> None:
    every = json.loads(run("playbooks", "--json").output)
    assert [action["action"] for action in every] == list(packaged_names())
    one = json.loads(run("playbooks", "win_back", "--json").output)
    assert {wording["language"] for wording in one["words"]} == set(LANGUAGES)
    facts = json.loads(run("playbooks", "--facts", "--json").output)
    assert facts["points_balance"] == "Points that can be spent"


def test_ones_own_actions_stand_with_the_packaged_ones(own: Path) -> None:
    shown = run("playbooks", "--folder", str(own)).output
    assert "birthday_note" in shown and "win_back" in shown
    words_ = run("playbooks", "birthday_note", "--folder", str(own)).output
    assert "お誕生日おめでとうございます。" in words_ and "Many happy returns." in words_


def test_ones_own_action_replaces_the_packaged_one_and_keeps_its_words(own: Path) -> None:
    thanks = (PACKAGED / "loyalty_thanks.yaml").read_text(encoding="utf-8")
    (own / "loyalty_thanks.yaml").write_text(thanks.replace("cooldown: 365d", "cooldown: 180d"), encoding="utf-8")
    shown = run("playbooks", "loyalty_thanks", "--folder", str(own)).output
    assert "again after 180 days" in " ".join(shown.split()) and "Thank you for all this time" in shown
    assert [action.action for action in check_folder(own)] == ["birthday_note", "loyalty_thanks"]


def test_a_folder_in_order_is_said_to_be(own: Path) -> None:
    shown = run("playbooks", "--check", str(own))
    assert shown.exit_code == 0 and "1 actions" in shown.output
    assert json.loads(run("playbooks", "--check", str(own), "--json").output)["actions"] == ["birthday_note"]


def test_every_fault_of_a_folder_is_told_at_once(own: Path) -> None:
    (own / "birthday_note.yaml").write_text(NOTE.replace("topic: loyalty", "topic: offers"), encoding="utf-8")
    (own.parent / "prompts/messages/birthday_note/en/note.standard.j2").unlink()
    shown = run("playbooks", "--check", str(own), "--json")
    problems = [fault["problem"] for fault in json.loads(shown.output)["faults"]]
    assert shown.exit_code == 1
    assert problems == [
        "the message has no words in 'en'",
        "it sells, but its rule does not ask for `unhappy_contacts_90d`",
    ]


def test_a_faulty_rule_is_told_before_the_words(own: Path) -> None:
    (own / "birthday_note.yaml").write_text(NOTE.replace("is_active and", "is_actve and"), encoding="utf-8")
    shown = run("playbooks", "--check", str(own))
    assert shown.exit_code == 1 and "did you mean `is_active`" in shown.output


def test_a_folder_that_is_not_there_is_a_mistake_of_typing(tmp_path: Path) -> None:
    shown = run("playbooks", "--check", str(tmp_path / "none"))
    assert shown.exit_code == 2 and "there is no folder" in shown.output
