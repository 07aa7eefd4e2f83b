import re
from pathlib import Path

import pytest
from kizuna.domain.errors import Fault, FaultyFile
from kizuna.domain.playbook import Action, Channel, Lever, Role, Term, Topic, Wait, quiets_for
from kizuna.playbooks.loader import digest, load_playbooks, names_in_folder, packaged_names

ROOT = Path(__file__).parents[3] / "playbooks"
DIGEST = (ROOT / "usage_digest.yaml").read_text(encoding="utf-8")
CATALOGUE = (
    *("apology_care", "dedicated_care", "feature_tutorial", "first_month_tips", "loyalty_thanks", "nps_survey"),
    *("plan_fit", "points_reminder", "post_purchase_quiet", "potential_events", "pre_renewal_gift", "prepaid_topup"),
    *("rank_progress", "referral_invite", "renewal_reminder", "replenish_reminder", "silent_customer_survey"),
    *("staff_discretion", "standard_digest", "survey_before_discount", "testimonial_audience", "upgrade_interest"),
    *("upsell_draft", "usage_digest", "win_back"),
)


def no_problem(rule: str) -> list[str]:
    return []


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def faults_of(allowed: list[str], folder: Path | None) -> list[Fault]:
    with pytest.raises(FaultyFile) as caught:
        load_playbooks(allowed, folder, no_problem)
    return caught.value.faults


@pytest.fixture(scope="module")
def packaged() -> dict[str, Action]:
    return load_playbooks(packaged_names(), None, no_problem)


def test_every_packaged_playbook_loads(packaged: dict[str, Action]) -> None:
    assert tuple(packaged) == packaged_names() == CATALOGUE


def test_packaged_playbooks_are_short_and_speak_both_languages(packaged: dict[str, Action]) -> None:
    for name, action in packaged.items():
        assert len((ROOT / f"{name}.yaml").read_text(encoding="utf-8").splitlines()) <= 60
        assert set(action.describe) == {"ja", "en"}
        assert "is_active" in action.when


def test_packaged_playbooks_say_what_they_are_about_and_when_they_pay() -> None:
    for name in packaged_names():
        written = (ROOT / f"{name}.yaml").read_text(encoding="utf-8")
        assert re.search(r"^topic: ", written, re.MULTILINE) and re.search(r"^term: ", written, re.MULTILINE), name
        assert written.startswith("# ") and "# Who it is for" in written, name


def test_the_catalogue_has_short_and_long_actions_and_every_channel(packaged: dict[str, Action]) -> None:
    terms = [action.term for action in packaged.values()]
    assert min(terms.count(Term.SHORT), terms.count(Term.LONG)) >= 10
    used = {channel for action in packaged.values() for channel in action.channels}
    assert used == set(Channel)
    assert {action.topic for action in packaged.values()} == set(Topic)


def test_a_view_is_followed_by_a_wait_for_the_order_and_then_by_an_audience(packaged: dict[str, Action]) -> None:
    interest = packaged["upgrade_interest"]
    assert [interest.channel_of(message, Channel.EMAIL) for message in interest.messages] == ["email", "audience"]
    (wait,) = [step.wait for step in interest.steps if isinstance(step, Wait)]
    assert (wait.event, wait.up_to.days, wait.then) == ("ordered", 5, "end")


def test_a_full_price_purchase_keeps_offers_away_and_an_apology_does_too(packaged: dict[str, Action]) -> None:
    allowed = list(packaged.values())
    for sells in (action for action in allowed if action.topic is Topic.OFFERS):
        quiet = dict(quiets_for(sells, allowed))
        assert quiet["post_purchase_quiet"].days == 21
        assert quiet["apology_care"].days == 30


def test_names_in_a_folder_are_those_of_its_files(tmp_path: Path) -> None:
    write(tmp_path, "b.yaml", DIGEST)
    write(tmp_path, "a.yaml", DIGEST)
    write(tmp_path, "notes.txt", "")
    assert names_in_folder(tmp_path) == ("a", "b")
    assert names_in_folder(tmp_path / "none") == ()


def test_survey_covers_every_answer_in_its_messages(packaged: dict[str, Action]) -> None:
    survey = packaged["survey_before_discount"]
    assert survey.messages == ("survey", "fit_offer", "plan_change", "onboarding_help")
    assert survey.lever is Lever.RETENTION


