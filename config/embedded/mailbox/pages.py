"""The inbox as HTML. It stands alone: no part of the product is loaded by it."""

from collections.abc import Sequence
from html import escape

from config.embedded.mailbox.store import Entry, Mail

POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; form-action 'self'; base-uri 'none'"
)

WORDS = {
    "en": {
        "title": "Inbox",
        "search": "Recipient or subject",
        "find": "Search",
        "count": "{} messages",
        "none": "Nothing has come yet.",
        "nothing": "Nothing matches.",
        "older": "Older",
        "back": "Inbox",
        "text": "As text",
        "headers": "Headers",
        "links": "Links",
        "raw": "Source",
        "missing": "There is no such message.",
        "from": "From",
        "to": "To",
        "subject": "Subject",
        "date": "Received (UTC)",
    },
    "ko": {
        "title": "받은편지함",
        "search": "받는 사람 또는 제목",
        "find": "검색",
        "count": "메시지 {}개",
        "none": "아직 받은 메시지가 없어요.",
        "nothing": "찾는 메시지가 없어요.",
        "older": "이전 메시지",
        "back": "받은편지함",
        "text": "텍스트",
        "headers": "헤더",
        "links": "링크",
        "raw": "원문",
        "missing": "없는 메시지예요.",
        "from": "보낸 사람",
        "to": "받는 사람",
        "subject": "제목",
        "date": "받은 시각 (UTC)",
    },
}

STYLE = """
:root { color-scheme: light dark; --line: light-dark(#e4e2dd, #35343a); --soft: light-dark(#6b6873, #a5a2ad);
  --card: light-dark(#fff, #1e1d22); --link: light-dark(#3b4fd0, #9aa8ff); }
* { box-sizing: border-box }
body { font: 15px/1.5 system-ui, "Noto Sans KR", "Noto Sans CJK KR", sans-serif; margin: 0 auto; max-width: 64rem;
  padding: 1.5rem; background: light-dark(#f7f6f3, #151418); overflow-wrap: anywhere }
a { color: var(--link) } h1 { font-size: 1.3rem; margin: 0 0 1rem }
form { display: flex; gap: .5rem; margin-bottom: 1rem }
input, button { font: inherit; padding: .4rem .75rem; border: 1px solid var(--line); border-radius: .5rem;
  background: var(--card); color: inherit }
input { flex: 1 } .soft { color: var(--soft) }
ul { list-style: none; margin: 0; padding: 0; background: var(--card); border: 1px solid var(--line);
  border-radius: .75rem }
li + li { border-top: 1px solid var(--line) }
li a { display: grid; grid-template-columns: 16rem 1fr auto; gap: 1rem; padding: .6rem 1rem; color: inherit;
  text-decoration: none }
li a:hover strong { text-decoration: underline }
@media (max-width: 44rem) { li a { grid-template-columns: 1fr } }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; margin: 0 0 1rem } dd { margin: 0 }
iframe { width: 100%; height: 34rem; border: 1px solid var(--line); border-radius: .75rem; background: #fff }
details { margin-top: 1rem; background: var(--card); border: 1px solid var(--line); border-radius: .75rem;
  padding: .6rem 1rem }
pre { white-space: pre-wrap; margin: .5rem 0 0 }
"""


def _page(title: str, body: str, language: str) -> str:
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head>'
        f"<body>{body}</body></html>"
    )


def inbox(entries: Sequence[Entry], total: int, *, word: str, later: str | None, language: str) -> str:
    words = WORDS[language]
    rows = "".join(
        f'<li><a href="/{entry.id}"><span>{escape(entry.to)}</span>'
        f"<strong>{escape(entry.subject) or entry.medium.upper()}</strong>"
        f'<span class="soft">{escape(entry.date[:19].replace("T", " "))}</span></a></li>'
        for entry in entries
    )
    body = (
        f"<h1>{words['title']}</h1>"
        f'<form role="search"><input type="search" name="q" value="{escape(word)}"'
        f' aria-label="{words["search"]}" placeholder="{words["search"]}"><button>{words["find"]}</button></form>'
        f'<p class="soft">{words["count"].format(total)}</p>'
    )
    body += f"<ul>{rows}</ul>" if rows else f"<p>{words['nothing' if word else 'none']}</p>"
    if later:
        body += f'<p><a href="{escape(later)}">{words["older"]}</a></p>'
    return _page(words["title"], body, language)


def mail(message: Mail, language: str) -> str:
    words, entry = WORDS[language], message.entry
    facts = "".join(
        f'<dt class="soft">{words[key]}</dt><dd>{escape(value)}</dd>'
        for key, value in (
            ("from", dict(message.headers).get("From", entry.sender)),
            ("to", entry.to),
            ("date", entry.date[:19].replace("T", " ")),
        )
    )
    title = entry.subject or entry.medium.upper()
    body = f'<p><a href="/">← {words["back"]}</a></p><h1>{escape(title)}</h1><dl>{facts}</dl>'
    if message.html:
        body += (
            '<iframe sandbox="allow-popups allow-popups-to-escape-sandbox"'
            f' title="{escape(title)}" src="/{entry.id}/html"></iframe>'
        )
    opened = "" if message.html else " open"
    body += f"<details{opened}><summary>{words['text']}</summary><pre>{escape(message.text)}</pre></details>"
    if links := message.links():
        lines = "<br>".join(
            f'<a href="{escape(link)}" rel="noreferrer">{escape(link)}</a>'
            if link.startswith(("http:", "https:", "mailto:"))
            else escape(link)
            for link in links
        )
        body += f"<details><summary>{words['links']}</summary><p>{lines}</p></details>"
    headers = "\n".join(f"{name}: {value}" for name, value in message.headers)
    body += (
        f"<details><summary>{words['headers']}</summary><pre>{escape(headers)}</pre>"
        f'<p><a href="/{entry.id}/raw">{words["raw"]}</a></p></details>'
    )
    return _page(title, body, language)


def missing(language: str) -> str:
    words = WORDS[language]
    return _page(
        words["missing"], f'<p>{words["missing"]}</p><p><a href="/">{words["back"]}</a></p>', language
    )
