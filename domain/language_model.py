"""The language model as the brief states it: which one, where, for which agents, and how much it may cost."""

import re
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BeforeValidator, ConfigDict, Discriminator, Field, Tag, field_validator, model_validator

from .delivery_settings import SecretName
from .model import Frozen
from .quantity import Jpy

ReasoningAgent = Literal["analysis", "strategy", "content"]
StructuredOutput = Literal["auto", "json_schema", "json_object", "prompt"]
OPENAI = "https://api.openai.com/v1"
_SCRIPT = "script:"
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_ADDRESS = re.compile(r"https?://(?:[A-Za-z0-9.-]+|\[[0-9a-fA-F:]+\])(?::\d{1,5})?(?:/[A-Za-z0-9._~/-]*)?")


def _check_address(value: Any) -> Any:
    """https anywhere, http on this machine alone, or a script of answers beside the brief."""
    if not isinstance(value, str) or len(value) > 500:
        raise ValueError("write the address like `https://api.openai.com/v1`")
    if value.startswith(_SCRIPT):
        path = PurePosixPath(value.removeprefix(_SCRIPT))
        if not path.name or path.is_absolute() or ".." in path.parts:
            raise ValueError("a script is a file in the brief's own folder: `script:answers.yaml`")
        return value
    if not _ADDRESS.fullmatch(value):
        raise ValueError("write the address like `https://api.openai.com/v1` or `http://127.0.0.1:11434/v1`")
    if value.startswith("http://") and urlsplit(value).hostname not in _LOOPBACK:
        raise ValueError("`http://` is for 127.0.0.1 alone, since customers' figures travel on it; write `https://`")
    return value


def _check_name(value: Any) -> Any:
    """A key written in the brief by mistake is not shown again."""
    if isinstance(value, str) and not re.fullmatch(r"[A-Z][A-Z0-9_]{2,63}", value):
        raise ValueError(
            "names an environment variable such as `OPENAI_API_KEY`; the key itself never stands in a brief"
        )
    return value


class Limits(Frozen):
    """What the model may use in one cycle; the rules take over where it ends."""

    tokens_per_cycle: int = Field(default=200_000, ge=1, le=1_000_000_000)
    cost_per_cycle: Jpy | None = None


class Prices(Frozen):
    """What the provider asks for a million tokens; prices change, so the brief states them."""

    input_per_million: Jpy
    output_per_million: Jpy


class Processor(Frozen):
    """The company that processes what the model is shown, and the country it does so in (個人情報保護法 25条, 28条)."""

    company: str = Field(min_length=1, max_length=200)
    country: str = Field(min_length=1, max_length=100)


class LanguageModel(Frozen):
    """A language model behind any OpenAI-compatible address."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    model: str = Field(min_length=1, max_length=200, examples=["gpt-5-mini"])
    base_url: Annotated[
        str,
        BeforeValidator(_check_address),
        Field(examples=[OPENAI, "http://127.0.0.1:11434/v1", "script:answers.yaml"]),
    ] = OPENAI
    api_key_env: Annotated[SecretName | None, BeforeValidator(_check_name)] = None
    """The environment variable that holds the key. OPENAI_API_KEY for api.openai.com; elsewhere none without it."""
    agents: tuple[ReasoningAgent, ...] = Field(default=("analysis", "strategy", "content"), min_length=1)
    """Who asks the model; the others reason by rules."""
    structured_output: StructuredOutput = "auto"
    """How the server is held to the form of an answer; `auto` finds out what it can do."""
    timeout_seconds: float = Field(default=60, gt=0, le=600)
    """How long one question may take, with all its attempts."""
    limits: Limits = Limits()
    prices: Prices | None = None
    sees_free_text: bool = False
    """Whether customers' own words, masked, may be shown to the model."""
    processor: Processor | None = None

    @field_validator("agents")
    @classmethod
    def _each_once(cls, agents: tuple[ReasoningAgent, ...]) -> tuple[ReasoningAgent, ...]:
        return tuple(dict.fromkeys(agents))

    @model_validator(mode="after")
    def _is_complete(self) -> "LanguageModel":
        if self.limits.cost_per_cycle is not None and self.prices is None:
            raise ValueError("`limits.cost_per_cycle` needs `prices`: without them nobody knows what a call costs")
        if self.sees_free_text and not self.is_local and self.processor is None:
            raise ValueError(
                "`sees_free_text` needs `processor: {company: …, country: …}`: who would read it, and where"
            )
        return self

    @property
    def script(self) -> str | None:
        """The script's file, relative to the brief's folder; None where a real server is asked."""
        return self.base_url.removeprefix(_SCRIPT) if self.base_url.startswith(_SCRIPT) else None

    @property
    def host(self) -> str:
        """Who is asked, as logs may say it."""
        return self.base_url if self.script else urlsplit(self.base_url).hostname or ""

    @property
    def is_local(self) -> bool:
        """Whether what the model sees stays on this machine."""
        return self.script is not None or self.host in _LOOPBACK

    @property
    def key_name(self) -> str | None:
        """The variable with the key; never another company's key for a server that did not ask for one."""
        return self.api_key_env or ("OPENAI_API_KEY" if self.host == urlsplit(OPENAI).hostname else None)

    def cost_jpy(self, input_tokens: int, output_tokens: int) -> float:
        """What these tokens cost; 0 where the brief states no prices."""
        if self.prices is None:
            return 0.0
        each = (self.prices.input_per_million * input_tokens, self.prices.output_per_million * output_tokens)
        return sum(each) / 1_000_000


def _kind(value: Any) -> str | None:
    if isinstance(value, dict | LanguageModel):
        return "(model)"
    return "(rules)" if value == "rules" else None


#: Who reasons: the rules, which need no network and no key, or a language model with the rules behind it.
Reasoning = Annotated[
    Annotated[Literal["rules"], Tag("(rules)")] | Annotated[LanguageModel, Tag("(model)")],
    Discriminator(
        _kind,
        custom_error_type="reasoner",
        custom_error_message="must be `rules`, or a language model: `reasoner: {model: …}`",
    ),
]
