"""Why rows of the sources were set aside, in the reader's language: the check itself keeps codes and values."""

from ..domain.brief import Language
from ..domain.refusals import RowFault, TooManyFaulty, about_of, code_of
from . import figures
from .words import clean, say, words


def rule_in_words(rule: str, language: Language) -> str:
    """What is wrong with a cell or row. A rule of an older version, kept as a sentence, stands for itself."""
    key = f"refusal.{code_of(rule)}"
    return say(language, key, about=clean(about_of(rule))) if key in words(language) else clean(rule)


def fault_in_words(fault: RowFault, language: Language) -> str:
    """`orders.csv: line 7: amount_jpy: 'x': is not a number`"""
    cell = clean(fault.value)
    shown = f"{clean(fault.column)}: '{cell}'" if fault.column else f"'{cell}'"
    place = {"file": clean(fault.file), "line": fault.line}
    return say(language, "too_many.fault", **place, cell=shown, rule=rule_in_words(fault.rule, language))


def too_many_in_words(error: TooManyFaulty, language: Language) -> str:
    """Why nothing was published, the first rows, and what to do."""
    counts = {"faulty": figures.number(error.faulty), "rows": figures.number(error.rows)}
    shares = {"share": figures.percent(error.faulty / error.rows), "allowed": figures.percent(error.allowed)}
    lines = [say(language, f"too_many.{error.kind}", file=clean(error.file), **counts, **shares)]
    lines += [f"  {fault_in_words(fault, language)}" for fault in error.faults]
    if error.faulty > len(error.faults):
        lines.append("  " + say(language, "too_many.more", count=figures.number(error.faulty - len(error.faults))))
    if any(code_of(fault.rule) == "wrong_encoding" for fault in error.faults):
        lines.append(say(language, "too_many.encoding"))
    lines.append(say(language, f"too_many.what_to_do.{error.kind}"))
    return "\n".join(lines)
