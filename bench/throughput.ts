import { runOffbeat } from './offbeat-run.ts'
import { findPeer, PEER, runPeer } from './peer.ts'
import { plainHash } from './plain-encoder.ts'
import { type BenchResult, median } from './result.ts'
import { copySlot, dropSlot, startServer, type Workload, writeWorkload } from './workload.ts'

export interface ThroughputProfile {
  readonly name: string
  readonly rows: number
  readonly rowsPerTransaction: number
}

interface Figures {
  readonly rowsPerSecond: number
  readonly cpuSeconds: number
  readonly peakRssBytes: number
}

type Round = ReadonlyMap<string, Figures>

const SINKS = ['discard', 'sqlite'] as const

/** Every subject reads the same log once in each round, one after the other, so that a slow period of the machine affects all of them. */
export async function benchThroughput(
  profile: ThroughputProfile,
  rounds: number,
  say: (line: string) => void,
): Promise<readonly BenchResult[]> {
  await using server = await startServer()
  say(`${profile.name}: writing ${profile.rows} rows, ${profile.rowsPerTransaction} a transaction`)
  const workload = await writeWorkload(server, profile.rows, profile.rowsPerTransaction)
  try {
    const outputSha256 = await verifiedHash(workload)
    say(`${profile.name}: the hash of the messages equals the plain encoder's: ${outputSha256}`)
    const all: Round[] = []
    for (let round = 1; round <= rounds; round++) {
      const figures = await runRound(workload, round)
      say(
        `${profile.name}, round ${round}: ${[...figures].map(([name, { rowsPerSecond }]) => `${name} ${Math.round(rowsPerSecond)} rows/s`).join(', ')}`,
      )
      all.push(figures)
    }
    return [...(all[0]?.keys() ?? [])].map((subject) => summary(profile.name, subject, all, outputSha256))
  } finally {
    await workload.client.end()
  }
}

async function verifiedHash(workload: Workload): Promise<string> {
  const position = await copySlot(workload, 'verify')
  const plain = await plainHash(workload, 'verify', position)
  const ours = await runOffbeat(workload, { slot: 'verify', position, sink: 'hash', messages: null })
  await dropSlot(workload, 'verify')
  if (plain.messages !== workload.rows)
    throw new Error(`the plain encoder gave ${plain.messages} messages for ${workload.rows} rows`)
  if (ours.figures.sha256 !== plain.sha256) {
    throw new Error(
      `the messages are not the plain encoder's: ${JSON.stringify(ours.figures)}, ${JSON.stringify(plain)}`,
    )
  }
  return plain.sha256
}

async function runRound(workload: Workload, round: number): Promise<Round> {
  const figures = new Map<string, Figures>()
  const peer = findPeer()
  if (peer !== null) {
    const slot = `peer_${round}`
    await copySlot(workload, slot)
    const run = await runPeer(peer, workload, slot)
    await dropSlot(workload, slot)
    figures.set(PEER, { ...run, rowsPerSecond: workload.rows / run.seconds })
  }
  for (const sink of SINKS) {
    const slot = `${sink}_${round}`
    const position = await copySlot(workload, slot)
    const run = await runOffbeat(workload, { slot, position, sink, messages: null })
    await dropSlot(workload, slot)
    if (run.figures.messages < workload.rows)
      throw new Error(`${sink} got ${run.figures.messages} messages of ${workload.rows}`)
    figures.set(`offbeat to ${sink}`, { ...run, rowsPerSecond: workload.rows / run.seconds })
  }
  return figures
}

function summary(profile: string, subject: string, rounds: readonly Round[], sha256: string): BenchResult {
  const own = rounds.flatMap((round) => round.get(subject) ?? [])
  const ratios = rounds.flatMap((round) => {
    const peer = round.get(PEER)
    const ours = round.get(subject)
    return peer === undefined || ours === undefined || subject === PEER ? [] : [ours.rowsPerSecond / peer.rowsPerSecond]
  })
  return {
    profile,
    subject,
    rowsPerSecond: Math.round(median(own.map((each) => each.rowsPerSecond))),
    cpuSeconds: median(own.map((each) => each.cpuSeconds)),
    peakRssBytes: Math.max(...own.map((each) => each.peakRssBytes)),
    outputSha256: subject === PEER ? null : sha256,
    peer: ratios.length > 0 ? PEER : null,
    ratio: ratios.length > 0 ? Math.round(median(ratios) * 100) / 100 : null,
    rounds: own.length,
  }
}
