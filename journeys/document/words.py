"""Marks a text for the catalogues. The document package imports no Django: whoever shows the text translates it."""


def gettext_noop(text: str) -> str:
    return text
