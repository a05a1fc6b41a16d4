import pg from 'pg'
import { runOffbeat } from './offbeat-run.ts'
import { type BenchResult, median } from './result.ts'
import { DATABASE, dropSlot, newSlot, startServer, streaming, writeWorkload } from './workload.ts'

const ROWS_PER_SECOND = 1000
const SECONDS = 10
const TICK_MS = 10

/** 1,000 one-row transactions a second for ten seconds, into SQLite. Each is measured from just before its commit until it is durable. */
export async function benchLatency(rounds: number, say: (line: string) => void): Promise<readonly BenchResult[]> {
  await using server = await startServer()
  const workload = await writeWorkload(server, 0, 1)
  const runs: Awaited<ReturnType<typeof runOffbeat>>[] = []
  try {
    for (let round = 1; round <= rounds; round++) {
      const slot = `latency_${round}`
      const position = await newSlot(workload, slot)
      const reading = runOffbeat(workload, { slot, position, sink: 'latency', messages: ROWS_PER_SECOND * SECONDS })
      await streaming(workload.client, slot)
      await writeAtRate(server.url(DATABASE), (round - 1) * ROWS_PER_SECOND * SECONDS)
      const run = await reading
      await dropSlot(workload, slot)
      runs.push(run)
      say(`latency, round ${round}: ${JSON.stringify(run.figures)}`)
      if (run.figures.messages !== ROWS_PER_SECOND * SECONDS) throw new Error('not every row was measured')
    }
  } finally {
    await workload.client.end()
  }
  return [
    {
      profile: 'latency',
      subject: 'offbeat to sqlite',
      rowsPerSecond: ROWS_PER_SECOND,
      cpuSeconds: median(runs.map((run) => run.cpuSeconds)),
      peakRssBytes: Math.max(...runs.map((run) => run.peakRssBytes)),
      outputSha256: null,
      peer: null,
      ratio: null,
      rounds,
      p50Ms: median(runs.map((run) => run.figures.p50Ms ?? Number.NaN)),
      p99Ms: median(runs.map((run) => run.figures.p99Ms ?? Number.NaN)),
    },
  ]
}

/** Inserts at each tick as many rows as are due by the clock. */
async function writeAtRate(url: string, from: number): Promise<void> {
  const client = new pg.Client(url)
  await client.connect()
  const startMs = performance.now()
  const total = ROWS_PER_SECOND * SECONDS
  for (let written = 0; written < total; ) {
    const due = Math.min(total, Math.floor(((performance.now() - startMs) * ROWS_PER_SECOND) / 1000))
    while (written < due) {
      written++
      await client.query({ name: 'insert', text: INSERT, values: [from + written] })
    }
    await new Promise((resolve) => setTimeout(resolve, TICK_MS))
  }
  await client.end()
}

const INSERT = `INSERT INTO orders VALUES ($1, $1, 1.25, 'a note of about forty-five characters, 12345', clock_timestamp(), true)`
