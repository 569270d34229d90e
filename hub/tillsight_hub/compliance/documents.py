"""Documents of a touchpoint: drafts of assessment and record, made of what it really does."""

from datetime import date
from importlib.metadata import version
from typing import Literal, get_args

from ..charts.drawing import Voice
from ..reports.document import Block, Fact, Facts, Note, Point, Points, Report, Section
from ..reports.wording import region_of
from .retention import Rule
from .settings import ComplianceSettings
from .watching import Watching

Document = Literal["assessment", "processing"]
DOCUMENTS: tuple[Document, ...] = get_args(Document)
NEVER = ("pictures", "recognised", "sound", "single", "staff")
RISKS = ("taken_over", "stolen", "small", "staff_seen", "wrong", "unaware")


def write_document(
    kind: Document,
    *,
    seen: Watching,
    voice: Voice,
    settings: ComplianceSettings,
    rules: tuple[Rule, ...],
    address: str,
    made: date,
) -> Report:
    """`address` is where the public notice is read."""
    t = voice.t
    sections = {"assessment": _assessment, "processing": _processing}[kind](
        seen, voice, settings, rules, address
    )
    place = f"{seen.place.store_name}, {seen.place.name}"
    title = t(f"compliance.doc_{kind}")
    return Report(
        title=f"{title}: {place}",
        kind_name=title,
        heading=place,
        period=voice.figures.full_date(made),
        where=seen.place.region_name,
        summary=title,
        language=voice.language,
        region=region_of(voice.language),
        made=made,
        footer=t("compliance.doc_footer", version=version("tillsight"), day=voice.figures.full_date(made)),
        page_of=t("reports.page_of"),
        sections=tuple(sections),
    )


def done_here(seen: Watching, voice: Voice) -> list[str]:
    """What is done, in sentences; for paper and pages alike."""
    t = voice.t
    said = [t("compliance.does_presses")]
    if seen.counts is not None:
        said.append(t(f"compliance.does_{seen.counts}"))
    if seen.moods:
        said.append(t("compliance.does_moods"))
    if seen.ages:
        said.append(t("compliance.does_ages"))
    return said


def never_done(voice: Voice) -> list[str]:
    """What is not done anywhere."""
    return [voice.t(f"compliance.never_{name}") for name in NEVER]


def answering(seen: Watching, voice: Voice, settings: ComplianceSettings) -> list[tuple[str, str]]:
    """Who answers for it, by name of the row."""
    t, declared = voice.t, seen.declared
    rows = [("controller", settings.controller), ("contact", _plain(settings.privacy_contact))]
    if declared is not None and seen.faces:
        rows += [
            ("purpose", declared.purpose),
            ("legal_basis", t(f"compliance.basis_{declared.legal_basis}")),
            ("assessment", declared.assessment),
            ("responsible", declared.responsible),
            ("expires", voice.figures.full_date(date.fromisoformat(declared.expires))),
        ]
    return [(t(f"compliance.row_{name}"), text or t("compliance.not_named")) for name, text in rows]


def kept_rows(rules: tuple[Rule, ...], voice: Voice) -> list[tuple[str, str]]:
    """What is kept, and how long."""
    t = voice.t
    return [
        (
            t(f"compliance.kept_{rule.name}"),
            t("compliance.for_ever") if rule.days is None else t("compliance.for_days", days=rule.days),
        )
        for rule in rules
    ]


def _assessment(
    seen: Watching, voice: Voice, settings: ComplianceSettings, rules: tuple[Rule, ...], address: str
) -> list[Section]:
    t = voice.t
    risks = tuple(Point(t(f"compliance.cure_{name}"), t(f"compliance.risk_{name}")) for name in RISKS)
    return [
        Section(t("compliance.draft"), (Note(t("compliance.draft_note"), "warn"),)),
        *_processing(seen, voice, settings, rules, address),
        Section(t("compliance.risks"), (Points(risks),)),
    ]


def _processing(
    seen: Watching, voice: Voice, settings: ComplianceSettings, rules: tuple[Rule, ...], address: str
) -> list[Section]:
    t = voice.t
    told = Fact(t("compliance.row_told"), address)
    return [
        Section(
            t("compliance.sign_does"),
            (_points([*done_here(seen, voice), *never_done(voice)]), *_undeclared(seen, voice)),
        ),
        Section(t("compliance.sign_who"), (Facts((*_facts(answering(seen, voice, settings)).facts, told)),)),
        Section(t("compliance.retention"), (_facts(kept_rows(rules, voice)),)),
    ]


def _undeclared(seen: Watching, voice: Voice) -> tuple[Block, ...]:
    return (Note(voice.t("compliance.notice_undeclared"), "bad"),) if seen.undeclared else ()


def _points(lines: list[str]) -> Points:
    return Points(tuple(Point(line) for line in lines))


def _facts(rows: list[tuple[str, str]]) -> Facts:
    return Facts(tuple(Fact(name, text) for name, text in rows))


def _plain(contact: str | None) -> str:
    return (contact or "").removeprefix("mailto:").removeprefix("tel:")
