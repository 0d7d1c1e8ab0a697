import { python, virtualEnvironment } from '../python-packages.ts'
import type { System } from '../system.ts'

/** Alembic and psycopg 3: URLs are `postgresql+psycopg://…`. */
export const alembic: System = {
  name: 'alembic',
  version: '1.20.1',
  summary: 'Alembic with SQLAlchemy and psycopg 3, in a Python environment of its own',
  needs: [python],
  cost: { installSeconds: 15, diskMegabytes: 60, startSeconds: 0, memoryMegabytes: 0 },
  installation: virtualEnvironment('alembic', [
    'alembic==1.20.1',
    'mako==1.4.3',
    'markupsafe==3.0.4',
    'psycopg==3.3.9',
    'psycopg-binary==3.3.9',
    'sqlalchemy==2.1.9',
    'typing-extensions==4.16.0',
  ]),
}
