"""`fetch`: what has succeeded is stored, verified, and known as such."""

from tests.acceptance.user import VAULT, User


def test_what_has_succeeded_is_stored_where_save_to_says(user: User) -> None:
    body = b"a wedding" * 1000
    archive = user.sandbox.upload(VAULT, body)
    jobs = f"""\
  wedding:
    type: archive-retrieval
    vault: {VAULT}
    archive_id: {archive}
    save_to: restored/{{job}}
"""
    path = user.manifest(jobs)
    assert user.run("apply", path, "--yes").code == 0
    user.sandbox.clock.advance(5 * 3600)
    ran = user.run("fetch", path)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == "Fetch: 1 fetched, 8.8 KiB stored.\n"
    assert (user.folder / "restored" / "wedding").read_bytes() == body
