"""The catalog's first tables."""

from alembic import op
from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKeyConstraint,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
    UniqueConstraint,
)

from decai.catalog.columns import AddressColumn, CleanText, Number, WeiColumn

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make them."""
    op.create_table(
        "allowed",
        Column("chain_id", Number, autoincrement=False, nullable=False),
        Column("address", AddressColumn(), nullable=False),
        PrimaryKeyConstraint("chain_id", "address", name=op.f("pk_allowed")),
    )
    op.create_table(
        "blocks",
        Column("chain_id", Number, autoincrement=False, nullable=False),
        Column("number", Number, autoincrement=False, nullable=False),
        Column("hash", LargeBinary(length=32), nullable=False),
        Column("is_kept", Boolean(), nullable=False),
        PrimaryKeyConstraint("chain_id", "number", name=op.f("pk_blocks")),
    )
    op.create_table(
        "chains",
        Column("chain_id", Number, autoincrement=False, nullable=False),
        Column("head", Number, nullable=False),
        Column("head_time", Number, nullable=False),
        Column("looked", Float(), nullable=False),
        Column("fault", CleanText(), nullable=True),
        PrimaryKeyConstraint("chain_id", name=op.f("pk_chains")),
    )
    op.create_table(
        "models",
        Column("id", Number, nullable=False),
        Column("chain_id", Number, nullable=False),
        Column("address", AddressColumn(), nullable=False),
        Column("added", Number, nullable=False),
        Column("classifier", CleanText(), nullable=False),
        Column("incentive", CleanText(), nullable=False),
        Column("name", CleanText(), nullable=False),
        Column("description", CleanText(), nullable=False),
        Column("encoder", CleanText(), nullable=False),
        Column("classes", CleanText(), nullable=False),
        Column("max_features", Number, nullable=False),
        Column("lane_bits", Number, nullable=False),
        Column("offset", Number, nullable=False),
        Column("vocabulary", Number, nullable=False),
        Column("refund_wait", Number, nullable=False),
        Column("owner_wait", Number, nullable=True),
        Column("any_wait", Number, nullable=True),
        Column("cost_weight", WeiColumn(), nullable=False),
        Column("shares", CleanText(), nullable=False),
        Column("name_key", LargeBinary(), nullable=False),
        Column("words", CleanText(), nullable=False),
        Column("first_block", Number, nullable=False),
        Column("scanned", Number, nullable=True),
        Column("state", String(length=8), nullable=False),
        Column("fault", CleanText(), nullable=True),
        Column("owner", AddressColumn(), nullable=True),
        Column("deployed", Number, nullable=True),
        Column("contributions", Number, nullable=False),
        Column("valid", Number, nullable=False),
        Column("claims", Number, nullable=False),
        Column("at_stake", WeiColumn(), nullable=False),
        Column("last_time", Number, nullable=True),
        Column("accuracy", Float(), nullable=True),
        Column("accuracy_block", Number, nullable=True),
        PrimaryKeyConstraint("id", name=op.f("pk_models")),
        UniqueConstraint("chain_id", "address", name=op.f("uq_models_chain_id_address")),
    )
    op.create_table(
        "accuracy",
        Column("id", Number, nullable=False),
        Column("model_id", Number, nullable=False),
        Column("block", Number, nullable=False),
        Column("time", Number, nullable=False),
        Column("accuracy", Float(), nullable=False),
        Column("tests", Number, nullable=True),
        Column("test_hash", LargeBinary(length=32), nullable=True),
        Column("transaction", LargeBinary(length=32), nullable=True),
        Column("measured", Boolean(), nullable=False),
        Column("added", Number, nullable=False),
        ForeignKeyConstraint(["model_id"], ["models.id"], name=op.f("fk_accuracy_model_id")),
        PrimaryKeyConstraint("id", name=op.f("pk_accuracy")),
    )
    op.create_index(op.f("ix_accuracy_model_id_block_id"), "accuracy", ["model_id", "block", "id"])
    op.create_table(
        "contributions",
        Column("model_id", Number, autoincrement=False, nullable=False),
        Column("number", Number, autoincrement=False, nullable=False),
        Column("key", LargeBinary(length=32), nullable=False),
        Column("features", LargeBinary(), nullable=False),
        Column("digest", LargeBinary(length=32), nullable=False),
        Column("label", Number, nullable=False),
        Column("added", Number, nullable=False),
        Column("author", AddressColumn(), nullable=False),
        Column("deposit", WeiColumn(), nullable=False),
        Column("left", WeiColumn(), nullable=False),
        Column("claims", Number, nullable=False),
        Column("block", Number, nullable=False),
        Column("position", Number, nullable=False),
        Column("transaction", LargeBinary(length=32), nullable=False),
        ForeignKeyConstraint(["model_id"], ["models.id"], name=op.f("fk_contributions_model_id")),
        PrimaryKeyConstraint("model_id", "number", name=op.f("pk_contributions")),
        UniqueConstraint("model_id", "key", name=op.f("uq_contributions_model_id_key")),
    )
    op.create_index(
        op.f("ix_contributions_author_added_model_id_number"),
        "contributions",
        ["author", "added", "model_id", "number"],
    )
    op.create_index(op.f("ix_contributions_transaction"), "contributions", ["transaction"])
    op.create_table(
        "events",
        Column("model_id", Number, autoincrement=False, nullable=False),
        Column("block", Number, autoincrement=False, nullable=False),
        Column("position", Number, autoincrement=False, nullable=False),
        Column("time", Number, nullable=False),
        Column("transaction", LargeBinary(length=32), nullable=False),
        Column("name", CleanText(), nullable=False),
        Column("account", AddressColumn(), nullable=True),
        Column("values", CleanText(), nullable=False),
        ForeignKeyConstraint(["model_id"], ["models.id"], name=op.f("fk_events_model_id")),
        PrimaryKeyConstraint("model_id", "block", "position", name=op.f("pk_events")),
    )
    op.create_table(
        "samples",
        Column("id", Number, nullable=False),
        Column("model_id", Number, nullable=False),
        Column("transaction", LargeBinary(length=32), nullable=False),
        Column("digest", LargeBinary(length=32), nullable=False),
        Column("kind", String(length=8), nullable=False),
        Column("content", LargeBinary(), nullable=False),
        Column("added", Number, nullable=False),
        ForeignKeyConstraint(["model_id"], ["models.id"], name=op.f("fk_samples_model_id")),
        PrimaryKeyConstraint("id", name=op.f("pk_samples")),
        UniqueConstraint(
            "model_id", "transaction", "digest", name=op.f("uq_samples_model_id_transaction_digest")
        ),
    )
    op.create_index(op.f("ix_samples_transaction"), "samples", ["transaction"])
    op.create_table(
        "standings",
        Column("model_id", Number, autoincrement=False, nullable=False),
        Column("address", AddressColumn(), nullable=False),
        Column("contributions", Number, nullable=False),
        Column("valid", Number, nullable=False),
        Column("claims", Number, nullable=False),
        Column("deposited", WeiColumn(), nullable=False),
        Column("refunded", WeiColumn(), nullable=False),
        Column("rewarded", WeiColumn(), nullable=False),
        Column("lost", WeiColumn(), nullable=False),
        ForeignKeyConstraint(["model_id"], ["models.id"], name=op.f("fk_standings_model_id")),
        PrimaryKeyConstraint("model_id", "address", name=op.f("pk_standings")),
    )
    op.create_index(op.f("ix_standings_address"), "standings", ["address"])
    op.create_table(
        "claims",
        Column("model_id", Number, autoincrement=False, nullable=False),
        Column("block", Number, autoincrement=False, nullable=False),
        Column("position", Number, autoincrement=False, nullable=False),
        Column("number", Number, nullable=False),
        Column("claimer", AddressColumn(), nullable=False),
        Column("path", Number, nullable=False),
        Column("amount", WeiColumn(), nullable=False),
        Column("time", Number, nullable=False),
        Column("transaction", LargeBinary(length=32), nullable=False),
        ForeignKeyConstraint(
            ["model_id", "number"],
            ["contributions.model_id", "contributions.number"],
            name=op.f("fk_claims_model_id_number"),
        ),
        ForeignKeyConstraint(["model_id"], ["models.id"], name=op.f("fk_claims_model_id")),
        PrimaryKeyConstraint("model_id", "block", "position", name=op.f("pk_claims")),
    )
    op.create_index(
        op.f("ix_claims_claimer_time_model_id_block_position"),
        "claims",
        ["claimer", "time", "model_id", "block", "position"],
    )
    op.create_index(op.f("ix_claims_model_id_number"), "claims", ["model_id", "number"])
