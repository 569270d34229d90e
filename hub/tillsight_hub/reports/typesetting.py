"""Typesetting: a report as an accessible PDF, the same on every machine."""

import json
import logging
import threading
from datetime import UTC, datetime, time
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from .document import Report
from .errors import ReportFailed

if TYPE_CHECKING:
    import typst

log = logging.getLogger(__name__)

TEMPLATE = Path(__file__).with_name("report.typ")
STANDARD: Literal["ua-1"] = "ua-1"
"""PDF/UA: tagged, with a title, a language and words for every picture; typst refuses what is not."""
PREVIEW_PPI = 110

_alone = threading.Lock()


def pdf_of(report: Report) -> bytes:
    """The report as PDF/UA; without that seal where no font has a letter of some name."""
    import typst  # 40 MB that only a report needs

    with _alone:
        try:
            return _compiled(report, STANDARD)
        except typst.TypstError as error:
            log.warning("report %r is not PDF/UA: %s", report.title, error)
        try:
            return _compiled(report)
        except typst.TypstError as error:
            raise ReportFailed(f"report {report.title!r}: cannot be typeset: {error}") from error


def pictures_of(report: Report, ppi: float = PREVIEW_PPI) -> list[bytes]:
    """Its pages as PNG."""
    with _alone:
        found = _compiler(report).compile(format="png", ppi=ppi)
    assert found is not None
    return [found] if isinstance(found, bytes) else found


def _compiled(report: Report, *standards: Literal["ua-1"]) -> bytes:
    made = datetime.combine(report.made, time(), UTC)
    found = _compiler(report).compile(format="pdf", pdf_standards=list(standards), timestamp=made)
    assert isinstance(found, bytes)
    return found


def _compiler(report: Report) -> "typst.Compiler":
    import typst

    data = json.dumps(report.as_data(), ensure_ascii=False, allow_nan=False)
    return typst.Compiler(
        input=TEMPLATE, root=TEMPLATE.parent, font_paths=_fonts(), sys_inputs={"report": data}
    )


@cache
def _fonts() -> "typst.Fonts":
    """What typst carries. The machine's own fonts lend only letters that those have not, as for Arabic."""
    import typst

    return typst.Fonts(include_system_fonts=True)
