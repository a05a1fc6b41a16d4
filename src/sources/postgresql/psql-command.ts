import type { PostgresqlConfig } from './config.ts'
import { conninfoValue, shellQuoted } from './quoting.ts'

type Target = Pick<PostgresqlConfig['connection'], 'hosts' | 'database' | 'user'>

/** Whom psql is to ask, as one word of a shell's line. Of several hosts it finds the primary by itself; the password is asked for, or taken from ~/.pgpass. */
export function psqlTarget({ hosts, database, user }: Target, more: readonly string[] = []): string {
  const words = [
    `host=${hosts.map(({ host }) => conninfoValue(host)).join(',')}`,
    `port=${hosts.map(({ port }) => port).join(',')}`,
    `dbname=${conninfoValue(database)}`,
    `user=${conninfoValue(user)}`,
    ...(hosts.length > 1 ? ['target_session_attrs=primary'] : []),
    ...more,
  ]
  return shellQuoted(words.join(' '))
}
