import pg from 'pg'
import type { BenchServer, BenchStage, LogStart, RowWriter, SourceEntry } from '../../stage.ts'
import { benchCost } from './cost-profile.ts'
import { prepareDatabases } from './idle-databases.ts'
import { plainHash } from './plain-encoder.ts'
import { findRecvlogical } from './recvlogical-peer.ts'
import { benchStartup } from './startup-profile.ts'
import {
  copySlot,
  DATABASE,
  dropSlot,
  newSlot,
  openWorkload,
  PUBLICATION,
  startServer,
  streaming,
  writeRows,
} from './workload.ts'

const NO_TLS = { mode: 'disable' }
const ROW = `$1, $1, 1.25, 'a note of about forty-five characters, 12345', clock_timestamp(), true`

export const postgresqlStage: BenchStage = {
  kind: 'postgresql',
  throughput: [
    { name: 'batched', rows: 1_000_000, rowsPerTransaction: 1000 },
    { name: 'single-row', rows: 200_000, rowsPerTransaction: 1 },
    { name: 'huge', rows: 1_000_000, rowsPerTransaction: 1_000_000 },
  ],
  own: new Map([
    ['cost', benchCost],
    ['startup', benchStartup],
  ]),
  start: async (profile) =>
    startBenchServer(profile === 'idle' ? { max_connections: '500', shared_buffers: '64MB' } : {}),
}

async function startBenchServer(settings: Record<string, string>): Promise<BenchServer> {
  const server = await startServer(settings)
  const client = await openWorkload(server)
  let end = ''
  const peer = findRecvlogical(server, () => end)
  const startOf = async (name: string, at: 'beginning' | 'end'): Promise<LogStart> => {
    const position = at === 'end' ? await newSlot(client, name) : await copySlot(client, name)
    const entry: SourceEntry = {
      kind: 'postgresql',
      url: server.url(DATABASE),
      slot: name,
      publication: PUBLICATION,
      tls: NO_TLS,
    }
    return { name, entry, position, [Symbol.asyncDispose]: () => dropSlot(client, name) }
  }
  return {
    peers: peer === null ? [] : [peer],
    async write(rows, rowsPerTransaction) {
      end = await writeRows(client, rows, rowsPerTransaction)
    },
    startOf,
    plainHash: ({ name, position }) => plainHash(server, name, position),
    streaming: ({ name }) => streaming(client, name),
    writer: () => openWriter(server.url(DATABASE)),
    async idleSources(count, round) {
      const urls = await prepareDatabases(server, count, round)
      return urls.map((url, i) => ({ kind: 'postgresql', url, slot: `idle_${count}_${round}_${i}`, tls: NO_TLS }))
    },
    async [Symbol.asyncDispose]() {
      await client.end()
      await server[Symbol.asyncDispose]()
    },
  }
}

async function openWriter(url: string): Promise<RowWriter> {
  const client = new pg.Client(url)
  await client.connect()
  return {
    async insert(id) {
      await client.query({ name: 'insert', text: `INSERT INTO orders VALUES (${ROW})`, values: [id] })
    },
    [Symbol.asyncDispose]: () => client.end(),
  }
}
