"""Which records the rules take for one person, as data: exact pairs of fields, and what speaks against it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """Records that have all these fields, and equal, are one person."""

    name: str  #: as links name their reason
    fields: tuple[str, ...]  #: columns of the records' table; NULL is unknown and equals nothing


@dataclass(frozen=True)
class RuleSet:
    """Rules from the strongest to the weakest, and the guards around them.

    `contradiction` and `agreement` are SQL conditions over two records `a` and `b`. A key that holds a contradiction is
    shared by several people: there only records that also agree are joined. `telling` are the columns that a
    contradiction needs two different values of: where they have one, no pair has to be looked at.
    """

    rules: tuple[Rule, ...]
    scope: str | None = None  #: a column within whose values alone records are joined
    contradiction: str = "FALSE"
    agreement: str = "TRUE"
    telling: tuple[str, ...] = ()
    #: A rule with one of these fields is not looked at key by key: who has the same name seldom contradicts, and what
    #: does is found when the people are put together (customers/identity/parting.py).
    settled_by: tuple[str, ...] = ()
    #: Values of these fields that more records share than `largest_shared_key` are taken for unknown. Without it a rule
    #: only leaves out keys, of all its fields together, that so many share.
    capped: tuple[str, ...] = ()
    #: Fields of which a record may have several, in rows of their own (`is_first` is false there). Rules without any of
    #: them are asked of first rows only.
    further: tuple[str, ...] = ()
    largest_shared_key: int = 20
    largest_person: int = 100  #: records that one person may have before a person should look

    def known(self, rule: Rule) -> str:
        """SQL: whether a row has all that the rule asks."""
        conditions = [f"{field} IS NOT NULL" for field in self.key(rule)]
        if self.further and not set(rule.fields) & set(self.further):
            conditions.append("is_first")
        return " AND ".join(conditions)

    def key(self, rule: Rule) -> tuple[str, ...]:
        """The columns that must be equal."""
        return (*((self.scope,) if self.scope else ()), *rule.fields)

    def telling_of(self, rule: Rule) -> tuple[str, ...]:
        """The telling columns that may differ among records with an equal key of this rule."""
        return () if set(rule.fields) & set(self.settled_by) else self.telling


#: Columns with a name in one of its forms: as written, as it sounds, as it sounds without a space.
NAMES = ("written", "sound", "sound_joined")
#: Kinds of `identifiers` that join, and the rule they are the reason of. Those of kind email and phone count as
#: further addresses. Who shares a device is a household rather than a person, so `device` joins nobody.
IDENTIFIER_RULES = {"account": "account_number", "member_card": "member_card", "cookie": "cookie"}
_SAME_NAME = " OR ".join(f"coalesce(a.{name} = b.{name}, FALSE)" for name in NAMES)


def _agree(column: str) -> str:
    """Known of both, and one is the end of the other: 太郎 and 山田太郎, where no space tells the parts."""
    return f"coalesce(suffix(a.{column}, b.{column}) OR suffix(b.{column}, a.{column}), FALSE)"


def _known(column: str) -> str:
    return f"(a.{column} IS NOT NULL AND b.{column} IS NOT NULL)"


#: Other birth dates, or other given names. A new family name (a marriage) contradicts nothing.
_CONTRADICTION = f"""(coalesce(a.birth_date <> b.birth_date, FALSE) OR (
    NOT ({_SAME_NAME}) AND NOT {_agree("given_written")} AND NOT {_agree("given_sound")}
    AND ({_known("given_written")} OR {_known("given_sound")})))"""
_AGREEMENT = f"({_SAME_NAME} OR coalesce(a.birth_date = b.birth_date, FALSE))"


def japanese_rules(largest_shared_key: int = 20, *, scope: str | None = None) -> RuleSet:
    """The rules of `method: exact`: identifiers, mail, phone with name, birth date with name."""
    return RuleSet(
        rules=(
            *(Rule(IDENTIFIER_RULES[kind], (kind,)) for kind in ("account", "member_card")),
            Rule("mail", ("mail",)),
            *(Rule("phone_name", ("phone", name)) for name in NAMES),
            *(Rule("birth_name", ("birth_date", name)) for name in NAMES),
            Rule(IDENTIFIER_RULES["cookie"], ("cookie",)),
        ),
        scope=scope,
        contradiction=_CONTRADICTION,
        agreement=_AGREEMENT,
        telling=("birth_date", "given_written", "given_sound"),
        settled_by=NAMES,
        capped=("phone",),
        further=("mail", "phone", *IDENTIFIER_RULES),
        largest_shared_key=largest_shared_key,
    )
