import { expect, test } from 'vitest'
import { OffbeatError } from '../../../model/error.ts'
import { inShell } from '../../../model/fix.ts'
import type { Evidence } from './evidence/evidence.ts'
import { replicationConnectionCheck } from './replication-check.ts'

test("a client's command for a refused replication connection is left to a person for that reason", () => {
  const replication = new OffbeatError('POSTGRES_POOLER', { message: 'a pooler', fix: [inShell('psql host=db')] })
  const evidence = { replication, config: { connection: { database: 'shop' } } } as unknown as Evidence
  const reason = 'the server does not accept the replication connection'
  expect(replicationConnectionCheck.look(evidence)?.fix).toEqual([
    { in: 'shell', text: 'psql host=db', manualBecause: reason },
  ])
})
