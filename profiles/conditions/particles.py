"""Korean particles after a word of unknown sound: `plan(이/가)` becomes plan이. Other languages never write them."""

import re

from workspaces.words import with_particle

_MARK = re.compile(r"\(([가-힣]+/[가-힣]+)\)")


def particle(word: str, pair: str) -> str:
    """The one of `pair` ("이/가", closed sound first) that follows `word`."""
    word = word.strip() or "?"
    return with_particle(word, pair)[len(word) :]


def settle(text: str) -> str:
    """Replaces every `(이/가)` by what fits the text before it."""
    out, at = "", 0
    for match in _MARK.finditer(text):
        out += text[at : match.start()]
        out += particle(out, match[1])
        at = match.end()
    return out + text[at:]
