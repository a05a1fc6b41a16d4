import { OffbeatError } from '../../src/model/error.ts'
import type { ErrorCode } from '../../src/model/error-code.ts'
import type { Context, Probe, Reader, SourceDefinition } from '../../src/sources/source.ts'
import type { SourceConfig } from '../../src/sources/source-config.ts'
import type { Gates } from './gates.ts'
import { ScheduledReader } from './scheduled-reader.ts'
import type { SimulatedDatabase } from './simulated/database.ts'
import { simulatedDefinition } from './simulated/definition.ts'

/** The faults that one process meets. The test can change them at any time. */
export interface ScheduledFaults {
  /** The number of next streams that cannot be opened. */
  refusedStreams: number
  /** The number of next beats that fail with this code. `committed`: the beat is committed, but its response is lost. */
  failingBeats: { count: number; code: ErrorCode; committed: boolean }
  /** A log that has never been written to has no position to start at, like SQL Server without a maximum LSN. */
  startsUnwritten: boolean
}

export interface ScheduledWorld {
  readonly database: SimulatedDatabase
  readonly gates: Gates
  readonly faults: ScheduledFaults
  /** The maximum number of events in the next chunk of the stream. */
  readonly chunk: () => number
  /** false: inspections return the head without a position. */
  readonly headIsComparable: boolean
}

export function noFaults(): ScheduledFaults {
  return {
    refusedStreams: 0,
    failingBeats: { count: 0, code: 'DATABASE_UNREACHABLE', committed: false },
    startsUnwritten: false,
  }
}

/** The simulated source as one process sees it. Everything that it waits for passes through a gate, and the faults of its world apply. */
export class ScheduledSource {
  readonly definition: SourceDefinition<SourceConfig>
  readonly #world: ScheduledWorld
  /** The number of open readers and probes, for tests of a clean stop. */
  readonly open = { readers: 0, probes: 0 }
  reader: ScheduledReader | null = null
  beats = 0

  constructor(world: ScheduledWorld) {
    this.#world = world
    const plain = simulatedDefinition(world.database)
    this.definition = {
      ...plain,
      probe: async (config, context) => this.#openProbe(await plain.probe(config, context)),
      reader: (_, context) => this.#openReader(context),
    }
  }

  async #openReader(context: Context): Promise<Reader> {
    await this.#world.gates.pass('open the reader')
    this.open.readers++
    const reader = new ScheduledReader(this.#world, context, () => this.open.readers--)
    this.reader = reader
    return reader
  }

  async #openProbe(plain: Probe): Promise<Probe> {
    const { gates, headIsComparable } = this.#world
    await gates.pass('open the probe')
    this.open.probes++
    return {
      inspect: async (offset, signal) => {
        await gates.pass('inspect', signal)
        const state = await plain.inspect(offset, signal)
        return headIsComparable ? state : { ...state, head: { ...state.head, position: null } }
      },
      beat: async (nonce, signal) => await this.#beat(plain, nonce, signal),
      [Symbol.asyncDispose]: async () => void this.open.probes--,
    }
  }

  async #beat(plain: Probe, nonce: string, signal: AbortSignal) {
    const { gates, faults } = this.#world
    await gates.pass('send the beat', signal)
    this.beats++
    const { failingBeats } = faults
    const fails = failingBeats.count > 0
    if (fails) failingBeats.count--
    const beaten = fails && !failingBeats.committed ? null : await plain.beat?.(nonce, signal)
    await gates.pass('hear of the beat', signal)
    if (fails || beaten == null) throw new OffbeatError(failingBeats.code, { message: 'the beat failed' })
    return beaten
  }
}
