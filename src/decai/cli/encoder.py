"""``decai encoder``: what turns texts, pictures and numbers into features."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import typer

from decai.cli import complete
from decai.errors import InputError, StorageError

if TYPE_CHECKING:
    from decai.encoder import Sample

__all__ = ["app", "sample_of"]

app = typer.Typer(help="Show, fetch and try what turns texts, pictures and numbers into features.")

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Name = Annotated[str, typer.Argument(autocompletion=complete.encoders)]
_SAMPLES: Final = {
    "text": "a text",
    "image": "a picture's file",
    "numbers": "numbers",
    "record": "fields",
}
_FORMS: Final = {"sparse": "lists of features", "dense": "vectors"}


@app.command("list")
def list_encoders(as_json: Json = False) -> None:
    """List the encoders, those of plug-ins too."""
    from decai.encoder import available

    infos = available()
    if as_json:
        print(json.dumps({"encoders": [asdict(about) for about in infos]}))
        return
    width = max(len(about.name) for about in infos)
    for about in infos:
        print(f"{about.name:{width}}  {_SAMPLES[about.takes]:15} {about.title}")


@app.command("info")
def show_encoder(name: Name, as_json: Json = False) -> None:
    """Tell what an encoder takes and gives, and where what it has learned comes from."""
    from decai.encoder import info

    about = info(name)
    if as_json:
        print(json.dumps(asdict(about)))
        return
    print(f"{about.title} ({about.name}): {about.description}")
    size = f", {about.size} numbers" if about.size else ""
    exact = "to the last digit" if about.is_exact else "to five digits"
    for key, text in (
        (
            "takes",
            _SAMPLES[about.takes] + "".join(f"\n            {f.name}: {f.title}" for f in about.fields),
        ),
        ("gives", " or ".join(_FORMS[form] for form in about.forms) + size),
        ("machines", f"agree {exact}"),
        ("source", about.source or "nothing learned"),
        ("licence", about.license or "none needed"),
        ("get it", about.fetch or "nothing has to be fetched"),
    ):
        print(f"  {key:9} {text}")


@app.command("fetch")
def fetch_encoder(
    name: Annotated[str | None, typer.Argument(autocompletion=complete.encoders)] = None,
    everything: Annotated[bool, typer.Option("--all", help="Whatever any encoder has to fetch.")] = False,
    as_json: Json = False,
) -> None:
    """Get what an encoder needs onto this machine, unless it is there and intact."""
    from decai.encoder import available, fetch

    if (name is None) != everything:
        raise InputError("name one encoder, or give --all")
    fetched = [a.name for a in available() if a.fetch and " fetch " in a.fetch] if name is None else [name]
    paths = {each: str(fetch(each, progress=None if as_json else print)) for each in fetched}
    if as_json:
        print(json.dumps({"fetched": paths}))


@app.command("install")
def install_file(name: Name, file: Annotated[Path, typer.Argument()], as_json: Json = False) -> None:
    """Take over a file that an encoder needs and that nobody may hand on."""
    from decai.encoder import install

    path = install(name, file)
    print(json.dumps({"file": str(path)}) if as_json else f"{path}: taken over")


@app.command("encode")
def encode_sample(
    name: Name,
    sample: Annotated[
        str, typer.Argument(help="A text, a file, numbers such as 1,2, or fields such as a=1,b=2.")
    ],
    form: Annotated[
        str | None, typer.Option(help="sparse or dense, where the encoder has both; its only one otherwise.")
    ] = None,
    size: Annotated[
        int | None,
        typer.Option(min=1, max=2**31, help="Features of the model; by default the encoder's, or 1,000."),
    ] = None,
    index_bits: Annotated[int, typer.Option(min=1, max=32, help="Bits of a feature index.")] = 32,
    as_json: Json = False,
) -> None:
    """Show the features of one sample."""
    from decai.encoder import ModelShape, encoder_for, info

    about = info(name)
    taken = sample_of(about.takes, sample)
    length = size or about.size or (len(taken) if about.takes == "numbers" else 1000)
    encoder = encoder_for(name, ModelShape(_form(about.forms, form), length, index_bits))
    features = encoder.encode(taken).tolist()
    if as_json:
        names = [encoder.feature_name(j) for j in features] if encoder_is_sparse(about.forms, form) else None
        print(json.dumps({"features": features, "names": names}))
        return
    print(",".join(map(str, features)))


def encoder_is_sparse(forms: tuple[str, ...], form: str | None) -> bool:
    """Whether features are indices."""
    return _form(forms, form) == "sparse"


def _form(forms: tuple[str, ...], form: str | None) -> Literal["sparse", "dense"]:
    chosen = form or forms[0]
    if chosen not in forms:
        raise InputError(f"{chosen!r} is no form of this encoder; it has {' and '.join(forms)}")
    return "sparse" if chosen == "sparse" else "dense"


def sample_of(takes: str, text: str) -> "Sample":
    """A sample as it is written on the command line.

    Parameters
    ----------
    takes
        What the encoder takes: ``text``, ``image``, ``numbers`` or ``record``.
    text
        The text itself; the path of a picture; numbers, or fields such as ``a=1``, with commas; or fields
        as a JSON object.

    Raises
    ------
    InputError
        If it is nothing of the kind.
    StorageError
        If the picture cannot be read.

    Examples
    --------
    >>> sample_of("numbers", "1, 2.5"), sample_of("record", "sex=male,age=30")
    ([1.0, 2.5], {'sex': 'male', 'age': '30'})
    """
    if takes == "text":
        return text
    if takes == "image":
        return _picture(Path(text))
    return _numbers(text) if takes == "numbers" else _record(text)


def _picture(path: Path) -> bytes:
    from decai.encoder.image import LARGEST_FILE

    try:
        if path.stat().st_size > LARGEST_FILE:
            raise InputError(f"{path}: is larger than {LARGEST_FILE // 2**20} MB")
        return path.read_bytes()
    except (OSError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise StorageError(f"{path}: cannot be read ({getattr(error, 'strerror', None) or error})") from None


def _numbers(text: str) -> list[float]:
    inner = text.strip().removeprefix("[").removesuffix("]").strip()
    numbers = []
    for word in inner.split(",") if inner else []:
        try:
            numbers.append(float(word))
        except ValueError:
            raise InputError(f"{word.strip()[:40]!r} is no number; give numbers such as 1,2.5") from None
    return numbers


def _record(text: str) -> dict[str, str]:
    if text.lstrip().startswith("{"):
        try:
            found: Any = json.loads(text)
        except (ValueError, RecursionError):
            raise InputError("the fields are no JSON object") from None
        return {str(key): value for key, value in found.items()}
    record = {}
    for part in text.split(","):
        key, equals, value = part.partition("=")
        if not equals:
            raise InputError(f"{part.strip()[:40]!r} is no field; give fields such as sex=male,age=30")
        record[key.strip()] = value.strip()
    return record