def test_upsell_is_a_draft_that_its_rep_reviews(packaged: dict[str, Action]) -> None:
    upsell = packaged["upsell_draft"]
    assert upsell.channels == (Channel.REP_DRAFT,)
    assert (upsell.review.by, upsell.review.scope) == (Role.SALES_REP, "each")
    assert upsell.value.kind == "upgraded"


def test_actions_come_in_the_order_of_the_brief() -> None:
    order = ["usage_digest", "feature_tutorial"]
    assert list(load_playbooks(order, None, no_problem)) == order


def test_file_name_must_equal_action(tmp_path: Path) -> None:
    write(tmp_path, "monthly_digest.yaml", DIGEST)
    (fault,) = faults_of(["usage_digest"], tmp_path)
    assert fault.field == "action"
    assert fault.line == DIGEST[: DIGEST.index("action:")].count("\n") + 1
    assert "rename the file to `usage_digest.yaml`" in fault.hint


def test_user_folder_overrides(tmp_path: Path, packaged: dict[str, Action]) -> None:
    write(tmp_path, "usage_digest.yaml", re.sub(r"cooldown: \d+d", "cooldown: 14d", DIGEST))
    own = load_playbooks(["usage_digest"], tmp_path, no_problem)["usage_digest"]
    assert own.cooldown.days == 14
    assert digest(own) != digest(packaged["usage_digest"])


def test_user_folder_adds(tmp_path: Path) -> None:
    write(tmp_path, "thank_you.yaml", DIGEST.replace("usage_digest", "thank_you"))
    assert list(load_playbooks(["thank_you", "usage_digest"], tmp_path, no_problem)) == ["thank_you", "usage_digest"]


def test_unknown_action_says_what_was_meant() -> None:
    (fault,) = faults_of(["usage_digest", "feature_tutorail"], None)
    assert fault.field == "playbooks.1"
    assert fault.hint == "did you mean `feature_tutorial`?"


def test_every_fault_of_every_file_comes_at_once(tmp_path: Path) -> None:
    write(tmp_path, "one.yaml", DIGEST.replace("usage_digest", "one").replace("lever: retention", "lever: retension"))
    write(tmp_path, "two.yaml", re.sub(r"cooldown: \d+d", "cooldown: soon", DIGEST).replace("send: digest", "send: 7"))
    write(tmp_path, "three.yml", DIGEST)
    (tmp_path / "four.yaml").write_bytes("describe: 要約".encode("cp932"))
    write(tmp_path, "five.yaml", "a: [")
    faults = faults_of(["no_such_action"], tmp_path)
    assert {(Path(fault.file).name, fault.field) for fault in faults} == {
        ("one.yaml", "lever"),
        ("two.yaml", "action"),
        ("two.yaml", "cooldown"),
        ("two.yaml", "steps.0.send"),
        ("three.yml", ""),
        ("four.yaml", ""),
        ("five.yaml", ""),
        ("brief", "playbooks.0"),
    }


def test_missing_folder_is_a_fault(tmp_path: Path) -> None:
    (fault,) = faults_of(["usage_digest"], tmp_path / "none")
    assert fault.problem == "there is no such folder"


def test_rules_are_checked_by_the_given_check(tmp_path: Path) -> None:
    write(tmp_path, "own.yaml", DIGEST.replace("usage_digest", "own"))
    seen: list[str] = []

    def check(rule: str) -> list[str]:
        seen.append(rule)
        return ["`reports_used` is no feature", "and more"]

    with pytest.raises(FaultyFile) as caught:
        load_playbooks(["feature_tutorial"], tmp_path, check)
    assert len(seen) == 2, "one for the allowed action, one for the user's own; not for what nobody uses"
    line = DIGEST[: DIGEST.index("when:")].count("\n") + 1
    own = [fault for fault in caught.value.faults if fault.file.endswith("own.yaml")]
    assert [(fault.line, fault.field) for fault in own] == [(line, "when"), (line, "when")]


def test_version_ignores_comments_and_layout(tmp_path: Path, packaged: dict[str, Action]) -> None:
    write(tmp_path, "usage_digest.yaml", "# mine\n" + re.sub(r"{(mean: \S+), (sd: \S+)}", r"{\2, \1}", DIGEST))
    own = load_playbooks(["usage_digest"], tmp_path, no_problem)["usage_digest"]
    assert digest(own) == digest(packaged["usage_digest"])
    assert digest(own) != digest(own.model_copy(update={"when": "is_active"}))
