import { Secret } from '../../model/secret.ts'
import { applySetup } from '../../setup/setup-apply.ts'
import { checkSetup } from '../../setup/setup-check.ts'
import type { Context, SourceDefinition } from '../../sources/source.ts'
import type { SourceConfig } from '../../sources/source-config.ts'

interface Preparation<Config extends SourceConfig> {
  readonly definition: Pick<Required<SourceDefinition<Config>>, 'setup' | 'admin'>
  /** Its user is created. */
  readonly config: Config
  readonly password: Secret
  readonly adminUrl: string
  readonly context: Context
  readonly signal: AbortSignal
}

/** Prepares a server of the demo as `offbeat setup --apply` does. */
export async function prepareBySetup<Config extends SourceConfig>(preparation: Preparation<Config>): Promise<void> {
  const { definition, config, password, adminUrl, context, signal } = preparation
  const [service = ''] = definition.setup.services
  const plan = definition.setup.plan(config, {
    source: context.source,
    service,
    readOnly: false,
    monitoring: false,
    schedulerDatabase: null,
    accountHost: null,
  })
  await using session = await definition.admin(config, new Secret(adminUrl), context, signal)
  const checks = await checkSetup(plan, session, signal)
  await applySetup({ checks, admin: session, password, signal, onDone: () => undefined })
}
