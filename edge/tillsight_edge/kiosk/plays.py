"""What was played beside who was there: the play log, or another player's own, joined with contacts."""

import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from tillsight_models.errors import BadConfig

COLUMNS = ("item", "from", "until", "seconds", "present_s", "contacts", "time_quality")


@dataclass(frozen=True)
class Span:
    """From one moment to another, ms UTC."""

    name: str
    """Of a picture or an item; empty for people."""
    start: int
    end: int
    people: int = 0
    quality: str = ""

    def overlap_ms(self, other: "Span") -> int:
        return max(0, min(self.end, other.end) - max(self.start, other.start))


@dataclass(frozen=True)
class PlayBook:
    """What the play log holds, each oldest first."""

    plays: Sequence[Span]
    presences: Sequence[Span]
    contacts: Sequence[Span]


def read_plays(file: Path) -> PlayBook:
    """The log and the one kept before it; lines that were cut by a power failure are left out."""
    spans: dict[str, list[Span]] = {"picture": [], "there": [], "contact": []}
    for path in (file.with_name(f"{file.name}.1"), file):
        if not path.exists():
            continue
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            kind, span = _span(line)
            if span is not None:
                spans[kind].append(span)
    return PlayBook(spans["picture"], spans["there"], spans["contact"])


def read_playback(file: Path) -> list[Span]:
    """What another player has played: CSV with `item`, `from`, `until`, moments in ISO 8601 or ms UTC."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            return list(_playback(csv.DictReader(lines), file))
    except (OSError, UnicodeDecodeError) as error:
        raise BadConfig([f"{file}: {getattr(error, 'strerror', None) or error}"]) from error


def joined(plays: Iterable[Span], book: PlayBook) -> Iterator[dict[str, object]]:
    """A row for each play. A contact belongs to every play of which they could have seen something."""
    for play in plays:
        present_ms = sum(play.overlap_ms(each) for each in book.presences)
        yield {
            "item": play.name,
            "from": _iso(play.start),
            "until": _iso(play.end),
            "seconds": round((play.end - play.start) / 1000, 1),
            "present_s": round(present_ms / 1000, 1),
            "contacts": sum(each.people for each in book.contacts if play.overlap_ms(each)),
            "time_quality": play.quality,
        }


def write_csv(rows: Iterable[dict[str, object]], out: TextIO) -> None:
    """With a header, in RFC 4180's form."""
    writer = csv.DictWriter(out, COLUMNS)
    writer.writeheader()
    writer.writerows(rows)


def _span(line: str) -> tuple[str, Span | None]:
    try:
        value = json.loads(line)
        kind = next(each for each in ("picture", "there", "contact") if each in value)
        name = str(value["picture"]) if kind == "picture" else ""
        people = int(value["contact"]) if kind == "contact" else 0
        return kind, Span(name, int(value["from"]), int(value["until"]), people, str(value.get("tq", "")))
    except (ValueError, TypeError, KeyError, StopIteration):
        return "", None


def _playback(rows: "csv.DictReader[str]", file: Path) -> Iterator[Span]:
    if missing := [each for each in ("item", "from", "until") if each not in (rows.fieldnames or ())]:
        raise BadConfig([f"{file}: has no column {', '.join(missing)}"])
    for row in rows:
        try:
            yield Span(row["item"], _moment(row["from"]), _moment(row["until"]))
        except (ValueError, TypeError):
            told = f"{row['from']!r}, {row['until']!r}"
            raise BadConfig([f"{file}:{rows.line_num}: {told}: should be moments"]) from None


def _moment(text: str) -> int:
    if text.strip().isdigit():
        return int(text)
    moment = datetime.fromisoformat(text.strip())
    return round((moment if moment.tzinfo else moment.astimezone()).timestamp() * 1000)


def _iso(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
