"""What a person reads who made a mistake in the brief's `reasoner`, and what a right one says."""

import re
from pathlib import Path

import pytest
from kizuna.domain.brief import Brief
from kizuna.domain.document import parse_document, validate
from kizuna.domain.errors import Fault, FaultyFile
from kizuna.domain.language_model import OPENAI, LanguageModel
from kizuna.tools.brief_file import brief_schema

ROOT = Path(__file__).parents[3]
BRIEF = re.sub(r"(?m)^reasoner:.*\n", "", (ROOT / "examples/saas/brief.yaml").read_text(encoding="utf-8"))


def brief_with(reasoner: str) -> Brief:
    return validate(Brief, parse_document(f"{BRIEF}reasoner: {reasoner}\n", "f.yaml"))


def fault(reasoner: str) -> Fault:
    with pytest.raises(FaultyFile) as caught:
        brief_with(reasoner)
    assert len(caught.value.faults) == 1, caught.value.faults
    return caught.value.faults[0]


@pytest.mark.parametrize(
    ("reasoner", "field", "words"),
    [
        ("gpt-5", "reasoner", "must be `rules`, or a language model: `reasoner: {model: …}`"),
        ("[a]", "reasoner", "must be `rules`"),
        ("true", "reasoner", "must be `rules`"),
        ("", "reasoner", "is empty"),
        ("{}", "reasoner.model", "is missing"),
        ("{modle: x}", "reasoner.modle", "is not known here"),
        ('{model: x, base_url: "http://models.example/v1"}', "reasoner.base_url", "`http://` is for 127.0.0.1 alone"),
        ('{model: x, base_url: "http://127.0.0.1@evil.example/v1"}', "reasoner.base_url", "write the address like"),
        ('{model: x, base_url: "http://127.0.0.1.evil.example/v1"}', "reasoner.base_url", "for 127.0.0.1 alone"),
        ('{model: x, base_url: "ftp://a.example"}', "reasoner.base_url", "write the address like"),
        ('{model: x, base_url: "script:../answers.yaml"}', "reasoner.base_url", "in the brief's own folder"),
        ('{model: x, base_url: "script:/etc/passwd"}', "reasoner.base_url", "in the brief's own folder"),
        ("{model: x, base_url: 5}", "reasoner.base_url", "write the address like"),
        ("{model: x, agents: [analysi]}", "reasoner.agents.0", "`analysi` is not possible here"),
        ("{model: x, agents: []}", "reasoner.agents", "needs at least 1"),
        ("{model: x, structured_output: yaml}", "reasoner.structured_output", "`yaml` is not possible here"),
        ("{model: x, timeout_seconds: 0}", "reasoner.timeout_seconds", "must be more than 0"),
        ("{model: x, limits: {tokens_per_cycle: 0}}", "reasoner.limits.tokens_per_cycle", "must be at least 1"),
        ("{model: x, limits: {cost_per_cycle: 500 EUR}}", "reasoner.limits.cost_per_cycle", "write an amount as"),
        ("{model: x, limits: {cost_per_cycle: 500 JPY}}", "reasoner", "needs `prices`"),
        ("{model: x, sees_free_text: true}", "reasoner", "needs `processor:"),
    ],
)  # fmt: skip
def test_a_wrong_reasoner_is_explained_in_plain_words(reasoner: str, field: str, words: str) -> None:
    found = fault(reasoner)
    assert found.field == field
    assert words in found.problem


def test_a_key_written_into_the_brief_is_not_shown_again() -> None:
    found = fault("{model: x, api_key_env: sk-proj-canary4711}")
    assert "names an environment variable" in found.problem and "canary" not in str(found)


def test_a_misspelt_key_says_what_was_meant() -> None:
    assert fault("{modle: x}").hint == "did you mean `model`?"


def test_rules_are_the_default_and_nothing_else_is_needed() -> None:
    assert validate(Brief, parse_document(BRIEF, "f.yaml")).reasoner == "rules"
    assert brief_with("rules").reasoner == "rules"


def test_a_full_reasoner_survives_being_stored() -> None:
    brief = brief_with(
        "{model: m, base_url: 'https://models.example/v1', api_key_env: OUR_KEY, agents: [content, content],"
        " structured_output: json_object, timeout_seconds: 30,"
        " limits: {tokens_per_cycle: 5000, cost_per_cycle: 500 JPY},"
        " prices: {input_per_million: 40 JPY, output_per_million: 160 JPY}, sees_free_text: true,"
        " processor: {company: Example Ltd., country: Japan}}"
    )
    assert Brief.model_validate(brief.model_dump(mode="json", by_alias=True)) == brief
    model = brief.reasoner
    assert isinstance(model, LanguageModel)
    assert (model.agents, model.host, model.is_local, model.key_name) == (
        ("content",),
        "models.example",
        False,
        "OUR_KEY",
    )
    assert model.cost_jpy(1_000_000, 500_000) == 120.0


@pytest.mark.parametrize("url", ["http://127.0.0.1:11434/v1", "http://localhost:8000/v1", "http://[::1]:8080/v1"])
def test_this_machine_may_be_asked_without_encryption_and_without_a_key(url: str) -> None:
    model = LanguageModel(model="m", base_url=url)
    assert model.is_local and model.key_name is None


def test_openai_needs_only_the_model_and_its_usual_variable() -> None:
    model = LanguageModel(model="m")
    assert (model.base_url, model.key_name, model.is_local) == (OPENAI, "OPENAI_API_KEY", False)


def test_another_server_never_gets_the_key_of_openai() -> None:
    assert LanguageModel(model="m", base_url="https://models.example/v1").key_name is None


def test_the_schema_for_editors_knows_both_ways() -> None:
    reasoner = brief_schema()["properties"]["reasoner"]
    assert {"const": "rules", "type": "string"} in reasoner["oneOf"]
