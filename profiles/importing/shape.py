"""What kind of file it is, seen from its beginning: encoding, delimiter, the names of its columns."""

import codecs
import csv
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LOOKED_AT = 256 * 1024
DELIMITERS = ",;\t|"
ENCODINGS = {
    "utf-8": "UTF-8",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16 LE",
    "utf-16-be": "UTF-16 BE",
    "cp949": "EUC-KR (CP949)",
    "cp1252": "Latin-1 (Windows-1252)",
    "latin-1": "Latin-1",
}
WIDE = ("utf-16", "utf-16-le", "utf-16-be")
_HANGUL = re.compile(rb"[\xb0-\xc8][\xa1-\xfe]")
_HIGH = re.compile(rb"[\x80-\xff]")
_NOT_IN_WINDOWS = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")
CHUNK = 1 << 20


class WrongHeader(ValueError):
    """The file can't be read at all; the reason names the columns."""


@dataclass(frozen=True, slots=True)
class Header:
    """`offset`, `line`: where the first record starts, behind the names of the columns if the file has them."""

    columns: list[str]
    delimiter: str
    offset: int
    encoding: str = "utf-8"
    line: int = 1


def encoding_of(head: bytes) -> str:
    """Of the file's first bytes. A mostly right UTF-8 is UTF-8: its broken lines are rejected one by one."""
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if len(head) >= 4 and (nuls := head[:4096].count(b"\0")) * 3 > len(head[:4096]):
        odd = head[1:4096:2].count(b"\0")
        return "utf-16-le" if odd * 2 > nuls else "utf-16-be"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
        return "utf-8"
    except UnicodeDecodeError:
        pass
    right = sum(ord(letter) > 127 for letter in head.decode("utf-8", "ignore"))
    wrong = head.decode("utf-8", "replace").count("\ufffd")
    if right > wrong:
        return "utf-8"
    high = len(_HIGH.findall(head))
    if len(_HANGUL.findall(head)) * 2 >= high * 0.6:
        return "cp949"
    return "latin-1" if _NOT_IN_WINDOWS.search(head) else "cp1252"


def delimiter_of(line: str) -> str:
    """The one that cuts the line into most cells, quotes heeded."""
    found, most = ",", 0
    for delimiter in DELIMITERS:
        try:
            cells = len(next(csv.reader([line], delimiter=delimiter)))
        except (csv.Error, StopIteration):
            continue
        if cells > most:
            found, most = delimiter, cells
    return found


def needs_rewriting(head: bytes) -> bool:
    """Lines are found by their line feeds: what has two bytes a letter, or carriage returns alone, has none."""
    return encoding_of(head) in WIDE or (b"\r" in head and b"\n" not in head)


def rewrite(path: Path, to: Path) -> None:
    """The same text as UTF-8 with line feeds, in a stream; what can't be decoded becomes a mark for it."""
    with path.open("rb") as file:
        head = file.read(LOOKED_AT)
        decoder = codecs.getincrementaldecoder(encoding_of(head))("replace")
        file.seek(0)
        with to.open("wb") as out:
            alone = b"\n" not in head
            while chunk := file.read(CHUNK):
                text = decoder.decode(chunk)
                out.write((text.replace("\r", "\n") if alone and "\n" not in text else text).encode())
            out.write(decoder.decode(b"", True).encode())


def read_header(
    path: Path,
    most: int,
    *,
    encoding: str = "",
    delimiter: str = "",
    named: bool = True,
    lenient: bool = False,
) -> Header:
    """The columns of a CSV file. lenient: columns without a name, or with another's, get one. named False: the first
    line is a record already."""
    with path.open("rb") as file:
        head = file.read(max(LOOKED_AT, most))
    encoding = encoding or encoding_of(head)
    if encoding in WIDE:
        raise WrongHeader("the first line is no UTF-8; save the file as CSV UTF-8")
    raw = head.partition(b"\n")[0]
    if len(raw) >= most:
        raise WrongHeader("the first line is too long")
    raw += b"\n" if len(raw) < len(head) else b""
    try:
        text = raw.decode("utf-8-sig" if encoding == "utf-8" else encoding).strip("\r\n")
    except (UnicodeDecodeError, LookupError):
        raise WrongHeader("the first line is no UTF-8; save the file as CSV UTF-8") from None
    if not text.strip() or "\0" in text:
        raise WrongHeader("the first line must name the columns")
    delimiter = delimiter or delimiter_of(text)
    try:
        columns = [name.strip() for name in next(csv.reader([text], delimiter=delimiter, strict=True))]
    except csv.Error:
        raise WrongHeader("the first line has a quote that is not closed") from None
    if not named:
        bom = len(codecs.BOM_UTF8) if head.startswith(codecs.BOM_UTF8) else 0
        return Header([f"column {n + 1}" for n in range(len(columns))], delimiter, bom, encoding, 0)
    if lenient:
        columns = _with_names(columns)
    twice = sorted({name for name in columns if columns.count(name) > 1})
    if twice:
        raise WrongHeader("these columns come twice: " + ", ".join(name or "(no name)" for name in twice))
    if "" in columns:
        raise WrongHeader(f"column {columns.index('') + 1} has no name")
    return Header(columns, delimiter, len(raw), encoding)


def as_json(header: Header | None) -> dict[str, Any]:
    """How an upload keeps it; None: JSON lines."""
    if header is None:
        return {"format": "jsonl"}
    return {
        "format": "csv",
        "columns": header.columns,
        "delimiter": header.delimiter,
        "offset": header.offset,
        "encoding": header.encoding,
        "line": header.line,
    }


def from_json(kept: dict[str, Any]) -> Header | None:
    if kept.get("format") != "csv":
        return None
    return Header(kept["columns"], kept["delimiter"], kept["offset"], kept["encoding"], kept["line"])


def _with_names(columns: list[str]) -> list[str]:
    found: list[str] = []
    for place, name in enumerate(columns):
        fresh = base = name[:200].replace("\0", "") or f"column {place + 1}"
        number = 2
        while fresh in found:
            fresh = f"{base} ({number})"
            number += 1
        found.append(fresh)
    return found
