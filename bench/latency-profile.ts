import { runOffbeat } from './offbeat-run.ts'
import { type BenchResult, median } from './result.ts'
import type { BenchServer, BenchStage } from './stage.ts'

const ROWS_PER_SECOND = 1000
const SECONDS = 10
const TICK_MS = 10

/** 1,000 one-row transactions a second for ten seconds, into SQLite. Each is measured from just before its commit until it is durable. */
export async function benchLatency(
  stage: BenchStage,
  rounds: number,
  say: (line: string) => void,
): Promise<readonly BenchResult[]> {
  await using server = await stage.start('latency')
  const runs: Awaited<ReturnType<typeof runOffbeat>>[] = []
  for (let round = 1; round <= rounds; round++) {
    await using start = await server.startOf(`latency_${round}`, 'end')
    const reading = runOffbeat(start, { sink: 'latency', messages: ROWS_PER_SECOND * SECONDS })
    await server.streaming(start)
    await writeAtRate(server, (round - 1) * ROWS_PER_SECOND * SECONDS)
    const run = await reading
    runs.push(run)
    say(`latency, round ${round}: ${JSON.stringify(run.figures)}`)
    if (run.figures.messages !== ROWS_PER_SECOND * SECONDS) throw new Error('not every row was measured')
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
async function writeAtRate(server: BenchServer, from: number): Promise<void> {
  await using writer = await server.writer()
  const startMs = performance.now()
  const total = ROWS_PER_SECOND * SECONDS
  for (let written = 0; written < total; ) {
    const due = Math.min(total, Math.floor(((performance.now() - startMs) * ROWS_PER_SECOND) / 1000))
    while (written < due) {
      written++
      await writer.insert(from + written)
    }
    await new Promise((resolve) => setTimeout(resolve, TICK_MS))
  }
}
