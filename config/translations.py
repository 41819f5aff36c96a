"""Whether every sentence of the product is translated: a check that needs no gettext tools."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from babel.messages.catalog import Message
from babel.messages.pofile import read_po
from django.conf import settings
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("config", "lib", "workspaces", "profiles", "channels", "content", "journeys", "templates")
PLAIN = {"_", "gettext", "gettext_lazy", "gettext_noop"}
PLURAL = {"ngettext", "ngettext_lazy"}
CONTEXT = {"pgettext", "pgettext_lazy"}
BOTH = {"npgettext", "npgettext_lazy"}
STRING = r"u?(?:'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\")"
IN_TEMPLATE = re.compile(rf"\b(_|gettext|ngettext|pgettext|npgettext)\(\s*({STRING}(?:\s*,\s*{STRING})*)")
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w*\}|%[sd]")


@dataclass(frozen=True)
class Sentence:
    text: str
    context: str | None
    where: str


def sentences(root: Path = ROOT) -> Iterator[Sentence]:
    """Every literal that gettext is asked for, in Python and in templates."""
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix == ".py" and "migrations" not in path.parts:
                yield from _in_python(path, root)
            elif path.suffix in {".html", ".txt"}:
                yield from _in_template(path, root)


def missing_translations(root: Path = ROOT) -> str:
    """What is not translated, untidy or unsafe, one line each; an empty text when all is well."""
    used = {(sentence.context, sentence.text): sentence.where for sentence in reversed([*sentences(root)])}
    lines = []
    for language, _name in settings.LANGUAGES:
        if language == settings.LANGUAGE_CODE:
            continue
        path = root / "locale" / language / "LC_MESSAGES" / "django.po"
        if not path.exists():
            lines.append(f"{path.relative_to(root)} is not there")
            continue
        with path.open("rb") as source:
            catalogue = read_po(source, locale=language, abort_invalid=True)
        for (context, text), where in sorted(used.items(), key=lambda item: item[1]):
            if trouble := _trouble(catalogue.get(text, context)):
                lines.append(
                    f"{language}: {where}: {trouble}: {text!r}" + (f" ({context})" if context else "")
                )
    return "\n".join(lines)


def _trouble(message: Message | None) -> str:
    if message is None:
        return "not in the catalogue"
    if message.fuzzy:
        return "fuzzy"
    originals = message.id if isinstance(message.id, list | tuple) else [message.id]
    strings = message.string if isinstance(message.string, list | tuple) else [message.string]
    if not strings or not all(strings):
        return "not translated"
    strings = [str(string) for string in strings]
    allowed = {name for original in originals for name in PLACEHOLDER.findall(original)}
    for string in strings:
        if strange := set(PLACEHOLDER.findall(string)) - allowed:
            return f"its translation knows {', '.join(sorted(strange))}"
    needed = set(PLACEHOLDER.findall(originals[0])) if len(originals) == 1 else set()
    if lost := needed - set(PLACEHOLDER.findall(strings[0])):
        return f"its translation lacks {', '.join(sorted(lost))}"
    return ""


def _in_python(path: Path, root: Path) -> Iterator[Sentence]:
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        texts = [
            arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)
        ]
        yield from _sentence(name, texts, f"{path.relative_to(root)}:{node.lineno}")


def _in_template(path: Path, root: Path) -> Iterator[Sentence]:
    # templatize is how Django's own makemessages turns a template into calls that gettext's tools can read.
    source = templatize(path.read_text(), origin=str(path))
    for match in IN_TEMPLATE.finditer(source):
        texts = [ast.literal_eval(literal) for literal in re.findall(STRING, match[2])]
        yield from _sentence(match[1], texts, str(path.relative_to(root)))


def _sentence(name: str, texts: list[str], where: str) -> Iterator[Sentence]:
    if name in PLAIN | PLURAL and texts and texts[0]:
        yield Sentence(texts[0], None, where)
    elif name in CONTEXT | BOTH and len(texts) >= 2:
        yield Sentence(texts[1], texts[0], where)
