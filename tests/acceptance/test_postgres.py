"""The same campaign with its store and its checkpoints in PostgreSQL."""

import os

import pytest

from .conftest import PASSWORD, Company, kizuna

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.skipif("TEST_POSTGRES_URL" not in os.environ, reason="TEST_POSTGRES_URL names no server"),
]


def test_a_campaign_goes_from_brief_to_drafts_in_postgresql(tmp_path_factory: pytest.TempPathFactory) -> None:
    company = Company(tmp_path_factory.mktemp("postgres"))
    store = {"KIZUNA_STORE_URL": os.environ["TEST_POSTGRES_URL"]}
    assert kizuna("init", "--customers", "300", str(company.folder), cwd=company.home, **store).code == 0
    for login, role in (("mori", "marketer"), ("sato", "supervisor")):
        person = ("--name", login, "--email", f"{login}@nagare.example", "--role", role)
        first = ("--role", "operator") if login == "mori" else ()
        added = company.run("add-person", login, *person, *first, stdin=PASSWORD, **store)
        assert added.code == 0, added.err
        assert company.run("login", login, who=login, stdin=PASSWORD, **store).code == 0
    started = company.run("run", **store)
    assert started.code == 0, started.err
    assert company.run("approve", "nagare-save.1.plan.0", who="sato", **store).code == 0
    status = company.run("tick", "--json", **store)
    assert status.code == 0, status.err
    assert {row["kind"] for row in status.json["waiting"]} <= {"batch", "each"}
    assert not (company.folder / ".kizuna" / "kizuna.db").exists()
    assert not (company.folder / ".kizuna" / "checkpoints.db").exists()
