import { inDatabase, type StatementFix } from '../../../../model/fix.ts'
import { quoteLiteral, quoteName } from '../../connect/quoting.ts'
import { atLeast, type ServerVersion } from '../../connect/server-version.ts'
import { ADMINISTRATOR } from '../../errors/errors.ts'
import type { Channel } from './channel.ts'

/** One of these statements. With `primary` there are two servers on which a person could run it. */
export function onReplica(text: string, more: Pick<StatementFix, 'reads'> = {}): StatementFix {
  return inDatabase(text, ADMINISTRATOR, { note: 'on the replica', ...more })
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
    /** The prefix of a setting of one connection. Without it, MariaDB sets the one of the default connection. */
    ofConnection: isMysql || name === '' ? '' : `${quoteName(name)}.`,
  }
}
