import { randomUUID } from 'node:crypto'
import { openStoreReader } from '../../app/store-access.ts'
import type { Config, ConfiguredSource } from '../../config/config.ts'
import type { OffbeatError } from '../../model/error.ts'
import { ERROR_TABLE, type ErrorCode } from '../../model/error-code.ts'
import { timeInWords } from '../../model/figures.ts'
import { forPerson, inShell } from '../../model/fix.ts'
import { makeNonce } from '../../model/nonce.ts'
import { PULSE_HOPS, type Pulse, type PulseHop } from '../../model/pulse.ts'
import type { BrokenHop } from '../../model/source-status.ts'
import type { StoreReader } from '../../sqlite/store-reader.ts'
import type { CommandContext, CommandInput, ExitCode } from '../program/command.ts'
import { openConfig, sourceNamed } from '../program/configuration.ts'
import { usageError } from '../program/usage-error.ts'
import { fixLines } from '../terminal/fix-text.ts'
import { styleFor } from '../terminal/style.ts'
import { labelled } from '../terminal/text-layout.ts'
import { jobBeatConfig } from './job-beat.ts'

interface Beat {
  readonly source: string
  readonly nonce: string
  readonly writtenAtMs: number
  /** How far the heartbeat got. null: the command did not wait for it, or nobody has seen it. */
  readonly pulse: Pulse | null
  readonly broken: BrokenHop | null
}

const POLL_MS = 100
/** The promise is that a heartbeat comes back within this many intervals. */
const INTERVALS_TO_WAIT = 3

export async function sendBeat(input: CommandInput, context: CommandContext): Promise<ExitCode> {
  const config = await openConfig(input, context)
  const source = sourceNamed(config, input.words[0] ?? '')
  const nonce = makeNonce(source.name, randomUUID())
  const startedMs = context.clock.nowMs()
  await write(nonce, source, config, context)
  const written = { source: source.name, nonce, writtenAtMs: context.clock.nowMs() }
  const outcome =
    input.options['wait'] === true
      ? await waitFor(nonce, startedMs, source, config, context)
      : { pulse: null, broken: null }
  printBeat({ ...written, ...outcome }, input, context)
  return outcome.broken === null ? 0 : 1
}

async function write(nonce: string, source: ConfiguredSource, config: Config, context: CommandContext): Promise<void> {
  const log = (await context.openLog(config.log.level)).child({ source: source.name })
  const { definition } = source
  const written = source.config.heartbeat.source.by === 'external' ? jobBeatConfig(source.config) : source.config
  if (written === null) throw noPrimary(source, config)
  await using probe = await definition.probe(written, { source: source.name, log, clock: context.clock })
  if (probe.beat === undefined) {
    throw noBeat(source, config)
  }
  await probe.beat(nonce, context.signal)
}

function noPrimary({ name }: ConfiguredSource, { path }: Config): OffbeatError {
  return usageError(`The connection of ${name} is read-only, so no heartbeat is written on it.`, {
    found: `readOnly: true without primary in ${path}`,
    expected: 'primary: { url: ... } in the source, where the heartbeat is written',
  })
}

function noBeat({ name, config: { readOnly, heartbeat } }: ConfiguredSource, { path }: Config): OffbeatError {
  const { mode } = heartbeat.source
  if (mode === 'job') {
    const why = readOnly ? 'this connection is read-only' : 'its mode is job'
    return usageError(
      `A job on the primary writes the layer 2 heartbeats of ${name}: ${why}, so no heartbeat is written from here.`,
      {
        found: `heartbeat.source.mode: job in ${path}`,
        expected: 'the job, heartbeat.source.by: external, or mode table on a connection that can write',
        fix: [
          inShell(`offbeat status ${name}`, { note: 'when its last pulse was seen' }),
          inShell(`offbeat setup ${name}${readOnly ? ' --read-only' : ''}`, { note: `the job's statements` }),
        ],
      },
    )
  }
  return usageError(`Layer 2 of ${name} is off, so no heartbeat is written.`, {
    found: `heartbeat.source: ${mode} in ${path}`,
    expected: 'heartbeat.source: { mode: table }',
  })
}

type Outcome = Pick<Beat, 'pulse' | 'broken'>

