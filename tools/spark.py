"""A Spark session: on this machine, on a cluster's master, or by Spark Connect. Needs the extra `spark`."""

import os
import shutil
import signal
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ..domain.errors import UserError
from .secret import secret_from

if TYPE_CHECKING:
    from pyspark import SparkConf
    from pyspark.sql import SparkSession

#: What the meaning of a query rests on, wherever it runs: moments are UTC and carry no zone, faults are not made NULL
#: in silence, days before 1582 are read as they were written.
_MEANING = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.timestampType": "TIMESTAMP_NTZ",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.caseSensitive": "false",
    "spark.sql.parquet.datetimeRebaseModeInRead": "CORRECTED",
    "spark.sql.parquet.datetimeRebaseModeInWrite": "CORRECTED",
    "spark.sql.parquet.inferTimestampNTZ.enabled": "true",
}
_HERE = f"local[{os.cpu_count() or 1}]"
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_NO_JAVA = (
    "Spark needs Java 17 or later, and no `java` was found; install it (on Debian: apt install openjdk-17-jre-headless)"
    " or set JAVA_HOME"
)


@contextmanager
def open_spark(variable: str | None, folder: Path) -> Iterator["SparkSession"]:
    """A session with the cluster that the environment variable names, or on this machine without one.

    What this process's Spark spills lies in `folder`, an existing one. All else is the cluster's matter, and how much
    memory anything gets too: Spark reads `SPARK_CONF_DIR` and `SPARK_DRIVER_MEMORY` as always. One session at a time.
    Raises UserError where PySpark or Java is missing, or where the cluster doesn't answer.
    """
    address = secret_from(variable).get_secret_value() if variable is not None else _HERE
    session = _connected(variable, address) if address.startswith("sc://") else _started(variable, address, folder)
    try:
        yield session
    finally:
        session.stop()


def _connected(variable: str | None, address: str) -> Any:
    """A session by Spark Connect; its server has a Java, this process needs none."""
    try:
        from pyspark.errors import PySparkException
        from pyspark.sql.connect.session import SparkSession as Remote
    except ImportError as error:
        raise UserError("an address `sc://…` needs more of PySpark; run: pip install 'pyspark[connect]'") from error
    try:
        session: Any = Remote.builder.remote(address).getOrCreate()
        for name, value in _MEANING.items():
            session.conf.set(name, value)
    except PySparkException as error:
        raise UserError(f"the Spark Connect server that {variable} names does not answer") from error
    return session


def _started(variable: str | None, address: str, folder: Path) -> "SparkSession":
    """A session whose driver is this process and the Java below it."""
    try:
        from pyspark import SparkContext
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise UserError("`engine: spark` needs PySpark; run: pip install 'kizuna[spark]'") from error
    gateway = _java()
    try:
        with _ctrl_c_as_it_was():
            context = SparkContext(conf=_settings(address, folder), gateway=gateway)
    except Exception as error:  # Py4J's own errors: the name of a Java class
        raise UserError(_refused(variable)) from error
    return SparkSession(context)


def _refused(variable: str | None) -> str:
    if variable is None:
        return "Spark did not start on this machine; is there 1 GB of memory left for it?"
    return f"Spark did not start with the master that {variable} names; is it up, and of the version of PySpark here?"


def _settings(address: str, folder: Path) -> "SparkConf":
    from pyspark import SparkConf

    settings = {
        **_MEANING,
        "spark.master": address,
        "spark.app.name": "kizuna",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.local.dir": str(folder / "local"),
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
    }
    is_local = address.startswith("local")
    if is_local or urlsplit(address).hostname in _LOOPBACK:
        settings |= {"spark.driver.bindAddress": "127.0.0.1", "spark.driver.host": "127.0.0.1"}
    if is_local:  # the usual 200 shuffle partitions are for a cluster
        settings["spark.sql.shuffle.partitions"] = str(os.cpu_count() or 1)
    return SparkConf().setAll(list(settings.items()))


@cache
def _java() -> Any:
    """The Java process that Spark's driver lives in: one in a process of ours, with which it ends."""
    from pyspark.errors import PySparkRuntimeError
    from pyspark.java_gateway import launch_gateway

    home = os.environ.get("JAVA_HOME")
    if shutil.which("java", path=str(Path(home) / "bin") if home else None) is None:
        raise UserError(_NO_JAVA)
    with tempfile.TemporaryFile() as log:  # Java's and Spark's chatter, for nobody to see
        launch: Any = launch_gateway
        try:
            return launch(None, {"stderr": log, "stdout": log})
        except PySparkRuntimeError as error:
            log.seek(0)
            said = log.read().decode("utf-8", "replace").strip().splitlines()
            raise UserError(f"Java could not start Spark; it said: {said[-1] if said else 'nothing'}") from error


@contextmanager
def _ctrl_c_as_it_was() -> Iterator[None]:
    """Spark puts its own handler in place of the one for Ctrl-C, for good."""
    before = signal.getsignal(signal.SIGINT)
    try:
        yield
    finally:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, before)
