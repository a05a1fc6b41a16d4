import { describe, expect, test } from 'vitest'
import { commitInterleaved, endOf } from '../support/interleaved.ts'
import { SIMULATED_INTERVAL_MS, simulatedConfig } from '../support/simulated-process.ts'
import { Simulation } from '../support/simulated-schedule.ts'
import { memoryStore } from '../support/simulated-store.ts'

/** What a `Simulation` checks whenever nothing moves (acknowledged, stored, visible) is not repeated here. */
function simulate(): Simulation {
  return new Simulation(memoryStore(), [3])
}

async function counted(simulation: Simulation): Promise<{ rows: number; heartbeats: number }> {
  const visible = await simulation.store.visible()
  const rows = visible.filter((one) => 'row' in one).length
  return { rows, heartbeats: visible.length - rows }
}

/** Continues until the stream runs and has nothing more to deliver. */
async function untilStreaming(simulation: Simulation): Promise<void> {
  await simulation.goOnUntil(async () => {
    const { waiting } = simulation.process.gates
    return waiting.includes('pull') && (await counted(simulation)).heartbeats > 0
  })
}

const elapsed = (simulation: Simulation) => simulation.process.clock.monotonicMs()
const openGate = (simulation: Simulation, name: string) =>
  simulation.process.gates.open(simulation.process.gates.ready.indexOf(name))

test('promise 1: delivered and stored durably before the source is notified', async () => {
  const simulation = simulate()
  await untilStreaming(simulation)
  await simulation.goOnUntil(() => simulation.process.gates.ready.length === 0)
  commitInterleaved(simulation.log, [2], 1, 0)
  await simulation.goOnUntil(() => simulation.process.gates.ready.includes('write'))
  expect(simulation.process.gates.waiting).not.toContain('acknowledge')
  openGate(simulation, 'write')
  await simulation.settle()
  expect((await counted(simulation)).rows).toBe(2)
  expect(simulation.process.gates.waiting).not.toContain('acknowledge')
  openGate(simulation, 'written')
  await simulation.settle()
  expect(simulation.process.gates.waiting).toContain('acknowledge')
  openGate(simulation, 'acknowledge')
  await simulation.settle()
  expect(simulation.log.confirmed).toBe(endOf(simulation.log))
})

describe('promise 1: the first position is stored without any heartbeat', () => {
  const heartbeat = { connector: null, source: { ...simulatedConfig().heartbeat.source, mode: 'off' } } as const

  test.for(['never', 'before', 'after'] as const)('if its first write fails %s it is durable', async (when) => {
    const simulation = new Simulation(memoryStore(), [3], { heartbeat })
    simulation.process.sinkFault = when === 'never' ? null : when
    const isRetried = () => simulation.process.warnings.length > 0
    if (when !== 'never') await simulation.goOnUntil(isRetried)
    await simulation.goOnUntil(
      () => simulation.process.gates.waiting.includes('pull') && simulation.process.openLanes > 0,
    )
    await simulation.goOnUntil(() => simulation.process.gates.ready.length === 0)
    expect(simulation.store.offset()?.position).toBe(String(simulation.log.createdAt))
  })
})

test('promise 3: a transaction larger than a batch is invisible until all of it is there', async () => {
  const simulation = simulate()
  await untilStreaming(simulation)
  commitInterleaved(simulation.log, [20], 270_000, 0)
  const seen = new Set<number>()
  let writes = 0
  await simulation.goOnUntil(async () => {
    if (simulation.process.gates.ready[0] === 'write') writes++
    const { rows } = await counted(simulation)
    seen.add(rows)
    return rows === 20
  })
  expect([...seen]).toEqual([0, 20])
  expect(writes).toBeGreaterThan(2)
})

describe('promise 3: no offset rests on progress while a transaction is open', () => {
  /** A simulation in which progress was read but not stored, and one row of the next transaction has arrived. */
  async function midway(urgent: boolean): Promise<Simulation> {
    const simulation = new Simulation(memoryStore(), [1])
    await untilStreaming(simulation)
    await simulation.goOnUntil(() => simulation.process.gates.ready.length === 0)
    const pull = async () => {
      openGate(simulation, 'pull')
      await simulation.settle()
    }
    for (let keepalive = 0; keepalive < 2; keepalive++) {
      simulation.log.writeElsewhere(0)
      simulation.process.source.reader?.keepAlive(true, urgent)
      await pull()
    }
    commitInterleaved(simulation.log, [3], 1, 0)
    await pull()
    await pull()
    return simulation
  }

  test('when the server waits for it', async () => {
    const simulation = await midway(true)
    const { gates, clock } = simulation.process
    for (let turn = 0; turn < 20; turn++) {
      const other = gates.ready.findIndex((name) => name !== 'pull')
      if (other >= 0) gates.open(other)
      else if ((clock.nextMs() ?? Number.POSITIVE_INFINITY) <= 1_000) clock.wakeNext()
      await simulation.settle()
    }
    expect((await counted(simulation)).rows).toBe(0)
    await simulation.goOnUntil(async () => (await counted(simulation)).rows === 3)
  })

  test('when the connector stops', async () => {
    const simulation = await midway(false)
    await simulation.stop()
    expect((await counted(simulation)).rows).toBe(0)
    await simulation.restart()
    await simulation.goOnUntil(async () => (await counted(simulation)).rows === 3)
  })
})

