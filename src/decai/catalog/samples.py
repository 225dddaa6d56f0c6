"""Samples as people gave them, each known to be what a contribution's features were made of."""

import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from time import time
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, Select, and_, exists, select

from decai.catalog.columns import MOST_INTEGER
from decai.catalog.database import Database, insert
from decai.catalog.history import History
from decai.catalog.models import Models
from decai.catalog.paging import page_of
from decai.catalog.records import Contributed, Model, Page, SampleKind, SampleRecord
from decai.catalog.tables import allowed, contributions, models, samples
from decai.encoder import Encoder, ModelShape, Sample, encoder_for
from decai.errors import InputError
from decai.units import Seconds

__all__ = ["LARGEST_SAMPLE", "Samples", "content_of", "encoder_of", "sample_of"]

LARGEST_SAMPLE: Final = 2**20
"""Bytes of a sample."""


@lru_cache(maxsize=64)
def _encoder(name: str, shape: ModelShape) -> Encoder:
    return encoder_for(name, shape)


def encoder_of(model: Model) -> Encoder:
    """What makes features for a model.

    Raises
    ------
    InputError
        If there is no encoder of the name that the model gives, or it does not fit to the model.
    """
    if model.form.is_sparse:
        return _encoder(model.encoder, ModelShape("sparse", model.vocabulary, model.form.lane_bits))
    return _encoder(model.encoder, ModelShape("dense", model.vocabulary))


def content_of(sample: Sample) -> tuple[SampleKind, bytes]:
    """A sample as it is kept: a text in UTF-8, a picture's file as it is, the others in JSON.

    Raises
    ------
    InputError
        If it cannot be kept.

    Examples
    --------
    >>> content_of("good"), content_of([1, 0.5])
    ((<SampleKind.TEXT: 'text'>, b'good'), (<SampleKind.NUMBERS: 'numbers'>, b'[1, 0.5]'))
    """
    try:
        if isinstance(sample, str):
            kind, content = SampleKind.TEXT, sample.encode()
        elif isinstance(sample, (bytes, bytearray)):
            kind, content = SampleKind.IMAGE, bytes(sample)
        elif isinstance(sample, Mapping):
            kind, content = SampleKind.RECORD, json.dumps(dict(sample), ensure_ascii=False).encode()
        else:
            kind, content = SampleKind.NUMBERS, json.dumps(list(sample), allow_nan=False).encode()
    except UnicodeEncodeError:
        raise InputError("the text has half of a character in it") from None
    except (TypeError, ValueError):
        raise InputError("this is no sample: a text, a picture, numbers or a record") from None
    if len(content) > LARGEST_SAMPLE:
        raise InputError(f"a sample has at most {LARGEST_SAMPLE:,} bytes; this has {len(content):,}")
    return kind, content


def sample_of(record: SampleRecord) -> Sample:
    """The inverse of `content_of`."""
    if record.kind is SampleKind.IMAGE:
        return record.content
    text = record.content.decode()
    sample: Sample = text if record.kind is SampleKind.TEXT else json.loads(text)
    return sample


class Samples:
    """The samples of a catalog.

    Parameters
    ----------
    database
        With the catalog's tables.
    encoders
        Gives the encoder of a model; by default the one that it names.
    """

    def __init__(self, database: Database, encoders: Callable[[Model], Encoder] = encoder_of) -> None:
        self._database = database
        self._encoders = encoders

    def add(self, transaction: bytes, sample: Sample, *, model_id: int | None = None) -> SampleRecord:
        """Take a sample in, if its features are those that a transaction contributed.

        The first one is kept: another sample may have the same features.

        Parameters
        ----------
        transaction
            Its hash.
        sample
            A text, the content of a picture's file, numbers, or a record.
        model_id
            Of the model that it was contributed to; None finds it out.

        Raises
        ------
        InputError
            If the catalog knows no such contribution, the sample is none or has other features, or another
            sample is there already.
        MissingError
            If the encoder needs something that is not there.
        StorageError
            If the database fails.
        """
        kind, content = content_of(sample)
        found = [
            each
            for each in History(self._database).contributions_of(transaction)
            if model_id in (None, each.model_id)
        ]
        if not found:
            raise InputError("the catalog knows of no contribution in this transaction")
        for contribution in found:
            encoder = self._encoders(Models(self._database).get(contribution.model_id))
            if encoder.matches(sample, contribution.features):
                return self._enter(contribution, kind, content)
        raise InputError("this is not the sample that was contributed in this transaction")

    def _enter(self, contribution: Contributed, kind: SampleKind, content: bytes) -> SampleRecord:
        with self._database.writing() as connection:
            row = insert(connection, samples).values(
                model_id=contribution.model_id,
                transaction=contribution.transaction,
                digest=contribution.digest,
                kind=kind,
                content=content,
                added=int(time()),
            )
            connection.execute(row.on_conflict_do_nothing())
        kept = self.of(contribution)
        assert kept is not None, "it was entered"
        if (kept.kind, kept.content) != (kind, content):
            raise InputError("another sample with the same features is there already")
        return kept

    def of(self, contribution: Contributed) -> SampleRecord | None:
        """The sample of a contribution, if it is known."""
        query = _query().where(
            samples.c.model_id == contribution.model_id,
            samples.c.transaction == contribution.transaction,
            samples.c.digest == contribution.digest,
        )
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else _sample(row)

    def of_transaction(self, transaction: bytes) -> tuple[SampleRecord, ...]:
        """The samples that a transaction contributed, as far as they are known, a hundred at most."""
        query = _query().where(samples.c.transaction == transaction, _is_contributed())
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(samples.c.id).limit(100))
            return tuple(_sample(row) for row in rows)

    def page(self, model_id: int, *, after: str | None = None, limit: int = 20) -> Page[SampleRecord]:
        """A page of the samples of a model, what was added last first.

        Raises
        ------
        InputError
            If there can be no such page.
        StorageError
            If the database fails.
        """
        within = max(-1, min(model_id, MOST_INTEGER))
        query = _query().where(samples.c.model_id == within, _is_contributed())
        with self._database.reading() as connection:
            return page_of(connection, query, [(samples.c.id, True)], _sample, after=after, limit=limit)


def _query() -> Select[Any]:
    on_list = and_(allowed.c.chain_id == models.c.chain_id, allowed.c.address == models.c.address)
    verified = allowed.c.address.is_not(None).label("verified")
    return (
        select(samples, verified).join(models, models.c.id == samples.c.model_id).outerjoin(allowed, on_list)
    )


def _is_contributed() -> ColumnElement[bool]:
    """Whether its contribution is on the chain; after a reorganisation it may be there again later."""
    return exists().where(
        contributions.c.model_id == samples.c.model_id,
        contributions.c.transaction == samples.c.transaction,
        contributions.c.digest == samples.c.digest,
    )


def _sample(row: Row[Any]) -> SampleRecord:
    return SampleRecord(
        id=row.id,
        model_id=row.model_id,
        transaction=bytes(row.transaction),
        digest=bytes(row.digest),
        kind=SampleKind(row.kind),
        content=bytes(row.content),
        added=Seconds(row.added),
        verified=bool(row.verified),
    )
