import { askApi } from '../../app/api-client.ts'
import { reasonOf } from '../../app/ask-owner.ts'
import { openStoreReader } from '../../app/store-access.ts'
import type { Config } from '../../config/config.ts'
import { OffbeatError } from '../../model/error.ts'
import { inShell } from '../../model/fix.ts'
import type { CommandContext, CommandInput, ExitCode } from '../program/command.ts'
import { openConfig } from '../program/configuration.ts'
import { usageError } from '../program/usage-error.ts'

/** 0: alive (or ready). 1: it answers that it is not. 4: it does not answer. */
export async function askHealth(input: CommandInput, context: CommandContext): Promise<ExitCode> {
  const config = await openConfig(input, context)
  const url = apiOf(config)
  const path = input.options['ready'] === true ? '/readyz' : '/healthz'
  const { status, document } = await answerOf(url, path, config, context)
  const well = status === 200
  if (input.common.json)
    context.stdout.write(`${JSON.stringify({ version: 1, url, path, status, answer: document })}\n`)
  else context.stdout.write(`${url}${path}: ${status} ${JSON.stringify(document)}\n`)
  return well ? 0 : 1
}

function apiOf(config: Config): string {
  using store = openStoreReader(config)
  const owner = store?.owner() ?? null
  if (owner === null) {
    throw new OffbeatError('SERVER_UNREACHABLE', {
      message: `no process runs the connectors of ${config.path}`,
      found: 'no process has its store open',
      fix: [inShell('offbeat run')],
    })
  }
  if (owner.api !== null) return owner.api
  throw usageError(`process ${owner.pid} does not answer over HTTP`, {
    found: config.server === null ? `server: off in ${config.path}` : `it runs ${owner.command}, without HTTP`,
    expected: 'a section server in the configuration, such as server: { listen: 127.0.0.1:7070 }',
  })
}

async function answerOf(url: string, path: string, config: Config, context: CommandContext) {
  try {
    return await askApi(url, path, config.server?.token ?? null, context.signal)
  } catch (thrown) {
    context.signal.throwIfAborted()
    throw new OffbeatError('SERVER_UNREACHABLE', {
      message: `the running process does not answer at ${url}${path}`,
      found: reasonOf(thrown),
      expected: 'an answer within 3 seconds',
    })
  }
}
