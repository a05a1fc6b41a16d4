import { advice, type Check, finding, well } from '../../check.ts'
import { serverIdOf } from '../connect/server-id.ts'
import type { Evidence } from './evidence/evidence.ts'
import { readOnly } from './finding.ts'

/** A server sends its log to one reader of each server id only: the one that connected last. */
export const serverIdCheck: Check<Evidence> = {
  id: 'server-id',
  symptom: 5,
  title: "the reader's server id",
  codes: ['MYSQL_SERVER_ID_IN_USE'],
  run({ readers, signs, source, config, version }) {
    const id = serverIdOf(source, config)
    const expected = `no other reader with the server id ${id}`
    const ours = signs.running === null ? 0 : 1
    const isReplica = readers.replicaIds.includes(id)
    const others = readers.namesakes - ours
    if (!isReplica && others <= 0) return well('no other reader with it is seen', expected)
    return finding('fail', 'MYSQL_SERVER_ID_IN_USE', {
      found: isReplica
        ? `a replica has the server id ${id}`
        : `another connector of a source ${source} reads the log, and does not write to this store`,
      expected,
      fix: [
        readOnly(isReplica && version.product === 'mysql' ? 'SHOW REPLICAS' : 'SHOW PROCESSLIST'),
        advice('stop the other reader, or give this source an id of its own with the key serverId'),
      ],
    })
  },
}