/** Follows the pulse in the journal of the running connector to its last hop. */
async function waitFor(
  nonce: string,
  sinceMs: number,
  source: ConfiguredSource,
  config: Config,
  context: CommandContext,
): Promise<Outcome> {
  const { clock, signal } = context
  const { intervalMs } = source.config.heartbeat.source
  using store = openStoreReader(config)
  if (store === null || store.owner() === null) return notRunning(source.name)
  const endMs = clock.monotonicMs() + INTERVALS_TO_WAIT * intervalMs
  for (;;) {
    const pulse = await pulseOf(nonce, sinceMs, source.name, store)
    if (pulse !== null && pulse.acknowledgedAtMs !== null) return { pulse, broken: null }
    if (store.owner() === null) return notRunning(source.name)
    if (clock.monotonicMs() >= endMs) return { pulse, broken: await overdue(pulse, source, store) }
    await clock.sleep(POLL_MS, signal)
  }
}

async function pulseOf(nonce: string, sinceMs: number, source: string, store: StoreReader): Promise<Pulse | null> {
  // The journal dates a pulse by the connector's clock, which on this machine is also ours. A minute of slack costs nothing.
  const pulses = await store.history.pulses(source, sinceMs - 60_000)
  return pulses.find((pulse) => pulse.nonce === nonce) ?? null
}

function notRunning(source: string): Outcome {
  return {
    pulse: null,
    broken: {
      hop: 'seen',
      code: 'PULSE_NOT_SEEN',
      found: 'the heartbeat is written, and no connector runs that could see it',
      fix: [inShell(`offbeat run --sources ${source}`)],
    },
  }
}

/** The broken hop that the connector reports, or else the first hop that the pulse did not reach. */
async function overdue(pulse: Pulse | null, source: ConfiguredSource, store: StoreReader): Promise<BrokenHop> {
  const own = (await store.history.status(source.name))?.status.heartbeat.source.broken ?? null
  if (own !== null) return own
  const hop = firstMissing(pulse)
  const { intervalMs } = source.config.heartbeat.source
  const code = codeOf(hop)
  const found = `the heartbeat is written and is not ${hop} after ${timeInWords(INTERVALS_TO_WAIT * intervalMs)}`
  const fix = hop === 'seen' ? source.definition.unseenFix(source.config) : [forPerson(ERROR_TABLE[code].cure)]
  return { hop, code, found, fix }
}

function firstMissing(pulse: Pulse | null): PulseHop {
  if (pulse === null || pulse.seenAtMs === null) return 'seen'
  if (pulse.deliveredAtMs === null) return 'delivered'
  return pulse.storedAtMs === null ? 'stored' : 'acknowledged'
}

function codeOf(hop: PulseHop): ErrorCode {
  if (hop === 'seen' || hop === 'written') return 'PULSE_NOT_SEEN'
  return hop === 'acknowledged' ? 'PULSE_NOT_ACKNOWLEDGED' : 'PULSE_NOT_STORED'
}

/** With `--quiet`, a heartbeat that succeeds prints nothing, because cron mails whatever a job prints. */
function printBeat(beat: Beat, input: CommandInput, context: CommandContext): void {
  const { json, quiet } = input.common
  if (json) context.stdout.write(`${JSON.stringify(documentOf(beat))}\n`)
  else if (!quiet || beat.broken !== null) context.stdout.write(textOf(beat, input, context))
}

function documentOf({ source, nonce, writtenAtMs, pulse, broken }: Beat) {
  const hops = Object.fromEntries(PULSE_HOPS.map((hop) => [hop, iso(hopMs(hop, writtenAtMs, pulse))]))
  return { version: 1, source, nonce, hops, broken }
}

function textOf({ source, writtenAtMs, pulse, broken }: Beat, input: CommandInput, context: CommandContext): string {
  const style = styleFor(input.common.color)
  const script = context.scripts.of(source)
  const width = Math.min(context.stdout.columns, 100)
  const hops = PULSE_HOPS.flatMap((hop) => {
    const atMs = hopMs(hop, writtenAtMs, pulse)
    return atMs === null
      ? []
      : [`${hop} ${hop === 'written' ? '' : `after ${timeInWords(Math.max(0, atMs - writtenAtMs))}`}`]
  })
  const lines = [labelled(`${source}: a heartbeat was `, hops.map((hop) => hop.trim()).join(', '), width)]
  if (broken !== null) {
    lines.push(style.red(labelled(`  broken at "${broken.hop}": `, broken.found, width)))
    lines.push(...fixLines(broken.fix, { style, width, script, lead: (label) => `  ${`${label}:`.padEnd(9)}` }))
  }
  return `${lines.join('\n')}\n`
}

function hopMs(hop: PulseHop, writtenAtMs: number, pulse: Pulse | null): number | null {
  return hop === 'written' ? writtenAtMs : (pulse?.[`${hop}AtMs`] ?? null)
}

function iso(atMs: number | null): string | null {
  return atMs === null ? null : new Date(atMs).toISOString()
}
