"""Secrets come from the environment; a brief only names the variable."""

import os

from pydantic import SecretStr

from ..domain.errors import UserError


def secret_from(variable: str) -> SecretStr:
    """What the environment variable holds, in a wrapper that no log or error shows. Raises UserError if it is empty."""
    value = os.environ.get(variable, "")
    if not value:
        raise UserError(f"the environment variable {variable}, which the brief names, is not set")
    return SecretStr(value)
