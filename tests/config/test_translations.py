import gettext

import pytest

from config.embedded import translations
from config.translations import missing_translations, sentences

HEAD = (
    'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\nPlural-Forms: nplurals=1; plural=0;\\n"\n\n'
)


@pytest.fixture
def root(tmp_path):
    (tmp_path / "templates").mkdir()
    (tmp_path / "lib").mkdir()
    (tmp_path / "locale/ko/LC_MESSAGES").mkdir(parents=True)
    return tmp_path


def catalogue(root, text):
    (root / "locale/ko/LC_MESSAGES/django.po").write_text(HEAD + text)


def test_sentences_of_python_and_templates_are_found(root):
    (root / "lib/a.py").write_text(
        "from x import gettext as _, pgettext, ngettext\n"
        "_('one ' 'sentence')\npgettext('status', 'Live')\nngettext('%(n)s person', '%(n)s people', 3)\n"
    )
    (root / "templates/a.html").write_text(
        "{% load i18n %}<p title=\"{% translate 'Hi' %}\">{% blocktranslate trimmed with a=b %}\n"
        '  Dear {{ a }}\n{% endblocktranslate %}</p>{% translate "Open" context "verb" %}'
        "{{ _('Piped')|upper }}"
    )
    assert [(s.context, s.text) for s in sentences(root)] == [
        (None, "one sentence"),
        ("status", "Live"),
        (None, "%(n)s person"),
        (None, "Hi"),
        (None, "Dear %(a)s"),
        ("verb", "Open"),
        (None, "Piped"),
    ]


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("", "not in the catalogue"),
        ('msgid "Hi %(name)s"\nmsgstr ""\n', "not translated"),
        ('#, fuzzy\nmsgid "Hi %(name)s"\nmsgstr "안녕하세요 %(name)s"\n', "fuzzy"),
        ('msgid "Hi %(name)s"\nmsgstr "안녕하세요 %(nmae)s"\n', "knows %(nmae)s"),
        ('msgid "Hi %(name)s"\nmsgstr "안녕하세요"\n', "lacks %(name)s"),
    ],
)
def test_what_is_wrong_with_a_translation_is_told(root, entry, said):
    (root / "lib/a.py").write_text("_('Hi %(name)s')")
    catalogue(root, entry)
    assert said in missing_translations(root)


def test_a_whole_catalogue_is_well(root):
    (root / "lib/a.py").write_text("_('Hi %(name)s')")
    catalogue(root, 'msgid "Hi %(name)s"\nmsgstr "%(name)s 님, 안녕하세요"\n')
    assert missing_translations(root) == ""


def test_catalogues_are_compiled_once(root):
    catalogue(root, 'msgid "Journey"\nmsgstr "여정"\n\nmsgctxt "status"\nmsgid "Live"\nmsgstr "운영 중"\n')
    assert translations.compile_all(root / "locale") == ["ko"]
    assert translations.compile_all(root / "locale") == []
    compiled = gettext.translation("django", root / "locale", ["ko"])
    assert compiled.gettext("Journey") == "여정"
    assert compiled.pgettext("status", "Live") == "운영 중"


def test_a_broken_catalogue_is_named(root):
    catalogue(root, "this is no catalogue\n")
    with pytest.raises(translations.TranslationError, match=r"django\.po"):
        translations.compile_all(root / "locale")
