"""The source of the contracts: documented throughout, and refusing in the words of the twins."""

import ast
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

import decai

ROOT = Path(decai.__file__).parent
MODULES = sorted(ROOT.rglob("*.vy"))
MECHANISM = ROOT.parents[1] / "docs" / "mechanism.md"

FUNCTION = re.compile(
    r"^(?P<decorators>(?:@\w+\n)+)"
    r"def (?P<name>\w+)\((?P<parameters>[^)]*)\)(?: -> (?P<returns>[^\n]+))?:\n"
    r'(?:    """\n(?P<doc>.*?)    """\n)?',
    re.MULTILINE | re.DOTALL,
)
KINDS = (
    *("sparse-perceptron", "dense-perceptron", "naive-bayes", "sparse-centroid", "dense-centroid"),
    *("stakeable", "points"),
)
# One has its sentence from who calls; the others are for the compiler, which leaves out what does not apply.
SILENT = ("raise reason", "assert parameters.SHARED", "assert not parameters.SHARED")
SENTENCE = re.compile(r'"([a-z][a-z -]*: [^"\n]+)"')


@dataclass(frozen=True)
class Function:
    """A function of a module."""

    name: str
    parameters: tuple[str, ...]
    returns: bool
    doc: str | None


def functions(text: str) -> list[Function]:
    return [
        Function(
            found["name"],
            tuple(re.findall(r"(\w+): ", found["parameters"])),
            found["returns"] is not None,
            found["doc"],
        )
        for found in FUNCTION.finditer(text)
    ]


def sentences(text: str) -> set[str]:
    """What a module says in refusing."""
    code = re.sub(r'""".*?"""', "", text, flags=re.DOTALL)
    return set(SENTENCE.findall(code))


def sentences_in_python(path: Path) -> set[str]:
    """What a module says in refusing; a part that is known when it runs stands for any kind that there is."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and node.exc.args:
            said = node.exc.args[0]
            if isinstance(said, ast.Constant) and isinstance(said.value, str):
                found.add(said.value)
            elif isinstance(said, ast.JoinedStr) and is_of_a_kind(said):
                rest = "".join(str(part.value) for part in said.values[1:] if isinstance(part, ast.Constant))
                found |= {kind + rest for kind in KINDS}
    return found


def is_of_a_kind(said: ast.JoinedStr) -> bool:
    """Whether it is ``{self.kind}: `` and words that do not change."""
    first, *rest = said.values
    return ast.unparse(first).strip("f'{}") == "self.kind" and all(
        isinstance(part, ast.Constant) for part in rest
    )


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
class TestModule:
    """Each Vyper module."""

    @pytest.fixture
    def text(self, path: Path) -> str:
        return path.read_text(encoding="utf-8")

    def test_says_what_it_is(self, text: str) -> None:
        head = text.split('"""')[1]
        for tag in ("@title ", "@license MIT", "@notice "):
            assert tag in head

    def test_no_function_is_overlooked(self, text: str) -> None:
        assert len(functions(text)) == len(re.findall(r"^def ", text, re.MULTILINE))

    def test_documents_every_function_and_parameter(self, text: str) -> None:
        for function in functions(text):
            assert function.doc is not None, function.name
            tags = re.findall(r"@(\w+)", function.doc)
            assert "notice" in tags or "return" in tags, function.name
            if function.returns:
                assert "return" in tags, function.name
            described = re.findall(r"@param (\w+) \S", function.doc)
            assert described == list(function.parameters), function.name

    def test_documents_every_event_and_its_values(self, text: str) -> None:
        """In comments before it, since Vyper has no NatSpec for events."""
        events = re.findall(r"((?:^#[^\n]*\n)*)^event (\w+):\n((?:    \w+: [^\n]+\n)+)", text, re.MULTILINE)
        assert len(events) == len(re.findall(r"^event ", text, re.MULTILINE))
        for comment, name, fields in events:
            assert comment.startswith("# @notice "), name
            described = re.findall(r"# @param (\w+) \S", comment)
            assert described == re.findall(r"    (\w+): ", fields), name

    def test_refuses_in_the_words_of_a_twin_or_of_the_specification(self, text: str) -> None:
        twins = {sentence for path in ROOT.rglob("*.py") for sentence in sentences_in_python(path)}
        page = MECHANISM.read_text(encoding="utf-8")
        for sentence in sentences(text):
            assert sentence in twins or f"`{sentence}`" in page, sentence


def test_finds_the_sentences_that_there_are() -> None:
    found = {sentence for path in MODULES for sentence in sentences(path.read_text(encoding="utf-8"))}
    assert {
        "stakeable: already claimed",
        "points: the model agrees",
        "samples: not packed",
        "data handler: no such contribution",
        "payments: the recipient refused",
        "sparse-perceptron: has exactly two classes",
    } <= found
    assert len(found) > 25


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_refuses_with_a_sentence_of_its_part(path: Path) -> None:
    """Nothing is refused without a word on purpose, nor with words that are put together."""
    text = re.sub(r'""".*?"""', "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    for statement in re.findall(
        r"^\s*(?:assert|raise) .*?(?=\n\s*\n|\n    \S|\Z)", text, re.MULTILINE | re.DOTALL
    ):
        assert SENTENCE.search(statement) or statement.strip() in SILENT, statement
    for argument in re.findall(r"_refuse\(([^)]*)\)", text):
        # Sentences with a number of the model in them are made of the twin's.
        made = ("reason: String[64]", "parameters.WRONG_SIZE", "parameters.WRONG_NORM")
        assert SENTENCE.fullmatch(argument) or argument in (*made, "parameters.WRONG_CENTROID"), argument
        assert len(argument) <= 66