test('promise 5: a keepalive from inside the next transaction is stored and acknowledged, and skips nothing', async () => {
  const simulation = simulate()
  await untilStreaming(simulation)
  const [next] = commitInterleaved(simulation.log, [3], 1, 0)
  simulation.process.source.reader?.keepAlive(true, true)
  const inside = (next?.endAt ?? 0) - 1
  await simulation.goOnUntil(() => simulation.log.confirmed === inside)
  await simulation.restart()
  await simulation.goOnUntil(async () => (await counted(simulation)).rows === 3)
})

describe('promise 6: layer 1 beats by itself', () => {
  test('at the start of the stream, without any time passing', async () => {
    const simulation = simulate()
    await simulation.goOnUntil(async () => (await counted(simulation)).heartbeats === 1)
    expect(elapsed(simulation)).toBe(0)
  })

  test('once an interval while the source is silent', async () => {
    const simulation = simulate()
    await untilStreaming(simulation)
    simulation.process.faults.failingBeats = { count: 1e6, code: 'DATABASE_UNREACHABLE', committed: false }
    const before = (await counted(simulation)).heartbeats
    await simulation.goOnUntil(() => elapsed(simulation) > 10.5 * SIMULATED_INTERVAL_MS)
    expect((await counted(simulation)).heartbeats - before).toBe(10)
  })

  test('while the server takes no stream', async () => {
    const simulation = simulate()
    await untilStreaming(simulation)
    simulation.process.faults.refusedStreams = 1e6
    simulation.process.source.reader?.drop()
    const before = (await counted(simulation)).heartbeats
    await simulation.goOnUntil(() => elapsed(simulation) > 10.5 * SIMULATED_INTERVAL_MS)
    expect((await counted(simulation)).heartbeats - before).toBeGreaterThanOrEqual(9)
    // The retry delay grows up to half a minute, because beats do not count as success.
    const tries = 1e6 - simulation.process.faults.refusedStreams
    expect(tries).toBeLessThan(40)
  })

  test('with the next position where it is allowed, once a sink that was blocked goes on', async () => {
    const simulation = simulate()
    await untilStreaming(simulation)
    await simulation.goOnUntil(() => simulation.process.gates.ready.length === 0)
    commitInterleaved(simulation.log, [1], 1, 0)
    await simulation.goOnUntil(() => simulation.process.gates.ready.includes('write'))
    const before = (await counted(simulation)).heartbeats
    const { gates, clock } = simulation.process
    while (elapsed(simulation) < 5 * SIMULATED_INTERVAL_MS) {
      const other = gates.ready.findIndex((name) => name !== 'write')
      if (other >= 0) gates.open(other)
      else clock.wakeNext()
      await simulation.settle()
    }
    expect(await counted(simulation)).toEqual({ rows: 0, heartbeats: before })
    await simulation.goOnUntil(async () => (await counted(simulation)).heartbeats > before)
    expect((await counted(simulation)).rows).toBe(1)
  })
})

test('promise 7: a beat that fails is classified and logged, without a flood, and the stream goes on', async () => {
  const simulation = simulate()
  simulation.process.faults.failingBeats = { count: 1e6, code: 'HEARTBEAT_DENIED', committed: false }
  await untilStreaming(simulation)
  commitInterleaved(simulation.log, [2], 1, 0)
  await simulation.goOnUntil(async () => (await counted(simulation)).rows === 2)
  await simulation.goOnUntil(() => elapsed(simulation) > 4 * SIMULATED_INTERVAL_MS)
  commitInterleaved(simulation.log, [2], 1, 0)
  await simulation.goOnUntil(async () => (await counted(simulation)).rows === 4)
  const { status, warnings, source } = simulation.process
  expect(status?.heartbeat.source.broken).toMatchObject({ hop: 'written', code: 'HEARTBEAT_DENIED' })
  expect(status?.verdict).toBe('stale')
  const said = warnings.filter((warning) => warning.includes('the layer 2 heartbeat failed'))
  expect(source.beats).toBeGreaterThan(3)
  expect(said).toHaveLength(1)
  expect(source.open.readers).toBe(1)
})

