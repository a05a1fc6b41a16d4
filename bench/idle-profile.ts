import { fileURLToPath } from 'node:url'
import type { IdleOptions } from './idle-subject.ts'
import { measuredRun } from './measured-run.ts'
import { type BenchResult, median } from './result.ts'
import type { BenchStage } from './stage.ts'

const IDLE = fileURLToPath(new URL('./idle-subject.ts', import.meta.url))
/** How long the measurement lasts, after the sources have started. */
const SECONDS = 60

/** One process with 1 and with 100 sources, each with its own heartbeat, both layers at their defaults and no changes. */
export async function benchIdle(
  stage: BenchStage,
  rounds: number,
  say: (line: string) => void,
): Promise<readonly BenchResult[]> {
  const results: BenchResult[] = []
  await using server = await stage.start('idle')
  for (const sources of [1, 100]) {
    const cpuShares: number[] = []
    let peakRssBytes = 0
    for (let round = 1; round <= rounds; round++) {
      const entries = await server.idleSources(sources, round)
      const options: IdleOptions = { kind: stage.kind, entries, seconds: SECONDS }
      const run = await measuredRun(process.execPath, [IDLE, JSON.stringify(options)], process.env)
      const figures: { cpuSeconds: number; beats: number } = JSON.parse(run.stdout)
      if (figures.beats < sources) throw new Error(`only ${figures.beats} of ${sources} sources have beaten`)
      cpuShares.push(figures.cpuSeconds / SECONDS / sources)
      peakRssBytes = Math.max(peakRssBytes, run.peakRssBytes)
      say(
        `idle, ${sources} source(s), round ${round}: ${JSON.stringify(figures)}, ${run.peakRssBytes} bytes at the peak`,
      )
    }
    results.push({
      profile: 'idle',
      subject: `${sources} idle source${sources === 1 ? '' : 's'}`,
      rowsPerSecond: null,
      cpuSeconds: median(cpuShares) * SECONDS * sources,
      peakRssBytes,
      outputSha256: null,
      peer: null,
      ratio: null,
      rounds,
      corePercentPerSource: Math.round(median(cpuShares) * 100 * 10_000) / 10_000,
    })
  }
  return results
}
