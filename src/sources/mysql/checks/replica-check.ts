import { formatDurationMs } from '../../../model/duration.ts'
import { advice, type Check, type CheckResult, finding, spanInWords, well } from '../../check.ts'
import { quoteLiteral } from '../connect/quoting.ts'
import { atLeast, type ServerVersion } from '../connect/server-version.ts'
import { setAtStart } from '../inspect/server-setting.ts'
import type { Evidence } from './evidence/evidence.ts'
import type { Channel } from './evidence/replication.ts'
import { leftToPerson, statement } from './finding.ts'

export const replicaLogCheck: Check<Evidence> = {
  id: 'replica-log',
  symptom: 4,
  title: 'whether the replica that is read logs what it applies',
  codes: ['MYSQL_REPLICA_NOT_LOGGED'],
  run({ channels, settings, version }) {
    if (channels.length === 0) return null
    const name = settings.has('log_replica_updates') ? 'log_replica_updates' : 'log_slave_updates'
    const expected = `${name} = ON, or the primary`
    if (settings.get(name) === 'ON') return well(`${name} = ON`, expected)
    const option = version.product === 'mysql' ? name : 'log_slave_updates'
    return finding('fail', 'MYSQL_REPLICA_NOT_LOGGED', {
      found: `${name} = OFF: the log of this replica lacks what it replicates`,
      expected,
      fix: leftToPerson(setAtStart(option, 'ON'), ''),
    })
  },
}

/** The server counts in whole seconds, and a replica that has just caught up can still report some. */
const SHORTEST_LAG_MS = 10_000

export const replicationCheck: Check<Evidence> = {
  id: 'replication',
  symptom: 4,
  title: 'the replication to the server that is read',
  codes: ['MYSQL_REPLICA_STOPPED', 'MYSQL_REPLICA_LATE'],
  run(evidence) {
    const { channels, config } = evidence
    if (channels.length === 0) return null
    const longestMs = Math.max(SHORTEST_LAG_MS, 3 * config.heartbeat.source.intervalMs)
    const expected = `a replica that applies its source's changes within ${formatDurationMs(longestMs)}`
    const wrong = channels
      .map((channel) => stopped(evidence, channel, expected) ?? late(evidence, channel, longestMs, expected))
      .find((result) => result !== null)
    return wrong ?? well('it runs and is not late', expected)
  },
}

function stopped({ version }: Evidence, channel: Channel, expected: string): CheckResult | null {
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
      statement(start, 'it may be stopped on purpose'),
      ...(threads.some(({ error }) => error !== null)
        ? [advice(`fix the error first: ${status} shows it to a user who can see the replication`)]
        : []),
    ],
  })
}

function late({ version }: Evidence, channel: Channel, longestMs: number, expected: string): CheckResult | null {
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
        ? [stop, undelay, start].map((text) => statement(text, 'the delay is configured on purpose'))
        : [advice('check the load of the replica, and long transactions on its source')],
  })
}

function channelName({ name }: Channel): string {
  return name === '' ? '' : `the channel ${name}: `
}

/** MySQL before 8.0.22 and MariaDB have only the old words; MySQL 8.4 no longer has them. */
export function channelCommands(version: ServerVersion, { name }: Pick<Channel, 'name'>) {
  const isNew = version.product === 'mysql' && atLeast(version, [8, 0, 23])
  const [replica, change, delay] = isNew
    ? ['REPLICA', 'CHANGE REPLICATION SOURCE TO', 'SOURCE_DELAY']
    : ['SLAVE', 'CHANGE MASTER', 'MASTER_DELAY']
  const isMysql = version.product === 'mysql'
  const forChannel = isMysql && name !== '' ? ` FOR CHANNEL ${quoteLiteral(name)}` : ''
  const named = isMysql || name === '' ? '' : ` ${quoteLiteral(name)}`
  return {
    start: `START ${replica}${named}${forChannel}`,
    stop: `STOP ${replica}${named}${forChannel}`,
    undelay: isNew ? `${change} ${delay} = 0${forChannel}` : `${change}${named} TO ${delay} = 0${forChannel}`,
    status: isMysql ? `SHOW ${replica} STATUS` : 'SHOW ALL SLAVES STATUS',
    forChannel,
  }
}
