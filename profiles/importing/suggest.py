"""A first guess at what the columns of a file mean, from their names and the rows that were looked at."""

import re
from typing import Any

from profiles import standard
from profiles.importing import moments
from profiles.importing.mapping import EVENTS, PEOPLE

_WHO = {
    "user_id": r"(user|customer|client|member|external|person|account)_?(id|no|number|nr|code)|id|userid"
    r"|고객번호|회원번호|고객_?id|회원_?id",
    "email": r"e_?mail(_?address)?|mail|이메일|메일",
    "phone": r"(mobile|cell)?_?phone(_?(number|no))?|mobile|tel|전화번호|휴대폰(번호)?|연락처|핸드폰",
    "anonymous_id": r"(anonymous|device|cookie|visitor)_?id",
}
_TIME = r"(.*_)?(time|timestamp|date|datetime|at|when|ts)|invoice_?date|order_?date|.*(일시|일자|날짜|시간)"
_EVENT = r"event(_?name|_?type)?|action|이벤트(명)?"
_ORDER = r"(invoice|order|transaction|receipt|bill)_?(id|no|number|nr)|주문번호|영수증번호"
_QUANTITY = r"quantity|qty|count|units|수량"
_PRICE = r"(unit_?)?price|unit_?cost|단가|가격"
_STANDARD = {
    "first_name": r"first_?name|given_?name|이름", "last_name": r"last_?name|family_?name|surname|성",
    "name": r"(full_?)?name|성명|고객명", "birthday": r"birth_?(day|date)|date_of_birth|생년월일|생일",
    "city": r"city|town|도시|시", "country": r"country|국가|나라", "locale": r"locale|language|언어",
    "time_zone": r"time_?zone|tz", "postal_code": r"post(al)?_?code|zip(_?code)?|우편번호",
}  # fmt: skip


def mapping(columns: list[str], rows: list[dict[str, Any]], zone: str) -> dict[str, Any]:
    """As profiles.importing.mapping reads it."""
    names = {column: _plain(column) for column in columns}
    who = {}
    for to, pattern in _WHO.items():
        column = next((c for c in columns if re.fullmatch(pattern, names[c]) and c not in who), None)
        if column is not None:
            who[column] = to
    times = [
        c
        for c in columns
        if c not in who and re.fullmatch(_TIME, names[c]) and moments.guess(_texts(rows, c))
    ]
    event = next((c for c in columns if re.fullmatch(_EVENT, names[c])), "")
    order = next((c for c in columns if re.fullmatch(_ORDER, names[c])), "")
    quantity = next((c for c in columns if re.fullmatch(_QUANTITY, names[c])), "")
    price = next((c for c in columns if re.fullmatch(_PRICE, names[c])), "")
    happened = next((c for c in times if not re.search("birth|created|updated|signed|joined", names[c])), "")
    kind = EVENTS if happened and (event or order or (quantity and price)) else PEOPLE
    found: dict[str, Any] = {"kind": kind, "columns": [], "computed": [], "event": "", "group_by": ""}
    found["time"] = {"format": moments.guess(_texts(rows, happened)) or "iso", "zone": zone}
    for column in columns:
        found["columns"].append(
            {"column": column, **_one(column, names[column], rows, kind, who, event, happened)}
        )
    if kind == EVENTS and not event:
        found["event"] = "order_placed" if order or (quantity and price) else "imported"
    if kind == EVENTS and quantity and price:
        found["computed"] = [{"name": "amount", "left": quantity, "by": "*", "right": price}]
        found["group_by"] = order
    return found


def _one(
    column: str,
    name: str,
    rows: list[dict[str, Any]],
    kind: str,
    who: dict[str, str],
    event: str,
    happened: str,
) -> dict[str, str]:
    if column in who and (kind == EVENTS or who[column] != "anonymous_id"):
        return {"to": who[column], "name": "", "type": "auto"}
    if kind == EVENTS and column == event:
        return {"to": "event", "name": "", "type": "auto"}
    if kind == EVENTS and column == happened:
        return {"to": "time", "name": "", "type": "auto"}
    if kind == EVENTS and re.fullmatch(r"message_?id", name):
        return {"to": "message_id", "name": "", "type": "auto"}
    if kind == PEOPLE and column.startswith("consent."):
        return {"to": "consent", "name": column.removeprefix("consent."), "type": "auto"}
    plain = name.removeprefix("properties.").removeprefix("traits.")
    known = next((key for key, pattern in _STANDARD.items() if re.fullmatch(pattern, plain)), "")
    to = "property" if kind == EVENTS else "attribute"
    return {
        "to": to,
        "name": (known if kind == PEOPLE else "") or plain or column,
        "type": _type(rows, column),
    }


def _type(rows: list[dict[str, Any]], column: str) -> str:
    """Numbers are numbers unless they have noughts in front; what is not always the same is left to each cell."""
    texts = _texts(rows, column)
    if not texts:
        return "auto"
    if all(re.fullmatch(r"-?(0|[1-9]\d{0,14})(\.\d{1,12})?", text) for text in texts):
        return "text" if re.search(r"(^|_)(id|no|code|number)$", _plain(column)) else "number"
    if all(text.lower() in ("yes", "no", "true", "false", "y", "n") for text in texts):
        return "yes_no"
    return "text" if any(re.fullmatch(r"0\d+|[A-Z]?\d+[A-Z]?", text) for text in texts) else "auto"


def _texts(rows: list[dict[str, Any]], column: str) -> list[str]:
    found = (row.get(column) for row in rows)
    return [text for value in found if value is not None and (text := str(value).strip())]


def _plain(column: str) -> str:
    """InvoiceNo -> invoice_no; "User ID" -> user_id."""
    text = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", column.strip())
    text = re.sub(r"[\s\-/]+", "_", text).lower()
    return standard.RENAMED.get(column, text)
