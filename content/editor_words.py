"""What the editor's script says, in the reader's language. {name}s are filled in by the script."""

from django.utils.translation import gettext as _


def words() -> dict[str, str]:
    return {
        "saved": _("Saved {time}"),
        "saving": _("Saving"),
        "unsaved": _("Not saved yet"),
        "offline": _("Not saved: no connection. What you write stays here."),
        "conflict": _(
            "Somebody else saved this meanwhile. Your words are still here; saving them replaces theirs."
        ),
        "not_saved": _("Not saved"),
        "save_mine": _("Save mine"),
        "take_theirs": _("Take theirs"),
        "offline_preview": _("no connection"),
        "refused": _("Not saved: {reason}"),
        "line": _("Line {line}"),
        "no_problems": _("Nothing to mend"),
        "as": _("As {name}"),
        "remove_language": _("Remove {language}"),
        "removed": _("{language} is removed"),
        "undo": _("Undo"),
        "parts_one": _("1 message"),
        "parts": _("{parts} messages in one"),
        "length": _("{units} of {room} characters"),
        "hangul": _("With letters outside the Latin set, 70 characters fit into one message."),
        "longest": _("Names and other personal words make it longer or shorter."),
        "advice": _("{count} of about {most}"),
        "unknown_error": _("The preview can’t be shown: {reason}"),
    }
