"""docs/playbooks.md says what the files say."""

import re
from pathlib import Path

from kizuna.domain.playbook import Action
from kizuna.inbox.words import name, words
from kizuna.playbooks.loader import load_playbooks, packaged_names
from kizuna.prompts.catalogue import needs

PAGE = (Path(__file__).parents[3] / "docs/playbooks.md").read_text(encoding="utf-8")
ACTIONS = load_playbooks(packaged_names(), None, lambda rule: [])


def row(action: Action) -> str:
    kind = f"{name('en', 'lever', action.lever)}, {name('en', 'payoff', action.term)}"
    channels = " / ".join(name("en", "channel", channel) for channel in action.channels)
    whom = words("en")[f"playbooks.for.{action.action}"]
    cells = [f"[`{action.action}`](../playbooks/{action.action}.yaml)", whom, kind, channels, f"{action.review.scope}"]
    return f"| {' | '.join(cells)} |"


def links() -> list[str]:
    """Every link of a message that leads to a page of the company, with the actions that use it."""
    used: dict[str, set[str]] = {}
    for action in ACTIONS.values():
        for message in action.messages:
            declared = needs(action.action, message)
            for link in declared.links:
                if declared.survey is None:
                    used.setdefault(link, set()).add(action.action)
    return [f"| `{link}` | {', '.join(sorted(actions))} |" for link, actions in sorted(used.items())]


def test_the_table_of_the_page_is_the_catalogue() -> None:
    order = sorted(ACTIONS.values(), key=lambda action: (action.term.value, action.lever.value, action.action))
    written = [line for line in PAGE.splitlines() if line.startswith("| [`")]
    assert written == [row(action) for action in order]


def test_the_page_names_every_link_that_needs_a_page_of_the_company() -> None:
    assert [line for line in PAGE.splitlines() if line.startswith("| `")] == links()


def test_the_example_on_the_page_is_a_sound_action(tmp_path: Path) -> None:
    blocks = re.findall(r"```yaml\n# my-playbooks/(\w+)\.yaml\n(.+?)```", PAGE, re.DOTALL)
    for action, text in blocks:
        (tmp_path / f"{action}.yaml").write_text(text, encoding="utf-8")
    assert blocks and list(load_playbooks([action for action, _ in blocks], tmp_path, lambda rule: []))
