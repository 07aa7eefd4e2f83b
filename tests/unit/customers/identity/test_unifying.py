"""Records of one person become one customer; a family, a company's mailbox and a switchboard do not."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from kizuna.customers.identity.stable import Links
from kizuna.customers.identity.unify import Unified, Who, unify_persons
from kizuna.domain.sources import Identity

from .conftest import Sources, SourcesOf, consent, person

NOW = datetime(2026, 4, 1, tzinfo=UTC)


def unify(sources: Sources, links: Links = Links(), **settings: Any) -> Unified:  # noqa: B008 - frozen
    return unify_persons(sources.connection, sources.entities, Who(Identity(**settings), links))


def customers(sources: Sources) -> set[str]:
    return {ident for (ident,) in sources.rows("SELECT person_id FROM persons")}


def after(unified: Unified, links: Links = Links()) -> Links:  # noqa: B008 - frozen
    """What the store would know."""
    assert unified.changes is not None
    known = {record: customer for record, customer, _ in links.known}
    known |= {link.record_id: link.customer_id for link in unified.changes.links}
    seen = {record: at for record, _, at in links.known}
    rows = [(record, customer, seen.get(record, NOW)) for record, customer in known.items()]
    return replace(links, known=rows, mark=unified.changes.mark)


@pytest.mark.parametrize(
    ("one", "other", "rule"),
    [
        ({"email": "Taro@Example.jp"}, {"email": "taro@example.jp"}, "mail"),
        ({"phone": "090-1234-5678"}, {"phone": "+81 90 1234 5678", "full_name": "山田太郎"}, "phone_name"),
        ({"born": "1980-01-01"}, {"born": "1980-01-01"}, "birth_name"),
        (
            {"phone": "09012345678", "full_name_kana": "ﾔﾏﾀﾞ ﾀﾛｳ"},
            {"phone": "09012345678", "full_name": "Taro Yamada"},
            "phone_name",
        ),
    ],
)
def test_one_person_is_found_by_each_rule(
    sources: SourcesOf, one: dict[str, Any], other: dict[str, Any], rule: str
) -> None:
    shop = sources(persons=[person("a", **one), person("b", **{"since": "2025-01-01", **other})])
    changes = unify(shop).changes
    assert changes is not None
    assert customers(shop) == {"a"}
    assert [(link.record_id, link.customer_id, link.rule) for link in changes.links] == [
        ("a", "a", ""),
        ("b", "a", rule),
    ]
    assert all("taro@" not in link.shared.lower() and "1234" not in link.shared for link in changes.links)


def test_a_family_with_one_phone_and_one_mailbox_stays_a_family(sources: SourcesOf) -> None:
    shared = {"email": "yamada@example.jp", "phone": "03-1234-5678"}
    home = sources(
        persons=[
            person("father", "山田 太郎", born="1970-01-01", **shared),
            person("mother", "山田 花子", **shared),
            person("twin", "山田 一郎", born="2000-05-05", **shared),
            person("other", "山田 二郎", born="2000-05-05", **shared),
            person("again", "山田花子", **shared),
            person("nobody", "ヤマダ", **shared),
        ]
    )
    unify(home)
    assert customers(home) == {"father", "mother", "twin", "other", "nobody"} or customers(home) == {
        "father",
        "again",
        "twin",
        "other",
        "nobody",
    }


def test_a_mailbox_that_many_share_joins_nobody(sources: SourcesOf) -> None:
    people = [person(f"p{n:02}", "山田 太郎", email="info@shop.example.jp") for n in range(6)]
    assert len(customers_after(sources, people, largest_shared_key=5)) == 6
    assert len(customers_after(sources, people, largest_shared_key=6)) == 1


def customers_after(sources: SourcesOf, people: list[dict[str, Any]], **settings: Any) -> set[str]:
    shop = sources(persons=people)
    unify(shop, **settings)
    return customers(shop)


def test_who_would_bridge_two_birth_dates_goes_with_the_stronger_link(sources: SourcesOf) -> None:
    shop = sources(
        persons=[
            person("old", born="1950-01-01", phone="090-1111-2222", since="2020-01-01"),
            person("bridge", phone="090-1111-2222", email="t@example.jp", since="2021-01-01"),
            person("young", born="1990-01-01", email="t@example.jp", since="2022-01-01"),
        ]
    )
    found = unify(shop)
    assert customers(shop) == {"old", "bridge"}
    assert found.refused == 1


@pytest.mark.parametrize("kind", ["member_card", "cookie", "account", "email", "phone"])
def test_identifiers_join(sources: SourcesOf, kind: str) -> None:
    value = {"email": "x@example.jp", "phone": "090-1111-2222"}.get(kind, "M-77")
    ids = [{"identifier_id": who, "account_id": who, "kind": kind, "value": value} for who in ("a", "b")]
    shop = sources(persons=[person("a"), person("b")], identifiers=ids)
    unify(shop)
    assert customers(shop) == {"a"}


def test_a_device_joins_nobody(sources: SourcesOf) -> None:
    ids = [{"identifier_id": who, "account_id": who, "kind": "device", "value": "d"} for who in ("a", "b")]
    shop = sources(persons=[person("a"), person("b")], identifiers=ids)
    unify(shop)
    assert customers(shop) == {"a", "b"}


def test_every_entity_speaks_of_the_customer(sources: SourcesOf) -> None:
    mail = {"email": "t@example.jp"}
    shop = sources(
        persons=[person("a", **mail), person("b", "山田太郎", since="2025-01-01", phone="090-1111-2222", **mail)],
        orders=[{"order_id": who, "account_id": who} for who in ("a", "b")],
        referrals=[{"referral_id": "r", "account_id": "b", "referred_account_id": "b"}],
        subscriptions=[
            {"subscription_id": "ended", "account_id": "b", "cancelled_on": NOW.date()},
            {"subscription_id": "runs", "account_id": "a"},
        ],
    )
    found = unify(shop)
    assert shop.rows("SELECT person_id, full_name, phone, created_on::VARCHAR FROM persons") == [
        ("a", "山田太郎", "090-1111-2222", "2024-01-01")
    ]
    assert shop.rows("SELECT DISTINCT account_id FROM orders") == [("a",)]
    assert shop.rows("SELECT account_id, referred_account_id FROM referrals") == [("a", "a")]
    assert shop.rows("SELECT subscription_id FROM subscriptions") == [("runs",)]
    assert found.left_out == {"subscriptions": 1}


def test_a_withdrawal_of_one_record_holds_for_the_same_address(sources: SourcesOf) -> None:
    one = {"email": "t@example.jp"}
    shop = sources(
        persons=[person("a", **one), person("b", **one)],
        consents=[consent("b", "withdrawn", "2024-01-01"), consent("a", "granted", "2025-01-01")],
    )
    unify(shop)
    assert shop.rows("SELECT contact_id, state, recorded_at::DATE::VARCHAR FROM consents") == [
        ("a", "withdrawn", "2025-01-01")
    ]


def test_an_old_withdrawal_at_another_address_does_not_take_a_newer_consent_away(sources: SourcesOf) -> None:
    phone = {"phone": "090-1111-2222"}
    shop = sources(
        persons=[
            person("old", email="o@example.jp", **phone),
            person("new", email="n@example.jp", since="2025-01-01", **phone),
        ],
        consents=[consent("old", "withdrawn", "2024-01-01"), consent("new", "granted", "2025-01-01")],
    )
    unify(shop)
    assert shop.rows("SELECT email, state FROM persons JOIN consents ON contact_id = person_id") == [
        ("n@example.jp", "granted")
    ]


def test_the_newest_word_holds_at_every_address_when_it_is_a_withdrawal(sources: SourcesOf) -> None:
    phone = {"phone": "090-1111-2222"}
    shop = sources(
        persons=[
            person("old", email="o@example.jp", **phone),
            person("new", email="n@example.jp", since="2025-01-01", **phone),
        ],
        consents=[consent("new", "granted", "2024-01-01"), consent("old", "withdrawn", "2025-01-01")],
    )
    unify(shop)
    assert shop.rows("SELECT state FROM consents") == [("withdrawn",)]


def test_an_id_stays_when_an_older_record_turns_up(sources: SourcesOf) -> None:
    mail = {"email": "t@example.jp"}
    links = after(unify(sources(persons=[person("known", since="2025-01-01", **mail)])))
    shop = sources(persons=[person("known", since="2025-01-01", **mail), person("older", since="2020-01-01", **mail)])
    changes = unify(shop, links).changes
    assert customers(shop) == {"known"}
    assert changes is not None and not changes.merges


def test_two_known_customers_who_turn_out_to_be_one_keep_the_older_id(sources: SourcesOf) -> None:
    links = after(unify(sources(persons=[person("a", since="2025-01-01"), person("b", since="2020-01-01")])))
    shop = sources(
        persons=[
            person("a", since="2025-01-01", email="t@example.jp"),
            person("b", since="2020-01-01", email="t@example.jp"),
        ]
    )
    changes = unify(shop, links).changes
    assert changes is not None
    assert [(merge.alias, merge.customer_id) for merge in changes.merges] == [("a", "b")]
    assert customers(shop) == {"b"}


def test_nothing_splits_when_the_reason_is_gone_and_it_is_flagged(sources: SourcesOf) -> None:
    mail = {"email": "t@example.jp"}
    links = after(unify(sources(persons=[person("a", **mail), person("b", **mail)])))
    shop = sources(persons=[person("a", **mail), person("b", email="new@example.jp")])
    changes = unify(shop, links).changes
    assert changes is not None
    assert customers(shop) == {"a"}
    assert changes.flags == {"b": "unfounded"}


def test_a_birth_date_that_speaks_against_a_merge_is_flagged(sources: SourcesOf) -> None:
    mail = {"email": "t@example.jp"}
    links = after(unify(sources(persons=[person("a", born="1980-01-01", **mail), person("b", **mail)])))
    shop = sources(persons=[person("a", born="1980-01-01", **mail), person("b", born="1999-09-09", **mail)])
    changes = unify(shop, links).changes
    assert changes is not None
    assert customers(shop) == {"a"}
    assert changes.flags == {"b": "contradicted"}


def test_people_decide_otherwise(sources: SourcesOf) -> None:
    mail = {"email": "t@example.jp"}
    people = [person("a", **mail), person("b", **mail), person("c", "鈴木 花子")]
    shop = sources(persons=people)
    unify(shop, Links(apart=[("a", "b")], joined=[("a", "c")]))
    assert customers(shop) == {"a", "b"}


def test_the_same_sources_are_not_linked_twice_and_give_the_same(sources: SourcesOf) -> None:
    people = [person("a", email="t@example.jp"), person("b", email="t@example.jp")]
    links = after(unify(sources(persons=people)))
    again = sources(persons=people[::-1])
    assert unify(again, links).changes is None
    assert customers(again) == {"a"}


def test_without_the_identifiers_only_what_is_known_is_applied(sources: SourcesOf) -> None:
    mail = {"email": "t@example.jp"}
    links = after(unify(sources(persons=[person("a", **mail), person("b", **mail)])))
    shop = sources(persons=[person("a", **mail), person("b"), person("c", **mail)])
    del shop.entities["identifiers"]
    assert unify(shop, links).changes is None
    assert customers(shop) == {"a", "c"}


def test_contacts_are_joined_within_their_account_only(sources: SourcesOf) -> None:
    def contact(ident: str, account: str, *, primary: bool) -> dict[str, Any]:
        told = {"full_name": "山田 太郎", "email": "t@example.jp", "is_primary": primary, "language": "ja"}
        return {"contact_id": ident, "account_id": account, "created_on": NOW.date(), **told}

    office = sources(
        unit="account",
        contacts=[contact("a", "A", primary=False), contact("b", "A", primary=True), contact("c", "B", primary=True)],
        tickets=[{"ticket_id": "t", "account_id": "A", "contact_id": "b"}],
    )
    unify(office)
    assert sorted(office.rows("SELECT contact_id, account_id, is_primary FROM contacts")) == [
        ("a", "A", True),
        ("c", "B", True),
    ]
    assert office.rows("SELECT account_id, contact_id FROM tickets") == [("A", "a")]
