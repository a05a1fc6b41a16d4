import { formatDurationMs } from '../../../../model/duration.ts'
import { advice, type CheckResult, finding, manual, spanInWords, well } from '../../../check.ts'
import type { ServerVersion } from '../../connect/server-version.ts'
import { setAtStart } from '../../inspect/server-setting.ts'
import type { Channel } from './channel.ts'
import { channelCommands, onReplica } from './channel-command.ts'

export interface Replication {
  readonly version: ServerVersion
  /** Empty: the server is no replica. */
  readonly channels: readonly Channel[]
}

/** Whether a replica logs what it applies. `settings`: with log_replica_updates or log_slave_updates. null: it is no replica. */
export function replicaLogResult(
  { version, channels }: Replication,
  settings: ReadonlyMap<string, string>,
): CheckResult | null {
  if (channels.length === 0) return null
  const name = settings.has('log_replica_updates') ? 'log_replica_updates' : 'log_slave_updates'
  const expected = `${name} = ON, or the primary`
  if (settings.get(name) === 'ON') return well(`${name} = ON`, expected)
  const option = version.product === 'mysql' ? name : 'log_slave_updates'
  return finding('fail', 'MYSQL_REPLICA_NOT_LOGGED', {
    found: `${name} = OFF: the log of this replica lacks what it replicates`,
    expected,
    fix: setAtStart(option, 'ON').map((fix) => manual(fix, '')),
  })
}

/** The server counts in whole seconds, and a replica that has just caught up can still report some. */
const SHORTEST_LAG_MS = 10_000

/** Whether a replica runs and is not late. `intervalMs`: of the heartbeats. null: it is no replica. */
export function replicationResult({ version, channels }: Replication, intervalMs: number): CheckResult | null {
  if (channels.length === 0) return null
  const longestMs = Math.max(SHORTEST_LAG_MS, 3 * intervalMs)
  const expected = `a replica that applies its source's changes within ${formatDurationMs(longestMs)}`
  const wrong = channels
    .map((channel) => stopped(version, channel, expected) ?? late(version, channel, longestMs, expected))
    .find((result) => result !== null)
  return wrong ?? well('it runs and is not late', expected)
}

function stopped(version: ServerVersion, channel: Channel, expected: string): CheckResult | null {
  const threads = [
    { does: 'receive', ...channel.receives },
    { does: 'apply', ...channel.applies },
  ].filter(({ state, error }) => state === 'stopped' || (state === 'starting' && error !== null))
  if (threads.length === 0) return null
  const found = threads.map(({ does, state, error }) => {
    const why = error === null ? '' : `, error ${error}`
    return state === 'stopped' ? `it does not ${does} changes: the thread is stopped${why}` : `it cannot connect${why}`
  })
  const { start, status } = channelCommands(version, channel)
  return finding('fail', 'MYSQL_REPLICA_STOPPED', {
    found: `${channelName(channel)}${found.join('; ')}`,
    expected,
    fix: [
      manual(onReplica(start), 'it may be stopped on purpose'),
      ...(threads.some(({ error }) => error !== null)
        ? [advice(`fix the error first: ${status} shows it to a user who can see the replication`)]
        : []),
    ],
  })
}

function late(version: ServerVersion, channel: Channel, longestMs: number, expected: string): CheckResult | null {
  const { behindMs, delayMs } = channel
  if (delayMs <= longestMs && (behindMs ?? 0) <= longestMs) return null
  const { stop, start, undelay } = channelCommands(version, channel)
  const lag = behindMs === null || behindMs === 0 ? '' : `it is ${spanInWords(behindMs)} behind its source`
  const delay = delayMs === 0 ? '' : `it applies changes ${spanInWords(delayMs)} late on purpose`
  return finding('warn', 'MYSQL_REPLICA_LATE', {
    found: `${channelName(channel)}${[lag, delay].filter((words) => words !== '').join('; ')}`,
    expected,
    fix:
      delayMs > 0
        ? [stop, undelay, start].map((text) => manual(onReplica(text), 'the delay is configured on purpose'))
        : [advice('check the load of the replica, and long transactions on its source')],
  })
}

export function channelName({ name }: Channel): string {
  return name === '' ? '' : `the replication channel ${name}: `
}
