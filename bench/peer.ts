import { existsSync, readdirSync } from 'node:fs'
import type { MeasuredRun } from './measured-run.ts'
import { measuredRun } from './measured-run.ts'
import { DATABASE, PUBLICATION, type Workload } from './workload.ts'

export const PEER = 'pg_recvlogical'

/** The newest `pg_recvlogical` installed by Debian; null when there is none. */
export function findPeer(): string | null {
  const folder = '/usr/lib/postgresql'
  const versions = existsSync(folder) ? readdirSync(folder).toSorted((a, b) => Number(b) - Number(a)) : []
  return versions.map((version) => `${folder}/${version}/bin/${PEER}`).find((path) => existsSync(path)) ?? null
}

/** Reads the whole workload from the slot into /dev/null. */
export async function runPeer(path: string, { server, end }: Workload, slot: string): Promise<MeasuredRun> {
  const connection = ['-h', server.host, '-p', String(server.port), '-U', server.user, '-d', DATABASE]
  const plugin = ['-o', 'proto_version=1', '-o', `publication_names=${PUBLICATION}`]
  const args = [...connection, '-S', slot, '--start', ...plugin, '-f', '/dev/null', '-E', end, '--no-loop']
  return measuredRun(path, args, { ...process.env, PGPASSWORD: server.password })
}
