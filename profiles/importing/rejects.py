"""The list of what was left out of a file: line, reason and text, as CSV. A chunk adds its lines in its transaction."""

import csv
import io
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TextIO

from django.utils.translation import override

from profiles import reason_words
from profiles.importing.records import Record

KEPT_OF_A_REJECT = 2000
AT_ONCE = 500


def add(rejects: TextIO, refused: Sequence[tuple[Record, str]]) -> None:
    if not refused:
        return
    writer = csv.writer(rejects)
    if rejects.tell() == 0:
        writer.writerow(["line", "reason", "text"])
    for record, reason in refused:
        text = record.raw[:KEPT_OF_A_REJECT].decode(errors="backslashreplace").rstrip("\r\n")
        writer.writerow([record.line, reason, text])
    rejects.flush()


def told(path: Path, language: str) -> Iterator[str]:
    """The list, in pieces, with its reasons in that language; for spreadsheets, which take it for UTF-8 by its mark."""
    yield "\ufeff"
    with path.open(newline="", encoding="utf-8") as file:
        rows = csv.reader(file)
        while some := list(islice(rows, AT_ONCE)):
            text = io.StringIO(newline="")
            with override(language):
                csv.writer(text).writerows((line, reason_words.told(why), raw) for line, why, raw in some)
            yield text.getvalue()
