import { shellWord } from '../model/shell-word.ts'
import type { OutsideJob } from '../sources/setup.ts'

/** One heartbeat, written by a command that runs outside the database. */
export interface OutsideCommand {
  /** The source's name in the configuration. */
  readonly source: string
  /** Five fields of cron. */
  readonly schedule: string
  /** The program and its arguments, unquoted. */
  readonly command: readonly string[]
  /** Of a container that has the program. */
  readonly image: string
  /** Whose password the program needs: from this variable of its environment, or from this file. */
  readonly password: { readonly of: string; readonly variable: string; readonly file: string }
}

export function outsideForms(job: OutsideCommand): readonly OutsideJob[] {
  return [
    { form: 'crontab', text: crontab(job) },
    { form: 'cronjob', text: cronJob(job) },
  ]
}

/** `%` ends a command in a crontab unless it is escaped. */
function crontab({ source, schedule, command, password }: OutsideCommand): string {
  return lines(
    headOf(source),
    `# The password of ${password.of} is read from ${password.file} of the owner of the crontab.`,
    `${schedule} ${command.map(shellWord).join(' ').replaceAll('%', '\\%')}`,
    '# or, with a configuration whose url leads to the primary and whose mode is table:',
    `# ${schedule} offbeat beat ${source} --quiet --config /etc/offbeat/primary.yaml`,
  )
}

/** A Kubernetes CronJob; texts are in JSON's quotes, which YAML reads. */
function cronJob({ source, schedule, command, image, password }: OutsideCommand): string {
  const name = resourceName(source)
  return lines(
    headOf(source),
    `# The password of ${password.of} is read from the Secret ${name}, key password.`,
    'apiVersion: batch/v1',
    'kind: CronJob',
    'metadata:',
    `  name: ${name}`,
    'spec:',
    `  schedule: ${JSON.stringify(schedule)}`,
    '  concurrencyPolicy: Forbid',
    '  startingDeadlineSeconds: 60',
    '  jobTemplate:',
    '    spec:',
    '      backoffLimit: 0',
    '      activeDeadlineSeconds: 60',
    '      template:',
    '        spec:',
    '          restartPolicy: Never',
    '          containers:',
    '            - name: beat',
    `              image: ${JSON.stringify(image)}`,
    '              command:',
    ...command.map((word) => `                - ${JSON.stringify(word)}`),
    '              env:',
    `                - name: ${password.variable}`,
    '                  valueFrom:',
    '                    secretKeyRef:',
    `                      name: ${name}`,
    '                      key: password',
  )
}

function headOf(source: string): string {
  return `# Offbeat: the source heartbeat of ${source}, written by a job outside the database, on the primary.`
}

/** Kubernetes allows a CronJob 52 lower-case letters, digits and hyphens, a letter or digit at each end. */
function resourceName(source: string): string {
  const name = `offbeat-${source}`.toLowerCase().replaceAll(/[^a-z0-9]+/gu, '-')
  return name.slice(0, 52).replace(/-+$/u, '')
}

function lines(...all: readonly string[]): string {
  return `${all.join('\n')}\n`
}
