import type { SetupVariant } from '../../sources/setup.ts'
import type { SourceDefinition } from '../../sources/source.ts'
import type { SourceConfig } from '../../sources/source-config.ts'
import type { CommandContext, CommandInput, ExitCode } from '../program/command.ts'
import { openConfig, sourceNamed } from '../program/configuration.ts'
import { textOption } from '../program/option-value.ts'
import { usageError } from '../program/usage-error.ts'
import { applyToDatabase } from './apply-setup.ts'
import { planDocument, type SetupRequest } from './setup-request.ts'
import { crontabText, setupScript } from './setup-text.ts'

export async function showSetup(input: CommandInput, context: CommandContext): Promise<ExitCode> {
  const form = formOf(input)
  const config = await openConfig(input, context)
  const source = sourceNamed(config, input.words[0] ?? '')
  const { definition } = source
  const variant = variantOf(input, definition)
  const request = { source, definition, variant, plan: definition.setup(source.config, variant) }
  if (input.options['apply'] === true) {
    return await applyToDatabase(request, input, context, config.log.level)
  }
  for (const name of ['admin', 'yes'])
    if (input.options[name] !== undefined) throw usageError(`--${name} has no effect without --apply.`)
  if (form === 'crontab') context.stdout.write(crontabOf(request))
  else if (input.common.json) context.stdout.write(`${JSON.stringify(planDocument(request))}\n`)
  else context.stdout.write(setupScript(request.plan, headOf(request)))
  return 0
}

const REFUSED: { readonly [form: string]: string } = {
  cronjob:
    'a Kubernetes CronJob is for databases without a scheduler; for PostgreSQL run the line of `--as crontab` in one',
  atlas: 'Atlas is a service for MongoDB',
}

function formOf(input: CommandInput): 'sql' | 'crontab' {
  const form = textOption(input, 'as') ?? 'sql'
  if (form !== 'sql' && form !== 'crontab') {
    throw usageError(`--as ${form} is not for this source.`, {
      found: REFUSED[form] ?? 'an unknown form',
      expected: 'sql or crontab',
    })
  }
  for (const other of ['apply', 'json']) {
    const given = other === 'json' ? input.common.json : input.options[other] === true
    if (form === 'crontab' && given) throw usageError(`--as crontab cannot be combined with --${other}.`)
  }
  return form
}

function variantOf(input: CommandInput, definition: SourceDefinition<SourceConfig>): SetupVariant {
  const service = textOption(input, 'variant') ?? definition.services[0] ?? ''
  if (!definition.services.includes(service)) {
    throw usageError(`${definition.facts.title} has no variant ${service}.`, {
      expected: definition.services.join(', '),
    })
  }
  return {
    service,
    readOnly: input.options['readOnly'] === true,
    sight: input.options['withMonitoring'] === true,
    schedulerDatabase: textOption(input, 'schedulerDatabase'),
  }
}

function crontabOf({ plan, source }: SetupRequest): string {
  if (plan.outside !== null) return crontabText(plan.outside, source.name)
  throw usageError('--as crontab is not for this form of set-up.', {
    found: plan.form,
    expected:
      'the read-only form (--read-only), where a job writes the heartbeats; in this form the connector writes them, or they are off',
  })
}

function headOf({ source, definition, plan, variant }: SetupRequest): readonly string[] {
  const { hosts, database } = source.config.connection
  const where = hosts.map(({ host, port }) => `${host}:${port}`).join(' or ')
  return [
    `Prepares ${definition.facts.title} for the source ${source.name}: ${database} at ${where}.`,
    `Server: ${variant.service}. Form: ${plan.form}.`,
    `Nothing was run. Run it as an administrator, in psql, or run \`offbeat setup ${source.name} --apply\`, which runs the missing steps.`,
  ]
}
