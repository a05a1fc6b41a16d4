import { type Check, well } from '../../check.ts'
import type { Evidence } from './evidence/evidence.ts'
import { findingOf } from './finding.ts'

/** What other checks find of it too, with what to do: a missing privilege, and no WAL sender left. */
const FOUND_ELSEWHERE: readonly string[] = ['POSTGRES_REPLICATION_DENIED', 'DATABASE_TOO_MANY_CONNECTIONS']

const REFUSED = 'the server does not accept the replication connection'

export const replicationConnectionCheck: Check<Evidence> = {
  id: 'postgresql.replication-connection',
  symptom: null,
  title: 'a replication connection',
  codes: ['POSTGRES_POOLER'],
  look(evidence) {
    const { replication } = evidence
    if (replication === null) return well('it can be opened', 'a server that accepts replication connections')
    if (FOUND_ELSEWHERE.includes(replication.code)) return null
    return findingOf(evidence, replication, REFUSED)
  },
}
