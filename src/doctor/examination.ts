import { asOffbeatError, OffbeatError } from '../model/error.ts'
import { forPerson } from '../model/fix.ts'
import { type CheckContext, type CheckFinding, type Checkup, findingsOf, manual } from '../sources/check.ts'
import { connectionWords } from '../sources/connection-words.ts'
import { missingPart } from '../sources/missing-part.ts'
import type { SourceConfig } from '../sources/source-config.ts'
import { LAYER_CHECKS } from './layer-check.ts'

const EXAMINATION_TIMEOUT_MS = 60_000

/** What the doctor found about one source. */
export interface Examination {
  readonly name: string
  readonly kind: string
  readonly findings: readonly CheckFinding[]
  /** Why the database could not be inspected. */
  readonly error: OffbeatError | null
}

/**
 * Runs the database's own checks, if there are any, and those that all databases share. A database that cannot be reached is also a
 * finding.
 */
export async function examine(
  checkup: Checkup<SourceConfig> | null,
  config: SourceConfig,
  context: CheckContext,
  signal: AbortSignal,
  timeoutMs = EXAMINATION_TIMEOUT_MS,
): Promise<Examination> {
  const about = { name: context.source, kind: config.kind }
  const { signs, source, clock } = context
  const evidence = { source, config, signs, nowMs: clock.nowMs() }
  const layers = (own: readonly CheckFinding[]) => findingsOf(LAYER_CHECKS, { ...evidence, own })
  if (checkup === null) return { ...about, findings: [unchecked(about), ...layers([])], error: null }
  const timeout = AbortSignal.timeout(timeoutMs)
  try {
    const own = await checkup.examine(config, context, AbortSignal.any([signal, timeout]))
    return { ...about, findings: [connected(config), ...own, ...layers(own)], error: null }
  } catch (thrown) {
    signal.throwIfAborted()
    const error = timeout.aborted ? tookTooLong(source, timeoutMs, thrown) : asOffbeatError(thrown)
    return { ...about, findings: [refused(config, error), ...layers([])], error }
  }
}

function tookTooLong(source: string, timeoutMs: number, cause: unknown): OffbeatError {
  return new OffbeatError('INSPECTION_TIMED_OUT', {
    message: `the inspection of ${source} took longer than ${timeoutMs / 1000} s`,
    cause,
  })
}

function unchecked({ name, kind }: Pick<Examination, 'name' | 'kind'>): CheckFinding {
  const { code, message, entry } = missingPart('checkup', kind, `cannot check the database of ${name}`)
  const about = { id: `${kind}.checkup`, symptom: null, title: 'the checks of the database' }
  return { ...about, status: 'warn', code, found: message, expected: entry.cure, fix: [] }
}

const connection = (config: SourceConfig) => ({
  id: `${config.kind}.connection`,
  symptom: null,
  title: 'the connection',
  expected: 'a server that accepts the connection',
})

function connected(config: SourceConfig): CheckFinding {
  const { user } = config.connection
  return {
    ...connection(config),
    status: 'ok',
    code: null,
    found: `${user ?? 'a client without a user'} can connect to ${connectionWords(config.connection)}`,
    fix: [],
  }
}

function refused(config: SourceConfig, error: OffbeatError): CheckFinding {
  const fix = error.fix.length === 0 ? [forPerson(error.entry.cure)] : error.fix
  return {
    ...connection(config),
    status: 'fail',
    code: error.code,
    found: error.found === null ? error.message : `${error.message}: ${error.found}`,
    expected: error.expected ?? 'a server that accepts the connection',
    fix: fix.map((each) => manual(each, 'the server does not accept the connection')),
  }
}
