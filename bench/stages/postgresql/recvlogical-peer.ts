import { existsSync, readdirSync } from 'node:fs'
import type { LocalPostgresql } from '../../../src/local-server/postgresql/local-postgresql.ts'
import { measuredRun } from '../../measured-run.ts'
import type { Peer } from '../../stage.ts'
import { DATABASE, PUBLICATION } from './workload.ts'

const NAME = 'pg_recvlogical'

/**
 * The newest `pg_recvlogical` installed by Debian, which reads from the slot into /dev/null; null when there is none. `end`: the end of the
 * log that is read.
 */
export function findRecvlogical(server: LocalPostgresql, end: () => string): Peer | null {
  const path = newestPath()
  if (path === null) return null
  const connection = ['-h', server.host, '-p', String(server.port), '-U', server.user, '-d', DATABASE]
  const plugin = ['-o', 'proto_version=1', '-o', `publication_names=${PUBLICATION}`]
  const env = { ...process.env, PGPASSWORD: server.password }
  return {
    name: NAME,
    async run({ name }) {
      const slot = ['-S', name, '--start', ...plugin, '-f', '/dev/null', '-E', end(), '--no-loop']
      return measuredRun(path, [...connection, ...slot], env)
    },
  }
}

function newestPath(): string | null {
  const folder = '/usr/lib/postgresql'
  const versions = existsSync(folder) ? readdirSync(folder).toSorted((a, b) => Number(b) - Number(a)) : []
  return versions.map((version) => `${folder}/${version}/bin/${NAME}`).find((path) => existsSync(path)) ?? null
}
