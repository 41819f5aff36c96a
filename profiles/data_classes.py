"""Personal-data classes of attributes and properties: what is hidden from whom, and where it may be used.

none       anybody who sees people sees it
contact    how to reach somebody, or who somebody is: masked where contact details are
sensitive  what could harm somebody: hidden, and a warning where a journey or a message uses it

People set a class in the catalogue; without that it is as the name suggests.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from django.db.models import TextField, Value
from django.utils.translation import pgettext_lazy

from profiles.models import ComputedAttribute, KnownName

NONE, CONTACT, SENSITIVE = "none", "contact", "sensitive"
_ORDER = (NONE, CONTACT, SENSITIVE)
LABELS: dict[str, Any] = {
    NONE: pgettext_lazy("data class", "Not personal"),
    CONTACT: pgettext_lazy("data class", "Contact details"),
    SENSITIVE: pgettext_lazy("data class", "Sensitive"),
}


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_CONTACT = _words(
    """
    email phone mobile tel telephone fax address street street_address address1 address2 address_line
    postal_code postcode zip zipcode zip_code ip ip_address latitude longitude lat lon lng last_place
    location kakao_id line_id 이메일 메일 전화 전화번호 휴대폰 휴대폰번호 핸드폰 연락처 주소 우편번호
    """
)
_SENSITIVE = _words(
    """
    password passcode pin ssn social_security_number resident_number rrn national_id id_number passport
    passport_number driver_license license_number card_number credit_card cvc cvv iban account_number
    bank_account health disease diagnosis disability pregnant pregnancy blood_type religion political
    ethnicity race sexual_orientation union_member criminal_record biometric genetic income salary
    credit_score debt 비밀번호 주민등록번호 주민번호 여권번호 운전면허번호
    카드번호 계좌번호 건강 질병 장애 임신 종교 소득 연봉 신용점수
    """
)
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_ENDINGS = ("_email", "_phone", "_mobile", "_address", "_ip")


@lru_cache(maxsize=8192)
def suggested(name: str) -> str:
    """By the name alone: Home-Phone and homePhone are contact."""
    plain = _HUMP.sub("_", name).lower().replace("-", "_").replace(" ", "_").strip("_")
    if plain in _SENSITIVE:
        return SENSITIVE
    return CONTACT if plain in _CONTACT or plain.endswith(_ENDINGS) else NONE


def of_workspace(workspace_id: int) -> dict[str, str]:
    """Names whose class people have set; all others are as `suggested`. One query.

    An attribute's own class counts; a property of events lends its name the strictest that it has anywhere, and an
    attribute that is computed from it too, as long as nobody said otherwise.
    """
    named = KnownName.objects.filter(workspace_id=workspace_id, kind__in=("attribute", "property"))
    figures = ComputedAttribute.objects.filter(workspace_id=workspace_id).exclude(property="")
    rows = (
        named.exclude(data_class="")
        .values_list("kind", "name", "data_class")
        .union(figures.values_list(Value("computed", TextField()), "name", "property"), all=True)
    )
    own: dict[str, str] = {}
    lent: dict[str, str] = {}
    computed: list[tuple[str, str]] = []
    for kind, name, value in rows:
        if kind == "attribute":
            own[name] = value
        elif kind == "property":
            lent[name] = max(value, lent.get(name, NONE), key=_ORDER.index)
        else:
            computed.append((name, value))
    found = lent | own
    for name, source in computed:
        if name not in found and (kind := class_of(source, found)) != NONE:
            found[name] = kind
    return found


def class_of(name: str, chosen: Mapping[str, str]) -> str:
    """`chosen`: from `of_workspace`. A path (address.city) has the class of its attribute, or the stricter one that a
    part of it suggests."""
    parts = name.split(".")
    if said := chosen.get(name) or chosen.get(parts[0]):
        return said
    return max((suggested(part) for part in parts), key=_ORDER.index)
