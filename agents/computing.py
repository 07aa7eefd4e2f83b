"""What computes the features: the embedded engine, or the Spark that the brief names."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from functools import partial
from pathlib import Path

from ..customers.features.catalogue import build_features
from ..customers.features.on_spark import features_on_spark
from ..customers.opening import Customers
from ..customers.table import FeatureTable
from ..tools.scratch import sweep_scratch
from .workspace import Workspace

#: Gives the features of all units as they stood on a day (a UTC midnight).
Build = Callable[[date], FeatureTable]


@contextmanager
def feature_builder(workspace: Workspace, customers: Customers) -> Iterator[Build]:
    """The engine that the brief names, for as many days as are asked for; Spark stays open until the end."""
    sources, scratch = workspace.brief.sources, scratch_parent(workspace)
    if scratch is None:
        yield partial(build_features, customers, folder=workspace.feature_folder)
        return
    with features_on_spark(customers, sources.spark_env, scratch, workspace.feature_folder) as build:
        yield build


def scratch_parent(workspace: Workspace) -> Path | None:
    """Where queries over the customers may write for another engine; None where the embedded one computes."""
    return _scratch(workspace) if workspace.brief.sources.engine == "spark" else None


def forget_scratch(workspace: Workspace) -> None:
    """Delete what a run that was killed left there of customers' rows."""
    sweep_scratch(_scratch(workspace))


def _scratch(workspace: Workspace) -> Path:
    return workspace.private / "spark"
