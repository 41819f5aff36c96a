"""Compiles locale/*/LC_MESSAGES/*.po without the gettext tools."""

from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po

ROOT = Path(__file__).resolve().parents[2]


class TranslationError(RuntimeError):
    pass


def compile_all(root: Path = ROOT / "locale") -> list[str]:
    """Writes each .mo that is older than its .po; returns the names of the languages compiled."""
    compiled = []
    for po in sorted(root.glob("*/LC_MESSAGES/*.po")):
        mo = po.with_suffix(".mo")
        if mo.exists() and mo.stat().st_mtime >= po.stat().st_mtime:
            continue
        try:
            with po.open("rb") as source:
                catalogue = read_po(source, locale=po.parts[-3], abort_invalid=True)
        except (PoFileError, ValueError) as error:
            raise TranslationError(f"{po}: {error}") from error
        part = mo.with_suffix(".mo.part")
        with part.open("wb") as target:
            write_mo(target, catalogue)
        part.replace(mo)  # a process that reads it meanwhile sees a whole file
        compiled.append(po.parts[-3])
    return compiled
