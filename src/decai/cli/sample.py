"""From what a user gives to what a model takes: exact features, numbers, or whatever its encoder encodes."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from decai.cli.features import (
    Row,
    parse_features,
    parse_numbers,
    parse_vector,
    read_rows,
)
from decai.cli.options import Given
from decai.cli.show import clean, counted, hint
from decai.errors import InputError, Refused
from decai.samples import Features, Samples

if TYPE_CHECKING:
    from decai.chain.client import ChainTrainer
    from decai.encoder import Encoder, EncoderInfo, Sample

__all__ = ["ReadSample", "SampleReader", "read_one"]

_FIXED_POINT: Final = "multiply by 1e9, then round"
_SHOWN: Final = 6


class ReadSample(NamedTuple):
    """A sample that a model takes."""

    features: Features
    told: str = ""
    """What was done to what was given, if that is not plain to see."""
    knows_nothing: str = ""
    """Why it is a sample without features, if it is."""


class SampleReader:
    """Reads samples for one model.

    Parameters
    ----------
    trainer
        The model.
    """

    def __init__(self, trainer: "ChainTrainer") -> None:
        self._trainer = trainer
        self._info = trainer.info
        self._is_sparse = trainer.info.form.is_sparse

    def one(self, given: Given) -> ReadSample:
        """The sample that options name.

        Raises
        ------
        InputError
            If it is none that the model or its encoder takes.
        Refused
            In the words of the model's rules, if its features are malformed.
        MissingError
            If the encoder needs something that has to be fetched first.
        StorageError
            If a file cannot be read.
        """
        given.require_one()
        if given.row is not None and given.file is None:
            raise InputError("--row does not apply without --file; leave it out")
        if given.file is not None:
            return self._of_row(given.file, given.row)
        if given.features is not None:
            parse = parse_features if self._is_sparse else parse_vector
            with _named("--features"):
                read = ReadSample(parse(given.features))
            if not len(read.features):
                read = read._replace(knows_nothing="--features names no feature")
        elif given.numbers is not None:
            with _named("--numbers"):
                read = self._vector(parse_numbers(given.numbers))
        elif given.text is not None:
            read = self._of_text(given.text)
        else:
            from decai.cli.encoder import sample_of

            with _named("--sample"):
                read = self._encoded(sample_of(self._encoder_info.takes, str(given.sample)))
        self._check(read.features)
        return read

    def _check(self, features: Features) -> None:
        try:
            self._trainer.calls.check_features(features)
        except Refused as error:
            if not self._is_sparse:
                raise
            # The rule in the contract's words, and what of this sample breaks it.
            most, limit = self._info.max_features, 2**self._info.form.lane_bits
            if len(features) > most:
                raise Refused(f"{error}: {len(features):,}, and it takes {most:,} at most") from None
            outside = [index for index in features.tolist() if not 0 <= index < limit]
            raise Refused(f"{error}: {outside[0]}, and the largest is {limit - 1:,}") from None

    def _of_row(self, file: Path, row: int | None) -> ReadSample:
        samples = self.many(file)
        there = f"{file} has {counted(len(samples), 'sample')}"
        if row is None and len(samples) != 1:
            raise InputError(f"{there}; choose one by --row, from 0 on")
        if row is not None and row >= len(samples):
            raise InputError(f"{there}, and no sample {row}")
        return samples[row or 0]

    def many(self, path: Path) -> list[ReadSample]:
        """The samples in a file, in order; raises like `one`, naming the line."""
        rows = read_rows(path)
        table = [row for row in rows if any(row.cells)]
        header = table[0].cells if table else ()
        read: Callable[[Row], ReadSample]
        if fields := self._record_fields(header):
            rows, read = table[1:], self._reader_of_records(header, fields)
        elif self._is_sparse:
            read = _of_indices
        else:
            rows = table[_is_header(header) :]
            read = self._of_numbers
        samples = []
        for row in rows:
            with _named(row.where):
                samples.append(read(row))
                self._check(samples[-1].features)
        return samples

    def samples(self, path: Path) -> Samples:
        """All samples in a file in one; raises like `many`."""
        rows = [sample.features for sample in self.many(path)]
        if not self._is_sparse:
            return Samples.dense(rows)
        for number, row in enumerate(rows):
            if len(row) and int(row.max()) >= 2**31:
                raise InputError(
                    f"{path}: sample {number:,} has a feature index above {2**31 - 1:,}, which bulk "
                    "prediction cannot take"
                )
        return Samples.sparse(rows)

    @cached_property
    def _encoder_info(self) -> "EncoderInfo":
        from decai.encoder import info

        return info(self._info.encoder)

    @cached_property
    def _encoder(self) -> "Encoder":
        from decai.chain.kinds import vocabulary_of
        from decai.encoder import ModelShape, encoder_for

        info = self._info
        if not self._is_sparse:
            return encoder_for(info.encoder, ModelShape("dense", info.max_features))
        size = vocabulary_of(self._trainer.chain, info)
        return encoder_for(info.encoder, ModelShape("sparse", size, info.form.lane_bits))

    def _of_text(self, text: str) -> ReadSample:
        if self._encoder_info.takes != "text":
            other = "--features" if self._is_sparse else "--numbers"
            raise InputError(
                f"the encoder of this model is {self._info.encoder!r}, which takes no text; give {other}"
            )
        return self._encoded(text)

    def _encoded(self, sample: "Sample") -> ReadSample:
        features = self._encoder.encode(sample)
        nothing = ""
        if self._is_sparse and not len(features) and self._encoder_info.takes == "text":
            nothing = f"the encoder {self._info.encoder!r} knows no word of this text"
        return ReadSample(features, knows_nothing=nothing)

    def _vector(self, numbers: Sequence[float]) -> ReadSample:
        if self._is_sparse:
            raise InputError(
                "this model takes lists of feature indices and no other numbers; give --features"
            )
        size = self._info.max_features
        if len(numbers) != size:
            raise InputError(f"{counted(len(numbers), 'number')}, and this model takes {size:,}")
        if self._info.encoder.casefold() == _FIXED_POINT:
            return self._encoded(numbers)
        from decai.encoder import ModelShape, encoder_for

        features = encoder_for("unit norm", ModelShape("dense", size)).encode(numbers)
        shown = ", ".join(f"{value / 10**9:.6g}" for value in features[:_SHOWN].tolist())
        more = ", ..." if size > _SHOWN else ""
        return ReadSample(
            features, f"the numbers count by their proportions; scaled to norm 1: {shown}{more}"
        )

    def _of_numbers(self, row: Row) -> ReadSample:
        return self._vector(parse_numbers(",".join(row.cells)))

    def _record_fields(self, header: Sequence[str]) -> frozenset[str]:
        """Which columns of a table are fields of the records that the encoder takes."""
        if not header or not _is_header(header):
            return frozenset()
        try:
            fields = {field.name for field in self._encoder_info.fields}
        except InputError:
            # Features themselves can do without the encoder.
            return frozenset()
        return frozenset(fields.intersection(header))

    def _reader_of_records(
        self, header: Sequence[str], fields: frozenset[str]
    ) -> Callable[[Row], ReadSample]:
        left_out = [clean(name) for name in header if name not in fields]
        told = f"columns that the encoder does not take: {', '.join(left_out)}" if left_out else ""

        def read(row: Row) -> ReadSample:
            if len(row.cells) != len(header):
                raise InputError(
                    f"{counted(len(row.cells), 'column')}, and the first line names {len(header):,}"
                )
            cells = zip(header, row.cells, strict=True)
            record: Mapping[str, str] = {name: cell for name, cell in cells if name in fields}
            return self._encoded(record)._replace(told=told)

        return read


def read_one(trainer: "ChainTrainer", given: Given, as_json: bool) -> ReadSample:
    """The sample that a command names; tells a person what was done to it. Raises like `SampleReader.one`."""
    read = SampleReader(trainer).one(given)
    if read.told and not as_json:
        hint(read.told)
    return read


def _of_indices(row: Row) -> ReadSample:
    return ReadSample(parse_features(row.text))


def _is_header(cells: Sequence[str]) -> bool:
    """Whether a line names columns: none of its cells is a number."""
    return bool(cells) and not any(map(_is_number, cells))


def _is_number(cell: str) -> bool:
    try:
        float(cell.strip("[] "))
    except ValueError:
        return False
    return True


@contextmanager
def _named(where: str) -> Iterator[None]:
    """Let what is wrong with a line or an option begin with its name."""
    try:
        yield
    except (InputError, Refused) as error:
        raise InputError(f"{where}: {error}") from None
