"""The model is an extra: without it the brief's author reads what to do."""

import sys

import pytest
from kizuna.customers.identity.unify import Who, unify_persons
from kizuna.domain.errors import UserError
from kizuna.domain.sources import Identity

from .conftest import SourcesOf, person


def test_without_the_extra_the_message_says_how_to_get_it(sources: SourcesOf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "splink", None)
    shop = sources(persons=[person("a"), person("b")])
    with pytest.raises(UserError, match=r"kizuna\[splink\]"):
        unify_persons(shop.connection, shop.entities, Who(Identity(method="splink")))
