"""Segments: how large they are, who moved between them and why, which ones clustering proposes. Totals only."""

from functools import partial

from fastapi import APIRouter, Request
from starlette.responses import Response

from ....service.segments import overview
from ...conditions import rule_lines
from ...findings import segment_name
from ...segments import flow_reason, proposal_sentences
from ..pages import page
from ..sessions import Place, Reader

router = APIRouter()


@router.get("/segments")
def segments(request: Request, workspace: Place, who: Reader) -> Response:
    """The segments of the newest snapshot; who exactly moved is for the command line."""
    return page(
        request,
        workspace,
        "segments.html.j2",
        seen=overview(workspace),
        segment_name=partial(segment_name, who.language),
        rule_lines=partial(rule_lines, who.language),
        flow_reason=partial(flow_reason, who.language),
        proposal_sentences=partial(proposal_sentences, who.language),
    )
