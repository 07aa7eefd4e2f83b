"""The YAML files that come with this package."""

from importlib.resources import files
from typing import Any

import yaml

#: The C parser is ten times as fast where PyYAML was built with it; both read the same.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_packaged(name: str) -> dict[str, Any]:
    """The content of one of the package's own YAML files."""
    text = files(__package__).joinpath(name).read_text("utf-8")
    content: dict[str, Any] = yaml.load(text, Loader=_LOADER)  # noqa: S506 - both are safe loaders
    return content
