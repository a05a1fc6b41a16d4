import { firstOf, type ServerRequest, statementRequest } from '../../connect/server-request.ts'
import type { DatabaseTarget } from '../../connect/server-target.ts'

/** In replication commands every name is quoted. */
const SLOT = /^(?:START_REPLICATION SLOT|[A-Z]+_REPLICATION_SLOT) ("(?:[^"]|"")+"|[\w$]+)/
const CALL = /^SELECT (?:pg_catalog\.)?(pg_\w+)\(/i

export function postgresqlRequest(text: string, target: Pick<DatabaseTarget, 'database'>): ServerRequest {
  return statementRequest(text, target, ownObject)
}

function ownObject(line: string): string | null {
  const slot = firstOf(SLOT, line)
  if (slot !== null) return `the replication slot ${/^"[^"]+"$/.test(slot) ? slot.slice(1, -1) : slot}`
  const called = firstOf(CALL, line)
  return called === null ? null : `the function ${called}`
}
