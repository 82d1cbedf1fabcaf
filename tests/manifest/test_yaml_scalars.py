import pytest

from glacier_manifest.manifest.yaml_scalars import Scalar, resolve


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("~", None),
        ("null", None),
        ("NULL", None),
        ("true", True),
        ("False", False),
        ("0", 0),
        ("-7", -7),
        ("111122223333", 111122223333),
        ("1.5", 1.5),
        (".5", 0.5),
        ("-2.50", -2.5),
        ("1e3", 1000.0),
        ("1.5E-3", 0.0015),
    ],
)
def test_what_is_null_true_false_or_a_number_in_yaml_1_2(text: str, value: Scalar) -> None:
    resolved = resolve(text)

    assert resolved == value
    assert type(resolved) is type(value)


@pytest.mark.parametrize(
    "text",
    [
        "012345678901",  # an account: YAML 1.1 reads 1402961473
        "001234567012",
        "00",
        "-01",
        "on",
        "off",
        "yes",
        "No",
        "y",
        "nUll",
        "2015-01-01",
        "2015-01-01T00:00:00Z",
        "12:30",
        "12:30:45",
        "1_000",
        "=",
        "<<",
        "0x1F",
        "0o17",
        "0b1",
        "+5",
        ".inf",
        "-.INF",
        ".nan",
        "1e",
        ".",
        "-",
        "1.2.3",
        "1" * 5000,
        "٣",
        "wordy",
    ],
)
def test_what_looks_like_text_is_text(text: str) -> None:
    assert resolve(text) == text
