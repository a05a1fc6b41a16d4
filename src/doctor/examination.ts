import type { OffbeatError } from '../model/error.ts'
import { asOffbeatError } from '../model/error.ts'
import { advice, type CheckContext, type CheckFinding, type Checkup, findingsOf } from '../sources/check.ts'
import type { SourceConfig } from '../sources/source-config.ts'
import { LAYER_CHECKS } from './layer-check.ts'

/** What the doctor found of one source. */
export interface Examination {
  readonly name: string
  readonly kind: string
  readonly findings: readonly CheckFinding[]
  /** Why the database could not be looked at. */
  readonly error: OffbeatError | null
}

/** The database's own checks and those that all share. A database that cannot be reached is a finding too. */
export async function examine(
  checkup: Checkup<SourceConfig>,
  config: SourceConfig,
  context: CheckContext,
  signal: AbortSignal,
): Promise<Examination> {
  const about = { name: context.source, kind: config.kind }
  const { signs, source, clock } = context
  const shared = findingsOf(LAYER_CHECKS, { source, config, signs, nowMs: clock.nowMs() })
  try {
    const own = await checkup.examine(config, context, signal)
    return { ...about, findings: [connected(config), ...own, ...shared], error: null }
  } catch (thrown) {
    signal.throwIfAborted()
    const error = asOffbeatError(thrown)
    return { ...about, findings: [refused(config, error), ...shared], error }
  }
}

const connection = (config: SourceConfig) => ({
  id: `${config.kind}.connection`,
  symptom: null,
  title: 'the connection',
  expected: 'a server that lets us in',
})

function connected(config: SourceConfig): CheckFinding {
  const { user, database, hosts } = config.connection
  const where = hosts.map(({ host, port }) => `${host}:${port}`).join(' or ')
  return {
    ...connection(config),
    status: 'ok',
    code: null,
    found: `${user} is let into ${database} on ${where}`,
    fix: [],
  }
}

function refused(config: SourceConfig, error: OffbeatError): CheckFinding {
  const words = error.fix.length > 0 ? error.fix : [error.entry.cure]
  return {
    ...connection(config),
    status: 'fail',
    code: error.code,
    found: error.found === null ? error.message : `${error.message}: ${error.found}`,
    expected: error.expected ?? 'a server that lets us in',
    fix: words.map((run) => ({
      ...advice(''),
      run: /^(# |[A-Z]{4,}\b|psql |openssl |offbeat )/.test(run) ? run : `# ${run}`,
    })),
  }
}
