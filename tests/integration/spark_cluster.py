"""A standalone Spark cluster on the loopback: a master and two workers, a core and 1 GB each, stopped in all cases."""

import json
import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

WORKERS = 2
_PATIENCE_SECONDS = 120


@dataclass(frozen=True)
class Cluster:
    """A cluster that runs."""

    address: str
    web: str

    def state(self) -> dict[str, Any]:
        """What the master says of its workers and applications; {} while it says nothing."""
        try:
            with urlopen(f"{self.web}/json/", timeout=10) as answer:
                state: dict[str, Any] = json.load(answer)
                return state
        except (URLError, ConnectionError, TimeoutError):
            return {}


@contextmanager
def a_cluster(folder: Path) -> Iterator[Cluster]:
    """A cluster with all its workers registered; its files and logs lie in the folder."""
    port, web_port = _free_ports(2)
    cluster = Cluster(f"spark://127.0.0.1:{port}", f"http://127.0.0.1:{web_port}")
    here = ["--host", "127.0.0.1"]
    with ExitStack() as running:
        master = ["master.Master", *here, "--port", str(port), "--webui-port", str(web_port)]
        started = [running.enter_context(_process(folder, "master", master))]
        wait_until(lambda: bool(cluster.state()), started)
        for number in range(WORKERS):
            name = f"worker{number}"
            own = ["--cores", "1", "--memory", "1g", "--webui-port", "0", "--work-dir", str(folder / name)]
            started.append(
                running.enter_context(_process(folder, name, ["worker.Worker", *here, *own, cluster.address]))
            )
        wait_until(lambda: cluster.state().get("aliveworkers") == WORKERS, started)
        yield cluster


def wait_until(holds: Callable[[], bool], processes: list[subprocess.Popen[bytes]] | None = None) -> None:
    """Asks again until it holds. Fails at once if one of the processes ended, and when it takes too long."""
    until = time.monotonic() + _PATIENCE_SECONDS
    while not holds():
        assert all(process.poll() is None for process in processes or []), "a process of the cluster ended by itself"
        assert time.monotonic() < until, "the cluster does not come so far"
        time.sleep(0.2)


@contextmanager
def _process(folder: Path, name: str, arguments: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    import pyspark

    home = Path(pyspark.__file__).parent
    command = [str(home / "bin" / "spark-class"), f"org.apache.spark.deploy.{arguments[0]}", *arguments[1:]]
    settings = {
        "SPARK_HOME": str(home),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_LOCAL_DIRS": str(folder / f"{name}-local"),
        "SPARK_DAEMON_MEMORY": "256m",
    }
    with (folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(command, env={**os.environ, **settings}, stdout=log, stderr=log)  # becomes its Java
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        taken = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [int(one.getsockname()[1]) for one in taken]
