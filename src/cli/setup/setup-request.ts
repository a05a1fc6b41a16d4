import type { ConfiguredSource } from '../../config/config.ts'
import { OffbeatError } from '../../model/error.ts'
import { fixDocument } from '../../model/fix.ts'
import { Secret } from '../../model/secret.ts'
import { passwordOf } from '../../sources/connect/password.ts'
import type { SetupPlan, SetupVariant } from '../../sources/setup.ts'
import type { CommandContext } from '../program/command.ts'

/** What `setup` was asked to do. */
export interface SetupRequest {
  readonly source: ConfiguredSource
  readonly variant: SetupVariant
  readonly plan: SetupPlan
}

export function planDocument({ source, plan, variant }: SetupRequest) {
  return {
    version: 1,
    source: source.name,
    kind: source.kind,
    variant: variant.service,
    form: plan.form,
    steps: plan.steps.map(({ id, why, by, fix, onlyWhere, optional }) => ({
      id,
      why,
      by,
      fix: fix.map((each) => fixDocument(each)),
      onlyWhere: onlyWhere ?? null,
      optional: optional ?? false,
    })),
    notes: plan.notes,
    outside: plan.outside,
  }
}

/** The password of the new user: the source's own, also from its file, else the one in the environment, else the answer to a question. */
export async function setupPassword({ source }: SetupRequest, context: CommandContext): Promise<Secret> {
  const { connection } = source.config
  const { password, passwordFile, user, hosts } = connection
  if (password !== null || passwordFile !== undefined) {
    const [{ host, port } = { host: '', port: null }] = hosts
    return new Secret(await passwordOf(connection, { host, port: port ?? 0, user: user ?? '' }))
  }
  const given = context.environment['OFFBEAT_SETUP_PASSWORD'] ?? ''
  const asked =
    given === '' && context.ask !== null ? await context.ask(`Password for the new user ${user}: `, 'hidden') : given
  context.signal.throwIfAborted()
  if (asked !== '') return new Secret(asked)
  throw new OffbeatError('SETUP_PASSWORD_MISSING', {
    message: `the user ${user} does not exist yet, and there is no password to give it; nothing was changed`,
    found: 'no password in the configuration, none in OFFBEAT_SETUP_PASSWORD, and none was given on a terminal',
    expected: 'one of the three',
  })
}
