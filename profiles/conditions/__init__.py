"""The one condition language (journeys.md 2): read, compiled to SQL over a batch or a whole workspace, explained.

    compiled = compile_condition(tree, workspace_id)          # ConditionError names each fault with its JSON pointer
    verdicts = evaluate([compiled], Rows(...))                # one statement for all conditions and rows
    verdicts[0].results[row]; verdicts[0].why(row)

There is one meaning: the SQL. Tests, branches, audiences and "why?" all come from the same compiled form.
"""

from profiles.conditions.compiling import Compiled, compile_condition
from profiles.conditions.evaluation import Rows, Verdicts, audience, audience_count, evaluate
from profiles.conditions.tree import ConditionError
from profiles.conditions.words import sentence, why_text

__all__ = [
    "Compiled",
    "ConditionError",
    "Rows",
    "Verdicts",
    "audience",
    "audience_count",
    "compile_condition",
    "evaluate",
    "sentence",
    "why_text",
]
