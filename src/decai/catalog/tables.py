"""The catalog's tables. What they mean is said in ``docs/catalog.md``; ``migrations/`` makes them."""

from typing import Final

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
)

from decai.catalog.columns import AddressColumn, CleanText, Number, WeiColumn

__all__ = [
    "METADATA",
    "VERSION_TABLE",
    "accuracy",
    "allowed",
    "blocks",
    "chains",
    "claims",
    "contributions",
    "events",
    "models",
    "samples",
    "standings",
]

VERSION_TABLE: Final = "decai_catalog"
"""Where Alembic keeps the version of the tables."""

METADATA: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

chains: Final = Table(
    "chains",
    METADATA,
    Column("chain_id", Number, primary_key=True, autoincrement=False),
    Column("head", Number, nullable=False),
    Column("head_time", Number, nullable=False),
    Column("looked", Float, nullable=False),
    Column("fault", CleanText),
)
"""How far each chain was when it was looked at last, and what was wrong then."""

blocks: Final = Table(
    "blocks",
    METADATA,
    Column("chain_id", Number, primary_key=True, autoincrement=False),
    Column("number", Number, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary(32), nullable=False),
    Column("is_kept", Boolean, nullable=False),
)
"""The hashes of recent blocks, and of some before that are kept: by them a reorganisation is found."""

models: Final = Table(
    "models",
    METADATA,
    Column("id", Number, primary_key=True),
    Column("chain_id", Number, nullable=False),
    Column("address", AddressColumn, nullable=False),
    Column("added", Number, nullable=False),
    # What the contract says of itself.
    Column("classifier", CleanText, nullable=False),
    Column("incentive", CleanText, nullable=False),
    Column("name", CleanText, nullable=False),
    Column("description", CleanText, nullable=False),
    Column("encoder", CleanText, nullable=False),
    Column("classes", CleanText, nullable=False),
    Column("max_features", Number, nullable=False),
    Column("lane_bits", Number, nullable=False),
    Column("offset", Number, nullable=False),
    Column("vocabulary", Number, nullable=False),
    Column("refund_wait", Number, nullable=False),
    Column("owner_wait", Number),
    Column("any_wait", Number),
    Column("cost_weight", WeiColumn, nullable=False),
    Column("shares", CleanText, nullable=False),
    # To search and sort by.
    Column("name_key", LargeBinary, nullable=False),
    Column("words", CleanText, nullable=False),
    # How far its events were read: all of first_block to scanned.
    Column("first_block", Number, nullable=False),
    Column("scanned", Number),
    Column("state", String(8), nullable=False),
    Column("fault", CleanText),
    # What its events come to.
    Column("owner", AddressColumn),
    Column("deployed", Number),
    Column("contributions", Number, nullable=False),
    Column("valid", Number, nullable=False),
    Column("claims", Number, nullable=False),
    Column("at_stake", WeiColumn, nullable=False),
    Column("last_time", Number),
    Column("accuracy", Float),
    Column("accuracy_block", Number),
    UniqueConstraint("chain_id", "address"),
)

allowed: Final = Table(
    "allowed",
    METADATA,
    Column("chain_id", Number, primary_key=True, autoincrement=False),
    Column("address", AddressColumn, primary_key=True),
)
"""The models whose texts and samples need not be hidden."""

_MODEL: Final = "models.id"

events: Final = Table(
    "events",
    METADATA,
    Column("model_id", Number, ForeignKey(_MODEL), primary_key=True, autoincrement=False),
    Column("block", Number, primary_key=True, autoincrement=False),
    Column("position", Number, primary_key=True, autoincrement=False),
    Column("time", Number, nullable=False),
    Column("transaction", LargeBinary(32), nullable=False),
    Column("name", CleanText, nullable=False),
    Column("account", AddressColumn),
    Column("values", CleanText, nullable=False),
)
"""Every event of a model, whatever its kind; the features of contributions are in `contributions` alone."""

contributions: Final = Table(
    "contributions",
    METADATA,
    Column("model_id", Number, ForeignKey(_MODEL), primary_key=True, autoincrement=False),
    Column("number", Number, primary_key=True, autoincrement=False),
    Column("key", LargeBinary(32), nullable=False),
    Column("features", LargeBinary, nullable=False),
    Column("digest", LargeBinary(32), nullable=False),
    Column("label", Number, nullable=False),
    Column("added", Number, nullable=False),
    Column("author", AddressColumn, nullable=False),
    Column("deposit", WeiColumn, nullable=False),
    Column("left", WeiColumn, nullable=False),
    Column("claims", Number, nullable=False),
    Column("block", Number, nullable=False),
    Column("position", Number, nullable=False),
    Column("transaction", LargeBinary(32), nullable=False),
    UniqueConstraint("model_id", "key"),
    Index(None, "author", "added", "model_id", "number"),
    Index(None, "transaction"),
)

claims: Final = Table(
    "claims",
    METADATA,
    Column("model_id", Number, ForeignKey(_MODEL), primary_key=True, autoincrement=False),
    Column("block", Number, primary_key=True, autoincrement=False),
    Column("position", Number, primary_key=True, autoincrement=False),
    Column("number", Number, nullable=False),
    Column("claimer", AddressColumn, nullable=False),
    Column("path", Number, nullable=False),
    Column("amount", WeiColumn, nullable=False),
    Column("time", Number, nullable=False),
    Column("transaction", LargeBinary(32), nullable=False),
    ForeignKeyConstraint(["model_id", "number"], ["contributions.model_id", "contributions.number"]),
    Index(None, "model_id", "number"),
    Index(None, "claimer", "time", "model_id", "block", "position"),
)

standings: Final = Table(
    "standings",
    METADATA,
    Column("model_id", Number, ForeignKey(_MODEL), primary_key=True, autoincrement=False),
    Column("address", AddressColumn, primary_key=True),
    Column("contributions", Number, nullable=False),
    Column("valid", Number, nullable=False),
    Column("claims", Number, nullable=False),
    Column("deposited", WeiColumn, nullable=False),
    Column("refunded", WeiColumn, nullable=False),
    Column("rewarded", WeiColumn, nullable=False),
    Column("lost", WeiColumn, nullable=False),
    Index(None, "address"),
)
"""What each account has done with each model, and what came of it."""

samples: Final = Table(
    "samples",
    METADATA,
    Column("id", Number, primary_key=True),
    Column("model_id", Number, ForeignKey(_MODEL), nullable=False),
    Column("transaction", LargeBinary(32), nullable=False),
    Column("digest", LargeBinary(32), nullable=False),
    Column("kind", String(8), nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("added", Number, nullable=False),
    UniqueConstraint("model_id", "transaction", "digest"),
    Index(None, "transaction"),
)
"""What was encoded into the features of a transaction; belongs to its contribution of the same digest."""

accuracy: Final = Table(
    "accuracy",
    METADATA,
    Column("id", Number, primary_key=True),
    Column("model_id", Number, ForeignKey(_MODEL), nullable=False),
    Column("block", Number, nullable=False),
    Column("time", Number, nullable=False),
    Column("accuracy", Float, nullable=False),
    Column("tests", Number),
    Column("test_hash", LargeBinary(32)),
    Column("transaction", LargeBinary(32)),
    Column("measured", Boolean, nullable=False),
    Column("added", Number, nullable=False),
    Index(None, "model_id", "block", "id"),
)
"""How good models were, and on which committed test set."""
