import sqlalchemy as sa
from alembic import op

revision = "c3_vouchers"
down_revision = "b2_phone"


def upgrade():
    op.create_table("vouchers", sa.Column("id", sa.Integer, primary_key=True), sa.Column("code", sa.Text, nullable=False))
    op.execute("update customers set name = upper(name)")


def downgrade():
    op.drop_table("vouchers")
    op.execute("update customers set name = lower(name)")
