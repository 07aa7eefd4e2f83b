"""What a model's server was found to take: how it is held to a form, and which settings it knows."""

import re
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel

from .asking import schema_of

Way = Literal["json_schema", "json_object", "prompt"]
TokenWord = Literal["max_tokens", "max_completion_tokens"]
_LADDER: tuple[Way, ...] = ("json_schema", "json_object", "prompt")
_TOKEN_WORDS: tuple[TokenWord, TokenWord] = ("max_tokens", "max_completion_tokens")
_FORM = re.compile(r"response_format|json_schema|json_object|\bschema\b|\bgrammar\b|structured output", re.IGNORECASE)
_SEED = 20


@dataclass
class Habits:
    """What one server takes. Begins with the best and learns from refusals."""

    way: Way
    may_step_down: bool
    token_word: TokenWord
    settings: dict[str, float] = field(default_factory=lambda: {"temperature": 0.0, "seed": _SEED})
    turned: bool = False

    def adapt(self, reason: str) -> bool:
        """Leave out, or write another way, what the reason names; False where it names nothing of ours.

        Each change is made once, so that a server that refuses everything is soon left alone.
        """
        for name in list(self.settings):
            if re.search(rf"\b{name}\b", reason):
                del self.settings[name]
                return True
        if self._other_word in reason and not self.turned:
            self.token_word, self.turned = self._other_word, True
            return True
        if self.may_step_down and self.way != _LADDER[-1] and speaks_of_form(reason):
            self.way = _LADDER[_LADDER.index(self.way) + 1]
            return True
        return False

    @property
    def _other_word(self) -> TokenWord:
        return next(word for word in _TOKEN_WORDS if word != self.token_word)

    def response_format(self, form: type[BaseModel]) -> dict[str, Any] | None:
        """How the server is told the form; None where words in the prompt must do."""
        schema = schema_of(form)
        if self.way == "json_schema":
            return {"type": "json_schema", "json_schema": {"name": form.__name__, "schema": schema, "strict": True}}
        return {"type": "json_object", "schema": schema} if self.way == "json_object" else None


def speaks_of_form(reason: str) -> bool:
    """Whether a refusal is about how the form was told."""
    return _FORM.search(reason) is not None
