import { PASSWORD, type SqlStep, stepIn } from '../../admin/sql-step.ts'
import type { PostgresqlConfig } from '../config.ts'
import { quoteIdentifier, quoteLiteral } from '../connect/quoting.ts'
import { passwordLiteral } from './password-literal.ts'
import type { ServiceFacts } from './service.ts'

/** Has the grants. The user is a member of it, so another user can replace it later. */
export const ROLE = 'streamkap_role'

/** The user, its role, and what it needs to log in and replicate. */
export function userSteps(config: PostgresqlConfig, service: ServiceFacts): readonly SqlStep[] {
  const { user, database } = config.connection
  const name = quoteIdentifier(user)
  const step = stepIn(database)
  return [
    step('user', 'The connector has its own user, with only the privileges that it needs.', {
      run: [`CREATE USER ${name} PASSWORD ${PASSWORD}`],
      placeholder: PASSWORD,
      passwordLiteral: (password) => passwordLiteral(password, service.takesVerifier),
      done: { query: 'SELECT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = $1)', params: [user] },
    }),
    replication(user, service, step),
    step('role', 'A role has the privileges, so that another user can get the same ones.', {
      run: [`CREATE ROLE ${ROLE}`],
      done: { query: 'SELECT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = $1)', params: [ROLE] },
    }),
    step('role-member', 'The user gets the privileges of the role.', {
      run: [`GRANT ${ROLE} TO ${name}`],
      done: { query: MEMBER, params: [ROLE, user] },
    }),
    roleSettingStep(config),
    step('connect', 'The connector needs CONNECT, where it was revoked from PUBLIC.', {
      run: [`GRANT CONNECT ON DATABASE ${quoteIdentifier(database)} TO ${ROLE}`],
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

/**
 * The role whose privileges apply to statements of the user `$1` in this database. It is the role that the most specific `ALTER ROLE ...
 * SET role` names, if the user is allowed to become it.
 */
export const ROLE_IN_FORCE = `(SELECT coalesce((SELECT r.oid FROM (
    SELECT substr(c, 6) AS name FROM pg_catalog.pg_db_role_setting d, unnest(d.setconfig) c
    WHERE c LIKE 'role=%' AND d.setrole IN (0, u.oid)
      AND d.setdatabase IN (0, (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database()))
    ORDER BY d.setrole <> 0 DESC, d.setdatabase <> 0 DESC LIMIT 1) s
  JOIN pg_catalog.pg_roles r ON r.rolname = s.name AND pg_catalog.pg_has_role(u.oid, r.oid, 'MEMBER')), u.oid)
  FROM pg_catalog.pg_roles u WHERE u.rolname = $1)`

/** The user's statements have the grants only through the role that its sessions switch to. */
function roleSettingStep({ connection }: PostgresqlConfig): SqlStep {
  const { user, database } = connection
  const has = `pg_catalog.pg_has_role(f.oid, g.oid, 'USAGE')`
  return stepIn(database)('role-setting', 'Statements of the user have the privileges of the role that it becomes.', {
    onlyWhere: `sessions of ${user} become another role (ALTER ROLE ... SET role)`,
    run: [
      `DO $grant$
DECLARE f regrole := ${ROLE_IN_FORCE.replaceAll('$1', () => quoteLiteral(user))};
BEGIN
  EXECUTE format('GRANT ${ROLE} TO %s', f);
END $grant$`,
    ],
    done: {
      query: `SELECT NOT EXISTS (SELECT FROM pg_catalog.pg_roles f WHERE f.oid = ${ROLE_IN_FORCE} AND f.rolname <> $1
        AND NOT EXISTS (SELECT FROM pg_catalog.pg_roles g WHERE g.rolname = $2 AND ${has}))`,
      params: [user, ROLE],
    },
  })
}

const MAY_REPLICATE = `SELECT EXISTS (SELECT FROM pg_catalog.pg_roles u WHERE rolname = $1 AND (rolreplication OR rolsuper
  OR EXISTS (SELECT FROM pg_catalog.pg_auth_members m JOIN pg_catalog.pg_roles g ON g.oid = m.roleid
    WHERE m.member = u.oid AND g.rolname = 'rds_replication')))`

function replication(user: string, { replicationRole }: ServiceFacts, step: ReturnType<typeof stepIn>): SqlStep {
  const name = quoteIdentifier(user)
  return step('replication', 'Reading the log needs REPLICATION, which is not inherited from a role.', {
    run: [replicationRole === null ? `ALTER ROLE ${name} WITH REPLICATION` : `GRANT ${replicationRole} TO ${name}`],
    done: { query: MAY_REPLICATE, params: [user] },
  })
}
