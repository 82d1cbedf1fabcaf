"""What a page shows is what happens: every command of a console block is run, and its output compared."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from glacier_manifest.sandbox import Sandbox
from tests.docs.pages import PAGES, ROOT, blocks
from tests.docs.reader import JOB_SECONDS, Reader

RUN = [page for page in PAGES if any(block.language == "console" for block in blocks(page))]


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    with (
        Sandbox(job_time=JOB_SECONDS, improvise=True) as sandbox,
        pytest.MonkeyPatch.context() as environment,
    ):
        environment.chdir(tmp_path)
        environment.setenv("GLACIER_MANIFEST_ENDPOINT_URL", sandbox.url)
        sandbox.create_vault("my-vault")
        yield Reader(tmp_path, sandbox, environment)


@pytest.mark.parametrize("page", RUN, ids=lambda page: page.name)
def test_what_is_shown_is_what_happens(page: Path, reader: Reader) -> None:
    for block in blocks(page):
        reader.read(block)


def test_the_readme_and_the_guides_are_among_the_pages_that_are_run() -> None:
    names = {page.name for page in RUN}

    guides = {"sandbox.md", "state.md", "json.md", "plans-in-pull-requests.md", "cron.md", "gitops.md"}
    assert {"README.md", *guides} <= names


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text):
        if not target.startswith("https://"):
            assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_to_a_heading_find_it(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]*)#([^)\s]+)\)", page.read_text(encoding="utf-8"))
    ours = [
        (page.parent / target if target else page, anchor) for target, anchor in links if ":" not in target
    ]

    assert [anchor for target, anchor in ours if anchor not in anchors(target)] == []


def anchors(page: Path) -> set[str]:
    """Return the names that GitHub gives to the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_fence_is_closed(page: Path) -> None:
    fences = [line for line in page.read_text(encoding="utf-8").splitlines() if line.startswith("```")]

    assert len(fences) == 2 * len(blocks(page))


def test_every_page_is_reached_from_the_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")

    assert [page.name for page in PAGES[1:] if f"docs/{page.name}" not in readme] == []


def test_every_example_is_linked_where_examples_are_looked_for() -> None:
    pages = "".join(page.read_text(encoding="utf-8") for page in PAGES)

    assert [one.name for one in (ROOT / "manifests").iterdir() if f"manifests/{one.name}" not in pages] == []
    assert "schemas/manifest-v1.json" in pages


def test_only_the_accounts_of_the_documentation_stand_on_the_pages() -> None:
    numbers = {
        number
        for page in PAGES
        for number in re.findall(r"(?<![0-9a-f])[0-9]{12}(?![0-9a-f…])", page.read_text(encoding="utf-8"))
    }

    assert numbers <= {"012345678901", "111122223333"}
