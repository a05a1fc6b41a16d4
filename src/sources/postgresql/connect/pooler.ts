import { OffbeatError } from '../../../model/error.ts'
import { forPerson, inFile, inShell } from '../../../model/fix.ts'
import type { JsonObject } from '../../../model/json.ts'
import { shellWord } from '../../../model/shell-word.ts'
import type { ServerError } from '../errors/server-error.ts'
import { psqlTarget } from './postgresql-target.ts'

/** Host names of services' own poolers, and where each service has the server itself. */
const BY_HOST: readonly { readonly host: RegExp; readonly pooler: string; readonly direct: string }[] = [
  {
    host: /\.pooler\.supabase\.com$/i,
    pooler: 'Supavisor',
    direct: 'use the direct connection of the Supabase project: db.<project>.supabase.co, port 5432',
  },
  {
    host: /-pooler\..*neon\.tech$/i,
    pooler: "Neon's PgBouncer",
    direct: "take -pooler out of the host: that is Neon's direct connection",
  },
  {
    host: /\.proxy-[^.]+\.[^.]+\.rds\.amazonaws\.com$/i,
    pooler: 'RDS Proxy',
    direct: 'use the endpoint of the RDS instance or of the Aurora cluster instead of that of the proxy',
  },
]

/** Answers to a startup parameter that only a pooler gives; a PostgreSQL server never does. */
const BY_ANSWER: readonly { readonly sqlstate: string; readonly answer: RegExp; readonly pooler: string }[] = [
  { sqlstate: '08P01', answer: /^unsupported startup parameter/, pooler: 'PgBouncer' },
  { sqlstate: '0A000', answer: /^Feature not supported: RDS Proxy /, pooler: 'RDS Proxy' },
]

export interface PoolerTarget {
  readonly host: string
  readonly port: number
  readonly database: string
  readonly user: string
}

/** The name of the pooler that answered our login; null: the answer came from a server. */
export function poolerOfAnswer({ sqlstate, message }: Pick<ServerError, 'sqlstate' | 'message'>): string | null {
  const known = BY_ANSWER.find((each) => each.sqlstate === sqlstate && each.answer.test(message ?? ''))
  return known?.pooler ?? null
}

/** The hosts whose names are those of a pooler, in words. */
export function poolersByName(hosts: readonly { readonly host: string }[]): readonly string[] {
  return hosts.flatMap(({ host }) => {
    const known = poolerOfHost(host)
    return known === null ? [] : [`${host} is a connection pooler (${known.pooler}): ${known.direct}.`]
  })
}

function poolerOfHost(host: string) {
  return BY_HOST.find((known) => known.host.test(host)) ?? null
}

const SERVER_ADDRESS = 'SELECT inet_server_addr(), inet_server_port()'

/** `pooler`: the name by which it identified itself; null: unknown. */
export function behindPooler(
  target: PoolerTarget,
  about: { readonly found: string; readonly pooler: string | null; readonly details?: JsonObject },
): OffbeatError {
  const known = poolerOfHost(target.host)
  const pooler = known?.pooler ?? about.pooler
  const at = `${target.host}:${target.port}`
  return new OffbeatError('POSTGRES_POOLER', {
    message: `cannot use ${at}: it is a connection pooler${pooler === null ? '' : ` (${pooler})`}, not the PostgreSQL server`,
    found: about.found,
    expected: 'the host and port of the PostgreSQL server itself: a pooler drops replication and session settings',
    fix:
      known === null
        ? [
            forPerson(
              'in the configuration, set host and port to those of the PostgreSQL server; this prints the address at which the pooler reaches it',
            ),
            inShell(`psql ${psqlTarget({ ...target, hosts: [target] })} -Atc ${shellWord(SERVER_ADDRESS)}`),
          ]
        : [inFile(known.direct)],
    details: { ...about.details, host: target.host, port: target.port, pooler },
  })
}
