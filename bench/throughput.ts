import { runOffbeat } from './offbeat-run.ts'
import { type BenchResult, median } from './result.ts'
import type { BenchServer, BenchStage, ThroughputProfile } from './stage.ts'

interface Figures {
  readonly rowsPerSecond: number
  readonly cpuSeconds: number
  readonly peakRssBytes: number
}

type Round = ReadonlyMap<string, Figures>

const SINKS = ['discard', 'sqlite'] as const

/** Every subject reads the same log once in each round, one after the other, so that a slow period of the machine affects all of them. */
export async function benchThroughput(
  stage: BenchStage,
  profile: ThroughputProfile,
  rounds: number,
  say: (line: string) => void,
): Promise<readonly BenchResult[]> {
  const { name, rows, rowsPerTransaction } = profile
  await using server = await stage.start(name)
  say(`${name}: writing ${rows} rows, ${rowsPerTransaction} a transaction`)
  await server.write(rows, rowsPerTransaction)
  const outputSha256 = await verifiedHash(server, rows)
  say(`${name}: the hash of the messages equals the plain encoder's: ${outputSha256}`)
  const all: Round[] = []
  for (let round = 1; round <= rounds; round++) {
    const figures = await runRound(server, rows, round)
    say(
      `${name}, round ${round}: ${[...figures].map(([subject, { rowsPerSecond }]) => `${subject} ${Math.round(rowsPerSecond)} rows/s`).join(', ')}`,
    )
    all.push(figures)
  }
  const peers = server.peers.map((peer) => peer.name)
  return [...(all[0]?.keys() ?? [])].flatMap((subject) => {
    const result = summary(name, subject, all)
    if (peers.includes(subject)) return [result]
    if (peers.length === 0) return [{ ...result, outputSha256 }]
    return peers.map((peer) => {
      const ratio = ratioOf(all, subject, peer, (ours, theirs) => ours.rowsPerSecond / theirs.rowsPerSecond)
      const cpuRatio = ratioOf(all, subject, peer, (ours, theirs) => theirs.cpuSeconds / ours.cpuSeconds)
      return { ...result, outputSha256, peer, ratio, cpuRatio }
    })
  })
}

async function verifiedHash(server: BenchServer, rows: number): Promise<string> {
  await using start = await server.startOf('verify', 'beginning')
  const plain = await server.plainHash(start)
  const ours = await runOffbeat(start, { sink: 'hash', messages: null })
  if (plain.messages !== rows) throw new Error(`the plain encoder gave ${plain.messages} messages for ${rows} rows`)
  if (ours.figures.sha256 !== plain.sha256) {
    throw new Error(
      `the messages are not the plain encoder's: ${JSON.stringify(ours.figures)}, ${JSON.stringify(plain)}`,
    )
  }
  return plain.sha256
}

async function runRound(server: BenchServer, rows: number, round: number): Promise<Round> {
  const figures = new Map<string, Figures>()
  for (const [i, peer] of server.peers.entries()) {
    await using start = await server.startOf(`peer_${i}_${round}`, 'beginning')
    const run = await peer.run(start)
    figures.set(peer.name, { ...run, rowsPerSecond: rows / run.seconds })
  }
  for (const sink of SINKS) {
    await using start = await server.startOf(`${sink}_${round}`, 'beginning')
    const run = await runOffbeat(start, { sink, messages: null })
    if (run.figures.messages < rows) throw new Error(`${sink} got ${run.figures.messages} messages of ${rows}`)
    figures.set(`offbeat to ${sink}`, { ...run, rowsPerSecond: rows / run.seconds })
  }
  return figures
}

function summary(profile: string, subject: string, rounds: readonly Round[]): BenchResult {
  const own = rounds.flatMap((round) => round.get(subject) ?? [])
  return {
    profile,
    subject,
    rowsPerSecond: Math.round(median(own.map((each) => each.rowsPerSecond))),
    cpuSeconds: median(own.map((each) => each.cpuSeconds)),
    peakRssBytes: Math.max(...own.map((each) => each.peakRssBytes)),
    outputSha256: null,
    peer: null,
    ratio: null,
    rounds: own.length,
  }
}

/** The median over the rounds. */
function ratioOf(
  rounds: readonly Round[],
  subject: string,
  peer: string,
  compare: (ours: Figures, theirs: Figures) => number,
): number {
  const ratios = rounds.flatMap((round) => {
    const [ours, theirs] = [round.get(subject), round.get(peer)]
    return ours === undefined || theirs === undefined ? [] : [compare(ours, theirs)]
  })
  return Math.round(median(ratios) * 100) / 100
}
