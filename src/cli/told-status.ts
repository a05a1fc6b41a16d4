import type { Config } from '../config/config.ts'
import type { SourceStatus } from '../model/source-status.ts'
import { VERDICTS } from '../model/verdict.ts'
import type { Owner } from '../sqlite/owner.ts'
import { type ApiAnswer, askApi } from './api-client.ts'
import type { CommandContext } from './command.ts'

/**
 * The source's status from the process that runs it; `starting` when it runs it and has not judged it yet; null when it does not run it,
 * answers nowhere, or does not answer, which is then in the log.
 */
export async function toldStatus(
  source: string,
  owner: Owner,
  config: Config,
  context: CommandContext,
): Promise<SourceStatus | 'starting' | null> {
  if (owner.api === null) return null
  const path = `/api/sources/${source}`
  try {
    const answer = await askApi(owner.api, path, config.server?.token ?? null, context.signal)
    if (answer.status === 200) return statusIn(answer, source)
    // It runs others.
    if (answer.status === 404) return null
    const why = answer.status === 401 ? 'its token is another than the one of this configuration' : `${answer.status}`
    await sayUnanswered(owner, why, config, context)
  } catch (thrown) {
    context.signal.throwIfAborted()
    await sayUnanswered(owner, reasonOf(thrown), config, context)
  }
  return null
}

function statusIn({ document }: ApiAnswer, source: string): SourceStatus | 'starting' | null {
  if (!isRecord(document) || document['version'] !== 1) return null
  const status = document['source']
  if (!isRecord(status) || status['name'] !== source) return null
  if (document['judged'] !== true) return 'starting'
  return isStatus(status) ? status : null
}

/** A document of this version was written from a SourceStatus; one that is another's has no such verdict. */
function isStatus(value: object): value is SourceStatus {
  return 'verdict' in value && VERDICTS.some((verdict) => verdict === value.verdict)
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

async function sayUnanswered(owner: Owner, why: string, config: Config, context: CommandContext): Promise<void> {
  const log = await context.openLog(config.log.level)
  const message = `process ${owner.pid} does not answer at ${owner.api}: ${why}; what follows is what it left in the store`
  log.warn({ code: 'SERVER_UNREACHABLE' }, message)
}

export function reasonOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return 'unknown reason'
  if (thrown.name === 'TimeoutError' || thrown.name === 'AbortError') return 'no answer in time'
  return 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : thrown.message
}
