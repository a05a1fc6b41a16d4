import { shellWord } from '../model/shell-word.ts'
import type { OutsideJob } from '../sources/setup.ts'

/** A heartbeat from a job outside the database. */
export interface OutsideBeat {
  /** The source's name in the configuration. */
  readonly source: string
  /** A cron schedule with five fields. */
  readonly schedule: string
}

/** A heartbeat that the database's own client writes. */
export interface ClientBeat extends OutsideBeat {
  /** The program and its arguments, unquoted. */
  readonly command: readonly string[]
  /** A container image that has the program. */
  readonly image: string
  /** The user whose password the client needs, and the environment variable and the file from which the client reads it. */
  readonly password: { readonly of: string; readonly variable: string; readonly file: string }
}

/** The job of a source whose configuration has `by: external`. */
export function beatForms(beat: OutsideBeat): readonly OutsideJob[] {
  const { source } = beat
  const command = ['offbeat', 'beat', source, '--quiet', '--config', CONFIGURATION]
  const name = resourceName(source)
  return [
    {
      form: 'crontab',
      text: crontab(beat, command, [
        '# The user of the crontab must be able to read the configuration; set the variables that it names in the crontab.',
      ]),
    },
    {
      form: 'cronjob',
      text: cronJob(beat, {
        command,
        image: '<image of offbeat>',
        comment: `The configuration is read from the Secret ${name}-config, key offbeat.yaml; its variables are from the Secret ${name}.`,
        container: [
          'envFrom:',
          '  - secretRef:',
          `      name: ${name}`,
          'volumeMounts:',
          '  - name: configuration',
          '    mountPath: /etc/offbeat',
        ],
        pod: ['volumes:', '  - name: configuration', '    secret:', `      secretName: ${name}-config`],
      }),
    },
  ]
}

const CONFIGURATION = '/etc/offbeat/offbeat.yaml'

export function clientForms(beat: ClientBeat): readonly OutsideJob[] {
  const { source, schedule, command, image, password } = beat
  const name = resourceName(source)
  const crontabComment = `# The password of ${password.of} is read from ${password.file} of the owner of the crontab.`
  return [
    {
      form: 'crontab',
      text: crontab(
        beat,
        command,
        [crontabComment],
        [
          '# or, with `heartbeat: { source: { mode: job, by: external } }` in the source:',
          `# ${schedule} offbeat beat ${source} --quiet --config ${CONFIGURATION}`,
        ],
      ),
    },
    {
      form: 'cronjob',
      text: cronJob(beat, {
        command,
        image,
        comment: `The password of ${password.of} is read from the Secret ${name}, key password.`,
        container: [
          'env:',
          `  - name: ${password.variable}`,
          '    valueFrom:',
          '      secretKeyRef:',
          `        name: ${name}`,
          '        key: password',
        ],
        pod: [],
      }),
    },
  ]
}

/** An unescaped `%` ends a command in a crontab. */
function crontab(
  { source, schedule }: OutsideBeat,
  command: readonly string[],
  before: readonly string[],
  after: readonly string[] = [],
): string {
  const line = `${schedule} ${command.map(shellWord).join(' ').replaceAll('%', '\\%')}`
  return lines([headOf(source), ...before, line, ...after])
}

interface CronJobParts {
  readonly command: readonly string[]
  readonly image: string
  readonly comment: string
  /** Additional lines of the container and of the pod. */
  readonly container: readonly string[]
  readonly pod: readonly string[]
}

/** A Kubernetes CronJob. Strings are in JSON quotes, which are valid YAML. */
function cronJob({ source, schedule }: OutsideBeat, parts: CronJobParts): string {
  const { command, image, comment, container, pod } = parts
  return lines([
    headOf(source),
    `# ${comment}`,
    'apiVersion: batch/v1',
    'kind: CronJob',
    'metadata:',
    `  name: ${resourceName(source)}`,
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
    ...container.map((line) => `              ${line}`),
    ...pod.map((line) => `          ${line}`),
  ])
}

function headOf(source: string): string {
  return `# Offbeat: the source heartbeat of ${source}, written by a job outside the database, on the primary.`
}

/** Kubernetes limits a CronJob's name to 52 characters: lower-case letters, digits and hyphens, with a letter or digit at each end. */
function resourceName(source: string): string {
  const name = `offbeat-${source}`.toLowerCase().replaceAll(/[^a-z0-9]+/gu, '-')
  return name.slice(0, 52).replace(/-+$/u, '')
}

function lines(all: readonly string[]): string {
  return `${all.join('\n')}\n`
}
