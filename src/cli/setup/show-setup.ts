import type { ConfiguredSource } from '../../config/config.ts'
import { connectionWords } from '../../sources/connection-words.ts'
import { missingPart } from '../../sources/missing-part.ts'
import type { SetupVariant } from '../../sources/setup.ts'
import type { CommandContext, CommandInput, ExitCode } from '../program/command.ts'
import { openConfig, sourceNamed } from '../program/configuration.ts'
import { textOption } from '../program/option-value.ts'
import { usageError } from '../program/usage-error.ts'
import { applyToDatabase } from './apply-setup.ts'
import { planDocument, type SetupRequest } from './setup-request.ts'
import { setupScript } from './setup-text.ts'

export async function showSetup(input: CommandInput, context: CommandContext): Promise<ExitCode> {
  const config = await openConfig(input, context)
  const source = sourceNamed(config, input.words[0] ?? '')
  const { setup } = source.definition
  if (setup === undefined) throw missingPart('setup', source.kind, `cannot set up ${source.name}`)
  const variant = { ...variantOf(source, setup, input), configuration: config.path }
  const request = { source, variant, plan: setup.plan(source.config, variant) }
  const form = formOf(request, input)
  if (input.options['apply'] === true) {
    return await applyToDatabase(request, input, context, config.log.level)
  }
  for (const name of ['admin', 'yes'])
    if (input.options[name] !== undefined) throw usageError(`--${name} has no effect without --apply.`)
  const job = request.plan.outside.find((each) => each.form === form)
  if (job !== undefined) context.stdout.write(job.text)
  else if (input.common.json) context.stdout.write(`${JSON.stringify(planDocument(request))}\n`)
  else context.stdout.write(setupScript(request.plan, source.definition.script, headOf(request)))
  return 0
}

/** The name of the script's form, or of a form of the job that runs outside the database. */
function formOf({ plan, source }: SetupRequest, input: CommandInput): string {
  const script = source.definition.script.name
  const form = textOption(input, 'as') ?? script
  const known = [script, ...plan.outside.map((job) => job.form)]
  if (!known.includes(form)) {
    throw usageError(`--as ${form} is not for this form of set-up.`, {
      found: `${source.definition.facts.title}: ${plan.form}`,
      expected: plan.outside.length > 0 ? known.join(', ') : `${script}; ${NO_JOB}`,
    })
  }
  for (const other of ['apply', 'json']) {
    const given = other === 'json' ? input.common.json : input.options[other] === true
    if (form !== script && given) throw usageError(`--as ${form} cannot be combined with --${other}.`)
  }
  return form
}

const NO_JOB =
  'or the read-only form (--read-only), where a job writes the heartbeats: in this form the connector writes them, or they are off'

function variantOf(
  { name, definition }: ConfiguredSource,
  { services, hasAccountHosts }: NonNullable<ConfiguredSource['definition']['setup']>,
  input: CommandInput,
): SetupVariant {
  const service = textOption(input, 'variant') ?? services[0] ?? ''
  if (!services.includes(service)) {
    throw usageError(`${definition.facts.title} has no variant ${service}.`, { expected: services.join(', ') })
  }
  const accountHost = textOption(input, 'accountHost')
  if (accountHost !== null && hasAccountHosts !== true)
    throw usageError(`--account-host has no effect: a user of ${definition.facts.title} is not for certain hosts.`)
  return {
    source: name,
    service,
    readOnly: input.options['readOnly'] === true,
    monitoring: input.options['withMonitoring'] === true,
    schedulerDatabase: textOption(input, 'schedulerDatabase'),
    accountHost,
  }
}

function headOf({ source, plan, variant }: SetupRequest): readonly string[] {
  const isAll = plan.steps.every(({ by, optional, onlyWhere }) => by !== 'operator' || optional || onlyWhere)
  const what = isAll ? 'which runs the missing steps' : 'which runs the missing steps except those that are for you'
  return [
    `Prepares ${source.definition.facts.title} for the source ${source.name}: ${connectionWords(source.config.connection)}.`,
    `Server: ${variant.service}. Form: ${plan.form}.`,
    `Nothing was run. Run it as an administrator, in ${source.definition.script.client}, or run \`offbeat setup ${source.name} --apply\`, ${what}.`,
  ]
}