test('promise 8: beats that are written and never seen name the broken hop and the fix, and rows go on', async () => {
  const simulation = simulate()
  simulation.log.beatsHidden = true
  await untilStreaming(simulation)
  await simulation.goOnUntil(() => elapsed(simulation) >= 2.9 * SIMULATED_INTERVAL_MS)
  expect(simulation.process.status?.heartbeat.source.broken).toBeNull()
  await simulation.goOnUntil(() => elapsed(simulation) > 4.5 * SIMULATED_INTERVAL_MS)
  const { status } = simulation.process
  expect(status?.verdict).toBe('stale')
  expect(status?.heartbeat.source.broken).toMatchObject({ hop: 'seen', code: 'PULSE_NOT_SEEN' })
  expect(status?.heartbeat.source.broken?.fix).not.toBe('')
  commitInterleaved(simulation.log, [2], 1, 0)
  await simulation.goOnUntil(async () => (await counted(simulation)).rows === 2)
})

describe('the first beat of layer 2 waits for no event', () => {
  /** Continues everything that can continue without time passing. */
  async function goOnWithoutTime(simulation: Simulation): Promise<void> {
    await simulation.settle()
    await simulation.goOnUntil(() => simulation.process.gates.ready.length === 0)
    expect(elapsed(simulation)).toBe(0)
  }

  test('of a log that is silent after a restart', async () => {
    const simulation = simulate()
    await untilStreaming(simulation)
    await simulation.goOnUntil(() => simulation.process.gates.ready.length === 0)
    await simulation.stop()
    await simulation.restart()
    await goOnWithoutTime(simulation)
    expect(simulation.process.source.beats).toBe(1)
    expect(simulation.process.status?.heartbeat.source.seenAt).not.toBeNull()
  })

  test('of a log that has no position before the beat is written', async () => {
    const simulation = simulate()
    simulation.process.faults.startsUnwritten = true
    await goOnWithoutTime(simulation)
    expect(simulation.process.source.beats).toBe(1)
    expect(simulation.store.offset()?.position).toBe(String(simulation.log.head))
    commitInterleaved(simulation.log, [2], 1, 0)
    await simulation.goOnUntil(async () => (await counted(simulation)).rows === 2)
  })
})

test('promise 8: a beat that comes back is followed to its end', async () => {
  const simulation = simulate()
  await untilStreaming(simulation)
  await simulation.goOnUntil(() => elapsed(simulation) > 3 * SIMULATED_INTERVAL_MS)
  const pulses = new Map(
    simulation.process.entries.flatMap((entry) => (entry.type === 'pulse' ? [[entry.pulse.nonce, entry.pulse]] : [])),
  )
  expect(pulses.size).toBeGreaterThanOrEqual(3)
  // The first beat was written before the slot existed, so the slot does not show it.
  for (const { writtenAtMs, seenAtMs, storedAtMs, acknowledgedAtMs } of [...pulses.values()].slice(1, 3)) {
    expect([writtenAtMs, seenAtMs, storedAtMs, acknowledgedAtMs]).not.toContain(null)
  }
  expect(simulation.process.status?.heartbeat.source.broken).toBeNull()
})

test('promise 9: a lost position stops the connector, and nothing is skipped silently', async () => {
  const simulation = simulate()
  await untilStreaming(simulation)
  const stored = simulation.store.offset()
  simulation.log.lost = true
  simulation.process.source.reader?.drop()
  await simulation.goOnUntil(() => simulation.process.ended !== null)
  const { ended, status } = simulation.process
  expect(ended).toMatchObject({ error: { code: 'DATABASE_OTHER_SERVER', kind: 'lost position' } })
  expect(status?.verdict).toBe('lost')
  expect(simulation.store.offset()?.position).toBe(stored?.position)
})

test('promise 9: a position that is lost under an open stream is reported within a minute, and the stream is not touched', async () => {
  const simulation = simulate()
  await untilStreaming(simulation)
  await simulation.goOnUntil(() => elapsed(simulation) > 2 * SIMULATED_INTERVAL_MS)
  const { source } = simulation.process
  const [reader, fromMs] = [source.reader, elapsed(simulation)]
  simulation.log.lost = true
  await simulation.goOnUntil(() => simulation.process.status?.verdict === 'lost')
  expect(elapsed(simulation) - fromMs).toBeLessThanOrEqual(SIMULATED_INTERVAL_MS)
  commitInterleaved(simulation.log, [2], 1, 0)
  await simulation.goOnUntil(async () => (await counted(simulation)).rows === 2)
  expect(source.reader).toBe(reader)
  expect(simulation.process.ended).toBeNull()
})

test('promise 13: a stop at any moment leaves nothing, and a second one is harmless', async () => {
  for (let moment = 0; moment < 60; moment++) {
    const simulation = simulate()
    commitInterleaved(simulation.log, [2, 0, 1], 1, 0)
    for (let turn = 0; turn < moment; turn++) await simulation.turn(turn % 3)
    simulation.process.stop()
    await simulation.stop()
    simulation.process.stop()
    await simulation.settle()
    expect(simulation.process.ended).toMatchObject({ end: { reason: 'stopped' } })
  }
})
