import sqlalchemy as sa
from alembic import op

revision = "a1_shop"
down_revision = None


def upgrade():
    op.create_table("customers", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.Text, nullable=False))
    op.create_table("orders", sa.Column("id", sa.Integer, primary_key=True), sa.Column("customer_id", sa.Integer, sa.ForeignKey("customers.id")))


def downgrade():
    op.drop_table("orders")
    op.drop_table("customers")
