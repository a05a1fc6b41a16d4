import { PASSWORD, type SetupStep } from '../../setup.ts'
import type { PostgresqlConfig } from '../config.ts'
import { quoteIdentifier } from '../quoting.ts'
import { ROLE } from './role-name.ts'
import type { ServiceFacts } from './service.ts'

/** The user, its role, and what lets it in and replicate. */
export function userSteps(config: PostgresqlConfig, service: ServiceFacts): readonly SetupStep[] {
  const { user, database } = config.connection
  const name = quoteIdentifier(user)
  const step = stepIn(database)
  return [
    step('user', 'The connector logs in as a user of its own, so that it has no more rights than it needs.', {
      statements: [`CREATE USER ${name} PASSWORD ${PASSWORD}`],
      done: { query: 'SELECT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = $1)', params: [user] },
    }),
    replication(user, service, step),
    step('role', 'A role holds the grants, so that another user can be given the same ones.', {
      statements: [`CREATE ROLE ${ROLE}`],
      done: { query: 'SELECT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = $1)', params: [ROLE] },
    }),
    step('role-member', 'The user has what the role has.', {
      statements: [`GRANT ${ROLE} TO ${name}`],
      done: { query: MEMBER, params: [ROLE, user] },
    }),
    step('connect', 'Where CONNECT was taken from everybody, the connector needs it.', {
      statements: [`GRANT CONNECT ON DATABASE ${quoteIdentifier(database)} TO ${ROLE}`],
      done: {
        query: `SELECT coalesce(pg_catalog.bool_and(pg_catalog.has_database_privilege(oid, $2, 'CONNECT')), false)
          FROM pg_catalog.pg_roles WHERE rolname = $1`,
        params: [user, database],
      },
    }),
  ]
}

const MEMBER = `SELECT EXISTS (SELECT FROM pg_catalog.pg_auth_members m JOIN pg_catalog.pg_roles g ON g.oid = m.roleid
  JOIN pg_catalog.pg_roles u ON u.oid = m.member WHERE g.rolname = $1 AND u.rolname = $2)`

const MAY_REPLICATE = `SELECT EXISTS (SELECT FROM pg_catalog.pg_roles u WHERE rolname = $1 AND (rolreplication OR rolsuper
  OR EXISTS (SELECT FROM pg_catalog.pg_auth_members m JOIN pg_catalog.pg_roles g ON g.oid = m.roleid
    WHERE m.member = u.oid AND g.rolname = 'rds_replication')))`

function replication(user: string, { replicationRole }: ServiceFacts, step: ReturnType<typeof stepIn>): SetupStep {
  const name = quoteIdentifier(user)
  return step('replication', 'Reading the change log needs the right to replicate, which no role can pass on.', {
    statements: [
      replicationRole === null ? `ALTER ROLE ${name} WITH REPLICATION` : `GRANT ${replicationRole} TO ${name}`,
    ],
    done: { query: MAY_REPLICATE, params: [user] },
  })
}

type StepParts = Pick<SetupStep, 'statements' | 'done'> & Partial<Omit<SetupStep, 'id' | 'why' | 'database'>>

/** Steps by `setup` in this database, unless their parts say otherwise. */
export function stepIn(database: string) {
  return (id: string, why: string, parts: StepParts): SetupStep => ({ id, why, by: 'setup', database, ...parts })
}
