"""The sign at a touchpoint: one page in large type, with a code that leads to the public notice."""

import json
import threading
from datetime import date
from importlib.metadata import version
from pathlib import Path

from ..charts.drawing import Voice
from .documents import answering, done_here, never_done
from .settings import ComplianceSettings
from .watching import Watching

TEMPLATE = Path(__file__).with_name("sign.typ")

_alone = threading.Lock()


def sign_pdf(seen: Watching, voice: Voice, settings: ComplianceSettings, address: str, made: date) -> bytes:
    """PDF/UA. `address` is where the public notice is read."""
    import typst  # 40 MB that only paper needs

    data = json.dumps(sign_data(seen, voice, settings, address, made), ensure_ascii=False)
    with _alone:
        compiler = typst.Compiler(input=TEMPLATE, root=TEMPLATE.parent, sys_inputs={"sign": data})
        found = compiler.compile(format="pdf", pdf_standards=["ua-1"])
    assert isinstance(found, bytes)
    return found


def sign_data(
    seen: Watching, voice: Voice, settings: ComplianceSettings, address: str, made: date
) -> dict[str, object]:
    """What the template shows."""
    t, place = voice.t, f"{seen.place.store_name}, {seen.place.name}"
    day = voice.figures.full_date(made)
    return {
        "title": f"{t('compliance.doc_sign')}: {place}",
        "language": voice.language,
        "place": place,
        "does_title": t("compliance.sign_does"),
        "does": done_here(seen, voice),
        "problem": t("compliance.notice_undeclared") if seen.undeclared else "",
        "never_title": t("compliance.sign_never"),
        "never": never_done(voice),
        "who": answering(seen, voice, settings),
        "more": t("compliance.sign_more"),
        "qr": _qr(address),
        "qr_alt": t("compliance.qr_alt", address=address),
        "footer": t("compliance.doc_footer", version=version("tillsight"), day=day),
    }


def _qr(address: str) -> str:
    import segno

    return str(segno.make_qr(address, error="m").svg_inline(scale=5, border=4, omitsize=False))
