import { setTimeout as sleep } from 'node:timers/promises'
import type { LocalMysql } from '../../../src/local-server/mysql/local-mysql.ts'
import type { BenchServer, BenchStage, LogStart, RowWriter, SourceEntry } from '../../stage.ts'
import { findMysqlbinlog } from './mysqlbinlog-peer.ts'
import { plainHash } from './plain-encoder.ts'
import { connect, DATABASE, endOfLog, type LogEnd, openWorkload, startServer, writeRows } from './workload.ts'
import { zongjiPeer } from './zongji-peer.ts'

/** More rows than for PostgreSQL, because these readers are so fast that starting a process would count for too much. */
const ROWS = 3_000_000
const ROW = `?, 1, 1.25, 'a note of about forty-five characters, 12345', SYSDATE(6), TRUE`

export function mysqlStage(kind: 'mysql' | 'mariadb'): BenchStage {
  return {
    kind,
    throughput: [
      { name: 'batched', rows: ROWS, rowsPerTransaction: 1000 },
      { name: 'single-row', rows: 600_000, rowsPerTransaction: 1 },
      { name: 'huge', rows: ROWS, rowsPerTransaction: ROWS },
    ],
    own: new Map(),
    start: () => startBenchServer(kind),
  }
}

async function startBenchServer(kind: 'mysql' | 'mariadb'): Promise<BenchServer> {
  const server = await startServer(kind)
  const client = await openWorkload(server)
  const beginning = await endOfLog(client, kind)
  let rowsWritten = 0
  const mysqlbinlog = findMysqlbinlog(server, beginning.file)
  return {
    peers: [...(mysqlbinlog === null ? [] : [mysqlbinlog]), zongjiPeer(server, beginning, () => rowsWritten)],
    async write(rows, rowsPerTransaction) {
      await writeRows(client, rows, rowsPerTransaction)
      rowsWritten = rows
    },
    async startOf(name, at) {
      return logStart(server, kind, name, at === 'beginning' ? beginning : await endOfLog(client, kind))
    },
    plainHash: () => plainHash(server, beginning.file),
    async streaming() {
      const sql = `SELECT 1 FROM information_schema.PROCESSLIST WHERE COMMAND LIKE 'Binlog Dump%'`
      while ((await client.query(sql)).length === 0) await sleep(5)
    },
    writer: () => openWriter(server),
    async idleSources(count, round) {
      const entries: SourceEntry[] = []
      for (let i = 0; i < count; i++) {
        const schema = `idle_${count}_${round}_${i}`
        for (const sql of heartbeatSql(schema)) await client.query(sql)
        entries.push({ ...entryOf(server, kind), heartbeat: { source: { schema } } })
      }
      return entries
    },
    async [Symbol.asyncDispose]() {
      await client[Symbol.asyncDispose]()
      await server[Symbol.asyncDispose]()
    },
  }
}

function logStart(server: LocalMysql, kind: 'mysql' | 'mariadb', name: string, { gtids }: LogEnd): LogStart {
  // The server keeps nothing for its readers.
  return { name, entry: entryOf(server, kind), position: gtids, [Symbol.asyncDispose]: () => Promise.resolve() }
}

function entryOf({ host, port, user, password }: LocalMysql, kind: 'mysql' | 'mariadb'): SourceEntry {
  const login = { host, port, user, password, tls: { mode: 'disable' } }
  const tables = [`${DATABASE}.orders`]
  return { kind, ...login, tables, ...(kind === 'mysql' ? { allowPublicKeyRetrieval: true } : {}) }
}

/** The heartbeat table, as the documentation creates it. */
function heartbeatSql(schema: string): readonly string[] {
  return [
    `CREATE DATABASE ${schema}`,
    `CREATE TABLE ${schema}.streamkap_heartbeat (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, text text CHARACTER SET utf8mb4,
      last_update timestamp(6) NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6))`,
    `INSERT INTO ${schema}.streamkap_heartbeat (id, text) VALUES (1, 'test_heartbeat')`,
  ]
}

async function openWriter(server: LocalMysql): Promise<RowWriter> {
  const client = await connect(server)
  return {
    async insert(id) {
      await client.query(`INSERT INTO orders VALUES (${ROW})`, [id])
    },
    [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
  }
}
