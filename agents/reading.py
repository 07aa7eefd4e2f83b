"""Reading the sources: what is new is checked and published in parts, whoever asks first, once."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from ..customers.erased import KeepOut
from ..customers.ingest.forgetting import forget, visitors_of_erased
from ..customers.ingest.manifest import Manifest
from ..customers.ingest.opening import IN_MEMORY_ROWS, IN_MEMORY_ROWS_ONCE, open_published
from ..customers.ingest.parts import sweep
from ..customers.ingest.reading import Ingest, News, Terms, has_news, ingest
from ..customers.ingest.refresh import FeatureParts, merged_in, read_features, refresh
from ..customers.ingest.touching import units_since
from ..customers.ingest.waiting import overdue_by_entity
from ..customers.opening import Customers
from ..customers.table import FeatureTable
from ..customers.visitors import KIND
from ..domain.errors import UserError
from ..store import erasing
from ..store.ingest import all_published, publish, published
from ..store.leases import Busy, lease
from .computing import forget_scratch, scratch_parent
from .uniting import COMPARED, keep_links, who_is_who
from .workspace import Workspace

SOURCES = "sources"
FEATURES = "features"


@dataclass(frozen=True)
class Read:
    """What a reading found, and what stands now."""

    manifest: Manifest
    news: Mapping[str, News] = field(default_factory=dict)
    touched: Collection[str] | None = ()  #: units that the new rows concern; None: all
    is_busy: bool = False  #: somebody else is reading; what stood before stands


def parts_folder(workspace: Workspace, campaign: str | None = None) -> Path:
    """Where the parts of a campaign lie."""
    return workspace.private / SOURCES / (campaign or workspace.brief.name)


def read_sources(workspace: Workspace) -> Read:
    """Read what is new in the sources, and publish it. Nothing is published where too much of it is faulty.

    Raises FaultyFile or ContractBroken with what is wrong.
    """
    terms, standing = _terms(workspace), _standing(workspace)
    if standing.erasures == terms.erasures and standing.entities and not has_news(terms, standing):
        return Read(standing)
    try:
        with lease(workspace.store, f"ingest/{workspace.brief.name}"):
            return _read(workspace, _keep_visitors_out(workspace, workspace.brief.name))
    except Busy:
        if not standing.entities or standing.erasures != terms.erasures:
            raise UserError(
                "another process is reading the sources for the first time; try again in a minute"
            ) from None
        return Read(standing, is_busy=True)


def open_customers(workspace: Workspace, only: Collection[str] | None = None, *, for_once: bool = False) -> Customers:
    """Read what is new, then open all that is published, or `only` those entities.

    `for_once`: for one question; what is large is not loaded for it. Raises ContractBroken with the faults when too
    much is wrong.
    """
    brief = workspace.brief
    manifest = read_sources(workspace).manifest
    model = brief.business.model
    who = who_is_who(workspace)
    wanted = only if only is None or who is None else {*only, *COMPARED}
    folder = parts_folder(workspace)
    customers = open_published(
        manifest,
        folder,
        unit=brief.unit,
        model=model,
        only=wanted,
        scratch=scratch_parent(workspace),
        who=who,
        in_memory_rows=IN_MEMORY_ROWS_ONCE if for_once and who is None else IN_MEMORY_ROWS,
    )
    keep_links(workspace, customers.unified)
    return customers


def touched_since(workspace: Workspace, number: int) -> list[str] | None:
    """The units that what was published after this number concerns; None: all, or nobody knows any more."""
    manifest = _standing(workspace)
    return units_since(manifest, number, parts_folder(workspace))


def overdue(workspace: Workspace) -> dict[str, int]:
    """How many published rows of each entity have waited too long for what they name."""
    return overdue_by_entity(_standing(workspace), parts_folder(workspace), workspace.clock.now())


def refresh_features(workspace: Workspace, as_of: date, only: Collection[str] | None = None) -> FeatureTable:
    """The features of all units, or of `only` these, at a UTC midnight.

    They are computed again for those units alone whose rows changed since.
    """
    name = workspace.brief.name
    with lease(workspace.store, f"ingest/{name}/{FEATURES}"), open_customers(workspace, for_once=True) as customers:
        manifest = _standing(workspace)
        number, standing = _features(workspace)
        touched = None if standing is None else units_since(manifest, standing.sources, parts_folder(workspace))
        folder = workspace.private / FEATURES / name
        fresh = refresh(
            customers,
            standing,
            sources=manifest.number,
            touched=touched,
            as_of=as_of,
            folder=folder,
            definitions=workspace.feature_folder,
        )
        if fresh != standing:
            with workspace.store.write() as session:
                publish(session, name, FEATURES, number + 1, fresh.as_dict(), workspace.clock.now())
        sweep(folder, (part.file for part in fresh.parts))
        return read_features(folder, fresh, only)


def is_united_otherwise(workspace: Workspace) -> bool:
    """Whether records are one customer now that were not when the features were made, or the other way round."""
    _, standing = _features(workspace)
    if workspace.brief.sources.identity is None:
        return standing is not None and standing.merged != ""
    with open_customers(workspace, ("persons",), for_once=True) as customers:  # which is what finds out who is who
        return standing is not None and standing.merged != merged_in(customers)


def _features(workspace: Workspace) -> tuple[int, FeatureParts | None]:
    """The feature table that stands, and its number."""
    with workspace.store.read() as session:
        row = published(session, workspace.brief.name, FEATURES)
    standing = FeatureParts.of(row.manifest) if row is not None and row.manifest else None
    return (row.number if row is not None else 0), standing


def forget_erased(workspace: Workspace) -> None:
    """Take the erased out of all that is published, of every campaign, and delete the files that held them."""
    forget_scratch(workspace)
    with workspace.store.read() as session:
        campaigns = [row.campaign for row in all_published(session) if row.name == SOURCES]
    for campaign in campaigns:
        with lease(workspace.store, f"ingest/{campaign}"):
            _keep_visitors_out(workspace, campaign)
    for campaign in campaigns:
        with lease(workspace.store, f"ingest/{campaign}"):
            manifest = _standing(workspace, campaign)
            terms = _terms(workspace)
            if terms.keep_out is not None and manifest.erasures != terms.erasures:
                folder = parts_folder(workspace, campaign)
                fresh = forget(manifest, folder, workspace.brief.unit, terms.keep_out, terms.erasures)
                _publish(workspace, campaign, fresh)
                _drop_features(workspace, campaign)
            sweep(parts_folder(workspace, campaign), _standing(workspace, campaign).files, at_once=True)


def _keep_visitors_out(workspace: Workspace, campaign: str) -> Terms:
    """The terms of a reading, once the cookies and devices of whoever was erased are kept out as well."""
    manifest, terms = _standing(workspace, campaign), _terms(workspace)
    if terms.keep_out is None or manifest.erasures == terms.erasures:
        return terms
    found = visitors_of_erased(manifest, parts_folder(workspace, campaign), terms.unit, terms.keep_out)
    with workspace.store.write() as session:
        erasing.keep_hashes(session, found, workspace.secret, workspace.clock.now())
    return _terms(workspace)


def _drop_features(workspace: Workspace, campaign: str) -> None:
    """The next refresh computes all of them anew, without whoever was erased."""
    with workspace.store.write() as session:
        row = published(session, campaign, FEATURES)
        if row is not None:
            publish(session, campaign, FEATURES, row.number + 1, {}, workspace.clock.now())
    sweep(workspace.private / FEATURES / campaign, (), at_once=True)


def _read(workspace: Workspace, terms: Terms) -> Read:
    """Under the lease: forget who was erased meanwhile, read, publish."""
    name, standing = workspace.brief.name, _standing(workspace)
    before, is_dirty = standing, standing.erasures != terms.erasures
    sweep(terms.parts, standing.files)
    if is_dirty and terms.keep_out is not None:
        before = replace(
            forget(before, terms.parts, terms.unit, terms.keep_out, terms.erasures), number=standing.number
        )
    found = ingest(terms, before)
    if terms.keep_out is not None and any(kind == KIND for kind, _ in found.met_anew):
        found, is_dirty = _less_visitors(terms, terms.keep_out, found), True
    if found.manifest is before and before is standing and standing.entities:
        return Read(standing, found.news)
    manifest = replace(found.manifest, number=standing.number + 1)
    _publish(workspace, name, manifest, found)
    if is_dirty:
        sweep(terms.parts, manifest.files, at_once=True)
    return Read(manifest, found.news, found.touched)


def _less_visitors(terms: Terms, keep_out: KeepOut, found: Ingest) -> Ingest:
    """Without what was published of visitors before it was read that they are somebody erased."""
    known = found.met_anew

    def is_kept_out(kind: str, value: str) -> bool:
        return (kind, value) in known or keep_out(kind, value)

    return replace(found, manifest=forget(found.manifest, terms.parts, terms.unit, is_kept_out, terms.erasures))


def _publish(workspace: Workspace, campaign: str, manifest: Manifest, found: Ingest | None = None) -> None:
    """The commit: one row."""
    now = workspace.clock.now()
    with workspace.store.write() as session:
        if found is not None and found.met_anew:
            erasing.keep_hashes(session, found.met_anew, workspace.secret, now)
            manifest = replace(manifest, erasures=erasing.count_erased(session))
        publish(session, campaign, SOURCES, manifest.number, manifest.as_dict(), now)


def _standing(workspace: Workspace, campaign: str | None = None) -> Manifest:
    with workspace.store.read() as session:
        row = published(session, campaign or workspace.brief.name, SOURCES)
    if row is None:
        return Manifest()
    manifest, folder = Manifest.of(row.number, row.manifest), parts_folder(workspace, campaign)
    is_there = all((folder / file).is_file() for file in manifest.files)
    return manifest if is_there else Manifest(row.number)  # somebody deleted parts: everything is read again


def _terms(workspace: Workspace) -> Terms:
    brief = workspace.brief
    with workspace.store.read() as session:
        keep_out = erasing.who_is_erased(session, workspace.secret)
        erasures = erasing.count_erased(session)
    return Terms(
        folder=workspace.data,
        parts=parts_folder(workspace),
        unit=brief.unit,
        model=brief.business.model,
        feeds=brief.sources.feeds,
        faulty_rows_allowed=brief.sources.faulty_rows_allowed,
        keep_out=keep_out,
        erasures=erasures,
        now=workspace.clock.now(),
    )
