import { writeFileSync } from 'node:fs'
import type { MysqlServer } from './mysql.ts'
import { type WatchedMysql, watchedMysql } from './mysql-watched.ts'
import { type OffbeatResult, runOffbeat } from './offbeat.ts'
import { type RunningOffbeat, runningOffbeat } from './running-offbeat.ts'
import { type TemporaryFolder, temporaryFolder } from './temporary-folder.ts'

/** A watched database, and a folder with a configuration in which it is the source `shop`. */
export interface PreparedMysqlShop extends WatchedMysql {
  readonly folder: TemporaryFolder
  /** The watched table's topic. */
  readonly topic: string
  /** Writes `offbeat.yaml`: the minimal configuration, overridden by the keys of `entry`. */
  configure(entry?: Readonly<Record<string, unknown>>): void
  offbeat(...args: readonly string[]): Promise<OffbeatResult>
  start(...args: readonly string[]): RunningOffbeat
  /** Reads to the end of the log. Fails if that fails. */
  runToHead(): Promise<void>
  /** The messages in the watched table's topic. */
  messages(): Promise<readonly Message[]>
}

interface Message {
  readonly topic: string
  readonly key: Readonly<Record<string, unknown>>
  readonly value: {
    readonly op: string
    readonly before: unknown
    readonly after: unknown
    readonly source: Readonly<Record<string, unknown>>
  }
}

export async function openPreparedShop(server: MysqlServer): Promise<PreparedMysqlShop> {
  const database = await watchedMysql(server)
  const folder = temporaryFolder()
  const cwd = folder.path
  const topic = `shop.${database.name}.item`
  const offbeat = (...args: readonly string[]) => runOffbeat(args, { cwd })
  const configure: PreparedMysqlShop['configure'] = (entry = {}) => {
    const shop = { ...database.entry, ...entry }
    const config = { sources: { shop }, sink: { kind: 'sqlite', path: 'offbeat.db' }, server: 'off' }
    // JSON is valid YAML.
    writeFileSync(folder.file('offbeat.yaml'), JSON.stringify(config), { mode: 0o600 })
  }
  configure()
  return {
    ...database,
    folder,
    topic,
    configure,
    offbeat,
    start: (...args) => runningOffbeat(args, { cwd }),
    async runToHead() {
      const { code, stderr } = await offbeat('run', '--until', 'head', '--quiet')
      if (code !== 0) throw new Error(`run ended with ${code}\n${stderr}`)
    },
    async messages() {
      const words = ['--topic', topic, '--since', '1h', '--idle-exit', '0ms', '--json']
      const { stdout } = await offbeat('tail', 'shop', ...words)
      const lines = stdout.split('\n').filter((line) => line !== '')
      return lines.map((line) => JSON.parse(line) as Message)
    },
    async [Symbol.asyncDispose]() {
      try {
        await database[Symbol.asyncDispose]()
      } finally {
        folder[Symbol.dispose]()
      }
    },
  }
}
