import type { Config } from '../config/config.ts'
import type { SourceStatus } from '../model/source-status.ts'
import { VERDICTS } from '../model/verdict.ts'
import type { Owner } from '../sqlite/owner.ts'
import { type ApiAnswer, askApi } from './api-client.ts'
import type { AppContext } from './app-context.ts'

/**
 * Gets the source's status over HTTP from the process that runs it. null: the process knows nothing about the source yet, does not run it,
 * has no API, or does not answer. The last case is logged.
 */
export async function askOwner(
  source: string,
  owner: Owner,
  config: Config,
  context: AppContext,
): Promise<SourceStatus | null> {
  if (owner.api === null) return null
  const path = `/api/sources/${source}`
  try {
    const answer = await askApi(owner.api, path, config.server?.token ?? null, context.signal)
    if (answer.status === 200) return statusIn(answer, source)
    // It runs other sources.
    if (answer.status === 404) return null
    const why = answer.status === 401 ? 'it has another token than this configuration' : `status ${answer.status}`
    await logUnanswered(owner, why, config, context)
  } catch (thrown) {
    context.signal.throwIfAborted()
    await logUnanswered(owner, reasonOf(thrown), config, context)
  }
  return null
}

function statusIn({ document }: ApiAnswer, source: string): SourceStatus | null {
  if (!isRecord(document) || document['version'] !== 1 || document['judged'] !== true) return null
  const status = document['source']
  return isRecord(status) && status['name'] === source && isStatus(status) ? status : null
}

/**
 * A document of this version was written from a SourceStatus. Another program's document has no such verdict, and an older version's has no
 * `connector`.
 */
function isStatus(value: object): value is SourceStatus {
  return 'verdict' in value && VERDICTS.some((verdict) => verdict === value.verdict) && 'connector' in value
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

async function logUnanswered(owner: Owner, why: string, config: Config, context: AppContext): Promise<void> {
  const log = await context.openLog(config.log.level)
  const message = `process ${owner.pid} does not answer at ${owner.api} (${why}); its last report in the store is shown`
  log.warn({ code: 'SERVER_UNREACHABLE' }, message)
}

export function reasonOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return 'unknown reason'
  if (thrown.name === 'TimeoutError' || thrown.name === 'AbortError') return 'no answer in time'
  return 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : thrown.message
}
