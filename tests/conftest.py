"""For every ring: no network, no settings from outside, few threads."""

import os

# Before numpy and langgraph are imported: small fits want one thread, checkpoints hold JSON's own types only.
for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
os.environ.setdefault("LANGGRAPH_STRICT_MSGPACK", "true")
for _name in [name for name in os.environ if name.startswith(("KIZUNA_", "LANGSMITH_", "LANGCHAIN_"))]:
    del os.environ[_name]

import socket
from collections.abc import Iterator
from typing import Any

import pytest

_connect = socket.socket.connect


def _connect_here_only(self: socket.socket, address: Any) -> None:
    if self.family != socket.AF_UNIX and address[0] not in ("127.0.0.1", "::1", "localhost"):
        raise RuntimeError(f"tests reach no network: {address!r}")
    _connect(self, address)


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing but this machine can be reached."""
    monkeypatch.setattr(socket.socket, "connect", _connect_here_only)


@pytest.fixture(autouse=True, scope="session")
def no_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Log-in tokens of tests never land in somebody's own configuration folder."""
    before = os.environ.get("XDG_CONFIG_HOME")
    os.environ["XDG_CONFIG_HOME"] = str(tmp_path_factory.mktemp("config"))
    yield
    if before is None:
        del os.environ["XDG_CONFIG_HOME"]
    else:
        os.environ["XDG_CONFIG_HOME"] = before
