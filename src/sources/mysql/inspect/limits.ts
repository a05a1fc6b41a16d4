import { timeInWords } from '../../../model/figures.ts'
import type { Limit } from '../../../model/log-state.ts'
import type { LogUse } from './log-use.ts'
import { type Retention, SERVICE_RETENTION } from './retention.ts'

export function limitsOf(retention: Retention, use: LogUse): readonly Limit[] {
  return [ageLimit(retention, use), ...sizeLimit(retention, use)]
}

function ageLimit(retention: Retention, use: LogUse): Limit {
  const { name, keepsMs } = retention
  const base = { name, unit: 'ms', keeps: keepsMs, ends: 'offset lost' } as const
  if (keepsMs === Number.POSITIVE_INFINITY)
    return {
      ...base,
      used: 0,
      certain: true,
      because: [
        'the server purges no file for its age, unless a managed service does: the log grows until the disk is full',
        ...oldestWords(use),
      ],
    }
  if (name === SERVICE_RETENTION && keepsMs === 0)
    return {
      ...base,
      used: 0,
      certain: true,
      because: [`${SERVICE_RETENTION} is NULL: the service purges each file as soon as it can`, ...oldestWords(use)],
    }
  const { because, ...figures } = ageOf(use)
  return { ...base, ...figures, because: [because, WHEN, ...pausedPurge(retention), ...oldestWords(use)] }
}

const WHEN = 'expired files are purged when the server begins a new file or starts'

/**
 * The age of the needed file. A server measures it from the last write to the file, which was shortly before it began the next one, unless
 * it was down in between.
 */
function ageOf({ atMs, needed, storedAtMs }: LogUse): Pick<Limit, 'used' | 'certain'> & { readonly because: string } {
  if (storedAtMs === null || needed?.isLast === true)
    return { used: 0, certain: true, because: 'the age of a file counts from when the server begins the next one' }
  const next = needed?.next ?? null
  if (needed === null || next === null) {
    const used = Math.max(0, atMs - storedAtMs)
    const because = `the offset was stored ${timeInWords(used)} ago; how old the file is that it needs is not known`
    return { used, certain: false, because }
  }
  const used = Math.max(0, atMs - next.beganAtMs)
  const ended = new Date(next.beganAtMs).toISOString().slice(0, 19)
  return next.afterStart
    ? {
        used,
        certain: false,
        because: `the offset needs ${needed.name}; the server was down until ${ended}Z and wrote to it before that`,
      }
    : { used, certain: true, because: `the offset needs ${needed.name}, which the server closed at ${ended}Z` }
}

function pausedPurge({ neededReplicas }: Retention): readonly string[] {
  if (neededReplicas === 0) return []
  return [
    `slave_connections_needed_for_purge is ${neededReplicas}: while fewer readers are connected, the server purges nothing by itself`,
  ]
}

function oldestWords({ oldest, atMs }: LogUse): readonly string[] {
  if (oldest === null) return []
  return [`the oldest file, ${oldest.name}, began ${timeInWords(Math.max(0, atMs - oldest.beganAtMs))} ago`]
}

function sizeLimit(retention: Retention, { needed, storedAtMs }: LogUse): readonly Limit[] {
  const { totalBytes } = retention
  if (totalBytes === null) return []
  const isKnown = needed !== null || storedAtMs === null
  return [
    {
      name: 'max_binlog_total_size',
      unit: 'bytes',
      keeps: totalBytes,
      used: needed?.bytes ?? 0,
      certain: isKnown,
      ends: 'offset lost',
      because: [...(isKnown ? [] : ['which file the offset needs is not known']), ...pausedPurge(retention)],
    },
  ]
}
