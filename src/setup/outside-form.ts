import { cronNote, cronSchedule } from '../model/cron-schedule.ts'
import { shellWord } from '../model/shell-word.ts'
import type { OutsideJob, SetupVariant } from '../sources/setup.ts'
import { cronJob, resourceName } from './cron-job.ts'

/** A heartbeat from a job outside the database. */
export interface OutsideBeat {
  /** The source's name in the configuration. */
  readonly source: string
  /** A cron schedule with five fields. */
  readonly schedule: string
  /** What the schedule cannot do. Absent: nothing. */
  readonly note?: string
  /** The path of the configuration on this machine. Absent: not known. */
  readonly configuration?: string
}

/** The heartbeat once an interval, as far as cron can. */
export function outsideBeat(
  { source, configuration }: Pick<SetupVariant, 'source' | 'configuration'>,
  intervalMs: number,
): OutsideBeat {
  const note = cronNote(intervalMs)
  return {
    source,
    schedule: cronSchedule(intervalMs),
    ...(note === null ? {} : { note }),
    ...(configuration === undefined ? {} : { configuration }),
  }
}

/** A heartbeat that the database's own client writes. */
export interface ClientBeat extends OutsideBeat {
  /** The program and its arguments, unquoted. */
  readonly command: readonly string[]
  /** A container image that has the program. */
  readonly image: string
  /** null: the client needs none. */
  readonly password: ClientPassword | null
  /** The paths of the files that the client reads, such as the certificate of an authority. Absent: none. */
  readonly files?: readonly string[]
}

interface ClientPassword {
  /** The user whose password it is. */
  readonly of: string
  /** The environment variable and the file from which the client reads it. */
  readonly variable: string
  readonly file: string
  /** The client reads no file, so the shell of the crontab gives it the variable. */
  readonly fileByShell?: boolean
}

/** Where it is in a container, and a place to put it where its path is not known. */
const CONFIGURATION = '/etc/offbeat/offbeat.yaml'

/** The user `node` of Offbeat's image. */
const OFFBEAT_UID = 1000

/** The user `nobody`: a client needs no files of its own. */
const CLIENT_UID = 65_534

/** The job of a source whose configuration has `by: external`. */
export function beatForms(beat: OutsideBeat): readonly OutsideJob[] {
  const { source, schedule, note, configuration } = beat
  const command = beatCommand(source, CONFIGURATION)
  const here = beatCommand(source, configuration ?? CONFIGURATION)
  const name = resourceName(source)
  return [
    {
      form: 'crontab',
      text: crontab(beat, here, [
        '# The user of the crontab must be able to read the configuration; set the variables that it names in the crontab.',
        crontabLine(schedule, here),
      ]),
    },
    {
      form: 'cronjob',
      text: cronJob({
        source,
        schedule,
        command,
        image: '<image of offbeat>',
        uid: OFFBEAT_UID,
        comments: [
          headOf(source),
          ...(note === undefined ? [] : [note]),
          'Replace the image with the one that you built from deploy/container/Dockerfile.',
          `The configuration is read from the Secret ${name}-config, key offbeat.yaml; its variables are from the Secret ${name}:`,
          `  kubectl create secret generic ${name}-config --from-file=offbeat.yaml   (and the files that it names, in /etc/offbeat)`,
          `  kubectl create secret generic ${name} --from-env-file=FILE   (with lines NAME=value)`,
        ],
        container: [
          'envFrom:',
          '  - secretRef:',
          `      name: ${name}`,
          '      optional: true',
          'volumeMounts:',
          '  - name: configuration',
          '    mountPath: /etc/offbeat',
          '    readOnly: true',
        ],
        pod: [
          'volumes:',
          '  - name: configuration',
          '    secret:',
          `      secretName: ${name}-config`,
          // YAML 1.1, which Kubernetes reads, and YAML 1.2 read 0440 as different numbers.
          '      defaultMode: 288  # 0440 in octal digits',
        ],
      }),
    },
  ]
}

function beatCommand(source: string, configuration: string): readonly string[] {
  return ['offbeat', 'beat', source, '--quiet', '--config', configuration]
}

/** The job of a source whose heartbeats a job of the database itself would write, by the database's client. */
export function clientForms(beat: ClientBeat): readonly OutsideJob[] {
  const { source, schedule, configuration = CONFIGURATION } = beat
  const [crontabForm, cronjobForm] = clientTexts(beat)
  return [
    {
      form: 'crontab',
      text: [
        crontabForm,
        '# or, with `heartbeat: { source: { mode: job, by: external } }` in the source:',
        `# ${crontabLine(schedule, beatCommand(source, configuration))}\n`,
      ].join(''),
    },
    { form: 'cronjob', text: cronjobForm },
  ]
}

/** The text for a crontab and that of the CronJob. */
export function clientTexts(beat: ClientBeat): readonly [crontab: string, cronjob: string] {
  const { source, schedule, note, command, image, password, files = [] } = beat
  return [
    crontab(beat, command, [
      ...(password === null
        ? []
        : [`# The password of ${password.of} is read from ${password.file} of the owner of the crontab.`]),
      crontabLine(schedule, command, password),
    ]),
    cronJob({
      source,
      schedule,
      command,
      image,
      uid: CLIENT_UID,
      comments: [
        headOf(source),
        ...(note === undefined ? [] : [note]),
        ...(password === null ? [] : secretComments(password, resourceName(source))),
        ...files.map((file) => `The client reads the file ${file}: mount it in the container.`),
      ],
      container: password === null ? [] : secretVariable(password, resourceName(source)),
      pod: [],
    }),
  ]
}

function secretComments({ of }: ClientPassword, name: string): readonly string[] {
  return [
    `The password of ${of} is read from the Secret ${name}, key password (in FILE, without a newline at the end):`,
    `  kubectl create secret generic ${name} --from-file=password=FILE`,
  ]
}

function secretVariable({ variable }: ClientPassword, name: string): readonly string[] {
  return [
    'env:',
    `  - name: ${variable}`,
    '    valueFrom:',
    '      secretKeyRef:',
    `        name: ${name}`,
    '        key: password',
  ]
}

function crontab({ source, note }: OutsideBeat, [program = '']: readonly string[], lines: readonly string[]): string {
  return `${[
    `# ${headOf(source)}`,
    ...(note === undefined ? [] : [`# ${note}`]),
    `# The PATH of cron is short: give the full path of ${program} if it is not in /usr/bin.`,
    ...lines,
  ].join('\n')}\n`
}

/** An unescaped `%` ends a command in a crontab. */
function crontabLine(schedule: string, command: readonly string[], password: ClientPassword | null = null): string {
  const given = password?.fileByShell === true ? `${password.variable}="$(cat ${password.file})" ` : ''
  return `${schedule} ${given}${command.map(shellWord).join(' ').replaceAll('%', '\\%')}`
}

function headOf(source: string): string {
  return `Offbeat: the source heartbeat of ${source}, written by a job outside the database, on the primary.`
}
