import type { ConfiguredSource } from '../../config/config.ts'
import { OffbeatError } from '../../model/error.ts'
import type { ErrorCode } from '../../model/error-code.ts'
import { type Fix, forPerson } from '../../model/fix.ts'
import type { Logger } from '../../model/logger.ts'
import { Secret } from '../../model/secret.ts'
import type { AdminSession, AdminTarget } from '../../sources/admin-session.ts'
import { hostWords } from '../../sources/connection-words.ts'
import { missingPart } from '../../sources/missing-part.ts'
import type { CommandContext, CommandInput } from '../program/command.ts'
import { confirm } from '../terminal/confirm.ts'
import { adminUrl } from './admin-url.ts'

/** Opens the session that `flag` runs its statements in. If it is on another server than the source's, the user has to confirm that. */
export async function openAdministrator(
  source: ConfiguredSource,
  flag: string,
  log: Logger,
  input: CommandInput,
  context: CommandContext,
): Promise<AdminSession> {
  const { admin } = source.definition
  if (admin === undefined) throw missingPart('admin', source.kind, `${flag} cannot run anything for ${source.name}`)
  const about = { source: source.name, log, clock: context.clock }
  const open = (url: Secret) => admin(source.config, url, about, context.signal)
  const session = await openAsking(adminUrl(input, context, flag), context, open).catch((thrown: unknown) => {
    throw ofAdministrator(thrown)
  })
  try {
    await confirmTarget(
      session.target,
      source.name,
      flag === '--fix' ? forTarget(session.target, input) : input,
      context,
    )
    return session
  } catch (thrown) {
    await session[Symbol.asyncDispose]()
    throw thrown
  }
}

/** Asks for a password that the URL leaves out, so that it need not be in a shell's history. */
async function openAsking(
  url: Secret,
  { ask, signal }: CommandContext,
  open: (url: Secret) => Promise<AdminSession>,
): Promise<AdminSession> {
  try {
    return await open(url)
  } catch (thrown) {
    const without = /^([a-z][a-z0-9+.-]*:\/\/[^:@/]+)@/u.exec(url.reveal())
    const wantsOne = thrown instanceof OffbeatError && thrown.code === 'DATABASE_PASSWORD_MISSING'
    if (!wantsOne || without === null || ask === null) throw thrown
    const password = await ask('Password of the administrator: ', 'hidden')
    signal.throwIfAborted()
    const rest = url.reveal().slice(without[0].length)
    return await open(new Secret(`${without[1]}:${encodeURIComponent(password)}@${rest}`))
  }
}

/** These errors are about the administrator's URL already, or about no URL. */
const PLAIN: readonly ErrorCode[] = ['ADMIN_ELSEWHERE', 'DATABASE_PERMISSION', 'DEFECT', 'USAGE_INVALID']

/** Advice on the source's own URL does not help someone who mistyped the administrator's. */
function ofAdministrator(thrown: unknown): unknown {
  if (!(thrown instanceof OffbeatError) || PLAIN.includes(thrown.code)) return thrown
  if (/^DATABASE_PASSWORD_(?:MISSING|WRONG)$/u.test(thrown.code)) return ofPassword(thrown)
  const { code, message, found, expected, fix, details } = thrown
  return new OffbeatError(code, {
    message: `cannot connect with the administrator's URL (--admin or OFFBEAT_ADMIN_URL): ${message}; nothing was changed`,
    ...(found === null ? {} : { found }),
    ...(expected === null ? {} : { expected }),
    fix: fix.map(forAdministrator),
    details,
    cause: thrown,
  })
}

/** What is to be corrected in the URL of the source is in that of the administrator. */
function forAdministrator(fix: Fix): Fix {
  const [, url] = fix.in === 'file' ? (/^url: (.+)$/u.exec(fix.text) ?? []) : []
  return url === undefined ? fix : forPerson(`in OFFBEAT_ADMIN_URL (or --admin): ${url}`)
}

function ofPassword(thrown: OffbeatError): OffbeatError {
  return new OffbeatError(thrown.code, {
    message: `${thrown.message}; nothing was changed`,
    found:
      thrown.code === 'DATABASE_PASSWORD_MISSING' ? "no password in the administrator's URL" : (thrown.found ?? ''),
    expected:
      "the administrator's password in OFFBEAT_ADMIN_URL (or --admin), or typed on a terminal where the URL has none",
    fix: [forPerson('correct OFFBEAT_ADMIN_URL (or --admin); in a URL a character such as @ or / is percent-encoded')],
    cause: thrown,
  })
}

/** `doctor --fix --yes` confirms the statements, before it is known where they would run. It does not confirm another server. */
function forTarget(target: AdminTarget, input: CommandInput): CommandInput {
  return target.is === 'other' ? { ...input, options: { ...input.options, yes: false } } : input
}

async function confirmTarget(target: AdminTarget, source: string, input: CommandInput, context: CommandContext) {
  if (target.is === 'same') return
  const { admin, source: own, found } = target
  const what =
    target.is === 'other'
      ? `The administrator's URL leads to ${admin}, a different server than the one that the source ${source} reads, ${own}.`
      : `The administrator's URL leads to ${admin}, and the source ${source} reads ${own}: is it the same server?`
  const asked = context.ask !== null || input.options['yes'] === true
  if (asked && (await confirm(input, context, what, `Found: ${found}.`))) return
  throw new OffbeatError('ADMIN_ELSEWHERE', {
    message: `${what} Nothing was changed.`,
    found,
    expected: `${own}, or the primary of it`,
  })
}

/** The server on which the session runs its statements, for a confirmation. */
export function serverOf(target: AdminTarget, { hosts }: ConfiguredSource['config']['connection']): string {
  return target.is === 'same' ? hostWords(hosts) : target.admin
}
