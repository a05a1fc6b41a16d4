import { parseArgs } from 'node:util'
import { benchCost } from './cost-profile.ts'
import { benchIdle } from './idle-profile.ts'
import { benchLatency } from './latency-profile.ts'
import type { BenchResult } from './result.ts'
import { benchStartup } from './startup-profile.ts'
import { benchThroughput, type ThroughputProfile } from './throughput.ts'

const THROUGHPUT: readonly ThroughputProfile[] = [
  { name: 'batched', rows: 1_000_000, rowsPerTransaction: 1000 },
  { name: 'single-row', rows: 200_000, rowsPerTransaction: 1 },
  { name: 'huge', rows: 1_000_000, rowsPerTransaction: 1_000_000 },
]
const PROFILES = [...THROUGHPUT.map(({ name }) => name), 'latency', 'idle', 'cost', 'startup']
const USAGE = `usage: npm run bench -- postgresql [--profile ${PROFILES.join('|')}] [--rounds 3] [--scale 1] [--json]\n`

process.exitCode = await main()

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      profile: { type: 'string', multiple: true },
      rounds: { type: 'string', default: '3' },
      scale: { type: 'string', default: '1' },
      json: { type: 'boolean', default: false },
    },
  })
  const profiles = values.profile ?? PROFILES
  const rounds = Number(values.rounds)
  const scale = Number(values.scale)
  const known = profiles.every((profile) => PROFILES.includes(profile))
  if (positionals[0] !== 'postgresql' || positionals.length !== 1 || !known || !(rounds >= 1) || !(scale > 0)) {
    process.stderr.write(USAGE)
    return 2
  }
  const say = (line: string) => process.stderr.write(`${line}\n`)
  const results: BenchResult[] = []
  for (const profile of profiles) results.push(...(await runProfile(profile, Math.floor(rounds), scale, say)))
  const document = { version: 1, kind: 'postgresql', results }
  process.stdout.write(values.json ? `${JSON.stringify(document)}\n` : table(results))
  return 0
}

async function runProfile(
  profile: string,
  rounds: number,
  scale: number,
  say: (line: string) => void,
): Promise<readonly BenchResult[]> {
  const throughput = THROUGHPUT.find(({ name }) => name === profile)
  if (profile === 'latency') return benchLatency(rounds, say)
  if (profile === 'cost') return benchCost(rounds, say)
  if (profile === 'startup') return benchStartup(rounds, say)
  if (throughput === undefined) return benchIdle(rounds, say)
  const rows = Math.max(1, Math.round(throughput.rows * scale))
  const rowsPerTransaction = throughput.name === 'huge' ? rows : throughput.rowsPerTransaction
  return benchThroughput({ ...throughput, rows, rowsPerTransaction }, rounds, say)
}

/** A figure that the profile does not measure is NaN. */
function figure(value: number, digits: number): string {
  return Number.isNaN(value) ? '-' : value.toFixed(digits)
}

function table(results: readonly BenchResult[]): string {
  const head = ['profile', 'subject', 'rows/s', 'CPU s', 'peak MB', 'to peer']
  const rows = results.map((result) => [
    result.profile,
    result.subject,
    String(result.rowsPerSecond ?? '-'),
    figure(result.cpuSeconds, 2),
    figure(result.peakRssBytes / 1e6, 0),
    result.ratio === null ? '-' : `${result.ratio.toFixed(2)}x`,
    ...[
      'p50Ms',
      'p99Ms',
      'corePercentPerSource',
      'walBytesPerBeat',
      'hotUpdatePercent',
      'connections',
      'startMs',
    ].flatMap((name) => (name in result ? [`${name} ${result[name]}`] : [])),
  ])
  const widths = head.map((_, i) => Math.max(...[head, ...rows].map((row) => (row[i] ?? '').length)))
  return [head, ...rows]
    .map(
      (row) =>
        `${row
          .map((cell, i) => cell.padEnd(widths[i] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('')
}
