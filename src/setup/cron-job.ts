import { createHash } from 'node:crypto'

/** A container that writes one heartbeat. */
export interface CronJobParts {
  /** The source's name in the configuration. */
  readonly source: string
  readonly schedule: string
  readonly image: string
  readonly command: readonly string[]
  /** The container's user, who is not root. */
  readonly uid: number
  /** Before the manifest, without the mark of a comment. */
  readonly comments: readonly string[]
  /** Additional lines of the container and of the pod. */
  readonly container: readonly string[]
  readonly pod: readonly string[]
}

/**
 * A Kubernetes CronJob. Strings are in JSON quotes, which are valid YAML. It has what the Pod Security Standard `restricted` asks for. Of two
 * heartbeats that are due at the same time one is enough, so none is started late or beside another.
 */
export function cronJob(parts: CronJobParts): string {
  const { source, schedule, command, image, uid, comments, container, pod } = parts
  const lines = [
    ...comments.map((each) => `# ${each}`),
    'apiVersion: batch/v1',
    'kind: CronJob',
    'metadata:',
    `  name: ${resourceName(source)}`,
    'spec:',
    `  schedule: ${JSON.stringify(schedule)}`,
    '  concurrencyPolicy: Forbid',
    '  startingDeadlineSeconds: 60',
    '  successfulJobsHistoryLimit: 1',
    '  failedJobsHistoryLimit: 3',
    '  jobTemplate:',
    '    spec:',
    '      backoffLimit: 0',
    '      activeDeadlineSeconds: 60',
    '      template:',
    '        spec:',
    '          restartPolicy: Never',
    '          automountServiceAccountToken: false',
    '          securityContext:',
    '            runAsNonRoot: true',
    `            runAsUser: ${uid}`,
    `            runAsGroup: ${uid}`,
    `            fsGroup: ${uid}`,
    '            seccompProfile:',
    '              type: RuntimeDefault',
    '          containers:',
    '            - name: beat',
    `              image: ${JSON.stringify(image)}`,
    '              command:',
    ...command.map((word) => `                - ${JSON.stringify(unexpanded(word))}`),
    '              securityContext:',
    '                allowPrivilegeEscalation: false',
    '                readOnlyRootFilesystem: true',
    '                capabilities:',
    '                  drop:',
    '                    - ALL',
    ...container.map((line) => `              ${line}`),
    ...pod.map((line) => `          ${line}`),
  ]
  return `${lines.join('\n')}\n`
}

/** In a command, Kubernetes replaces `$(NAME)` with a variable and `$$` with `$`. */
function unexpanded(word: string): string {
  return word.replaceAll(/\$(?=[$(])/gu, '$$$$')
}

const LONGEST_NAME = 52

/**
 * Kubernetes limits a CronJob's name to 52 characters: lower-case letters, digits and hyphens, with a letter or digit at each end. A name of a
 * source that is not such a name gets a hash, so that two sources never have the same.
 */
export function resourceName(source: string): string {
  const name = `offbeat-${source}`
  if (name.length <= LONGEST_NAME && /^[a-z0-9-]*[a-z0-9]$/u.test(name)) return name
  const hash = createHash('sha256').update(source).digest('hex').slice(0, 8)
  const kept = name.toLowerCase().replaceAll(/[^a-z0-9]+/gu, '-')
  return `${kept.slice(0, LONGEST_NAME - hash.length - 1).replace(/-+$/u, '')}-${hash}`
}
