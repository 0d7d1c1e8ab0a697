import sqlalchemy as sa
from alembic import op

revision = "b2_phone"
down_revision = "a1_shop"


def upgrade():
    op.add_column("customers", sa.Column("phone", sa.Text))
    op.create_index("customers_phone", "customers", ["phone"])


def downgrade():
    op.drop_column("customers", "phone")
