import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import type { LocalPostgresql, PreparedCluster } from '../../src/local-server/postgresql/local-postgresql.ts'
import { spawnAs } from '../../src/local-server/unprivileged-user.ts'

const run = promisify(execFile)

/** The folder of template0. Its OID is fixed from 15 on. */
const TEMPLATE0 = join('base', '4')

/** Settings that keep a server small and quiet. */
export const TEMPLATE_SETTINGS: Readonly<Record<string, string>> = {
  autovacuum: 'off',
  jit: 'off',
  wal_init_zero: 'off',
}

/** A cluster that has never been started. The servers of a run are copies of it, because `initdb` takes longer than most tests. */
export interface Template {
  readonly dataDir: string
  /** A folder of the cluster that no server writes to, stored separately so that copies can share its files. null: there is none. */
  readonly unwritten: string | null
  readonly binDir: string
  readonly version: number
  readonly password: string
}

/** Call this only once per server. */
export function templateOf({ dataDir, binDir, version, password }: LocalPostgresql): Template {
  const template0 = join(dataDir, TEMPLATE0)
  const unwritten = existsSync(template0) ? join(dirname(dataDir), 'template0') : null
  if (unwritten !== null) renameSync(template0, unwritten)
  return { dataDir, unwritten, binDir, version, password }
}

/** Each copy is a distinct cluster: it has its own system identifier, by which Offbeat distinguishes servers. */
export function copyOf(template: Template): PreparedCluster {
  return {
    ...template,
    fill: async (dataDir, user) => {
      const as = { cwd: '/', ...spawnAs(user) }
      await run('cp', ['-a', '--reflink=auto', '--sparse=always', template.dataDir, dataDir], as)
      if (template.unwritten !== null)
        await run('cp', ['-a', '--link', template.unwritten, join(dataDir, TEMPLATE0)], as)
      identify(dataDir, randomBytes(4))
    },
  }
}

/**
 * Replaces the lower half of the system identifier. The upper half is the time of initdb. The identifier is stored twice: in the first
 * eight bytes of pg_control, whose CRC-32C follows its last field, and in the header of each log segment's first page
 * (XLogLongPageHeaderData), which has no checksum.
 */
function identify(dataDir: string, lowerHalf: Buffer): void {
  const file = join(dataDir, 'global', 'pg_control')
  const control = readFileSync(file)
  const end = endOfFields(control)
  lowerHalf.copy(control, 0)
  control.writeUInt32LE(crc32c(control, end), end)
  writeFileSync(file, control)
  for (const segment of readdirSync(join(dataDir, 'pg_wal')).filter((name) => /^[0-9A-F]{24}$/.test(name))) {
    const log = openSync(join(dataDir, 'pg_wal', segment), 'r+')
    writeSync(log, lowerHalf, 0, lowerHalf.length, 24)
    closeSync(log)
  }
}

/** The offset of the checksum in pg_control. It differs between versions. */
function endOfFields(control: Buffer): number {
  for (let end = 8; end <= control.length - 4; end += 4) {
    if (control.readUInt32LE(end) === crc32c(control, end)) return end
  }
  throw new Error('pg_control has no checksum')
}

/** The checksum of the first `length` bytes (Castagnoli's polynomial, reflected). */
function crc32c(bytes: Buffer, length: number): number {
  let crc = 0xffffffff
  for (const byte of bytes.subarray(0, length)) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0)
  }
  return ~crc >>> 0
}
