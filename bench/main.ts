import { parseArgs } from 'node:util'
import { benchIdle } from './idle-profile.ts'
import { benchLatency } from './latency-profile.ts'
import type { BenchResult } from './result.ts'
import type { BenchStage } from './stage.ts'
import { mongodbStage } from './stages/mongodb/stage.ts'
import { mysqlStage } from './stages/mysql/stage.ts'
import { postgresqlStage } from './stages/postgresql/stage.ts'
import { benchThroughput } from './throughput.ts'

const STAGES: readonly BenchStage[] = [postgresqlStage, mysqlStage('mysql'), mysqlStage('mariadb'), mongodbStage]
const USAGE = `usage: npm run bench -- KIND [--profile NAME] [--rounds 3] [--scale 1] [--json]
${STAGES.map((stage) => `  ${stage.kind}: ${profilesOf(stage).join(', ')}\n`).join('')}`

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
  const stage = STAGES.find(({ kind }) => kind === positionals[0])
  const profiles = values.profile ?? (stage === undefined ? [] : profilesOf(stage))
  const rounds = Number(values.rounds)
  const scale = Number(values.scale)
  const known = stage !== undefined && profiles.every((profile) => profilesOf(stage).includes(profile))
  if (!known || positionals.length !== 1 || !(rounds >= 1) || !(scale > 0)) {
    process.stderr.write(USAGE)
    return 2
  }
  const say = (line: string) => process.stderr.write(`${line}\n`)
  const results: BenchResult[] = []
  for (const profile of profiles) results.push(...(await runProfile(stage, profile, Math.floor(rounds), scale, say)))
  const document = { version: 1, kind: stage.kind, results }
  process.stdout.write(values.json ? `${JSON.stringify(document)}\n` : table(results))
  return 0
}

function profilesOf({ throughput, own }: BenchStage): readonly string[] {
  return [...throughput.map(({ name }) => name), 'latency', 'idle', ...own.keys()]
}

async function runProfile(
  stage: BenchStage,
  profile: string,
  rounds: number,
  scale: number,
  say: (line: string) => void,
): Promise<readonly BenchResult[]> {
  const own = stage.own.get(profile)
  if (own !== undefined) return own(rounds, say)
  if (profile === 'latency') return benchLatency(stage, rounds, say)
  const throughput = stage.throughput.find(({ name }) => name === profile)
  if (throughput === undefined) return benchIdle(stage, rounds, say)
  const rows = Math.max(1, Math.round(throughput.rows * scale))
  const rowsPerTransaction = throughput.name === 'huge' ? rows : throughput.rowsPerTransaction
  return benchThroughput(stage, { ...throughput, rows, rowsPerTransaction }, rounds, say)
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
    result.ratio === null ? '-' : `${result.ratio.toFixed(2)}x ${result.peer}`,
    ...[
      'cpuRatio',
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
