import type { ErrorCode } from '../../../model/error-code.ts'
import { type Check, finding, well } from '../../check.ts'
import { listed } from '../../listed.ts'
import { TABLE_OWNER } from '../connect/fix-runner.ts'
import { quoteTable } from '../connect/quoting.ts'
import type { Evidence } from './evidence/evidence.ts'
import type { KeyDefect } from './evidence/key-evidence.ts'
import { statement } from './finding.ts'

interface About {
  readonly id: string
  readonly kind: KeyDefect['kind']
  readonly code: ErrorCode
  readonly title: string
  readonly expected: string
  /** The effect on consumers. */
  readonly cost: string
  readonly left: string
}

/** Checks the tables whose rows are published. Another check covers tables that refuse updates. */
function keyCheck({ id, kind, code, title, expected, cost, left }: About): Check<Evidence> {
  return {
    id,
    symptom: null,
    title,
    codes: [code],
    run(evidence) {
      const { published, keys, refusing } = evidence
      if (published === null) return null
      const refused = new Set(refusing.map(quoteTable))
      const defects = keys.filter((defect) => defect.kind === kind && !refused.has(quoteTable(defect)))
      if (defects.length === 0) return well('no exception found', expected)
      const fixes = [...new Set(defects.map(({ fix }) => fix))]
      return finding('warn', code, {
        found: `${listed(defects.map((defect) => `${quoteTable(defect)}: ${defect.found}`))}. ${cost}`,
        expected,
        fix: fixes.map((run) => statement(evidence, run, TABLE_OWNER, left)),
      })
    },
  }
}

export const wholeKeyCheck = keyCheck({
  id: 'postgresql.published-keys',
  kind: 'incomplete',
  code: 'POSTGRES_KEY_INCOMPLETE',
  title: 'the columns of keys in the publication',
  expected: 'the publication has all columns of each key',
  cost: 'Messages of such a table have no key',
  left: 'it changes the messages of the table',
})

export const partitionIdentityCheck = keyCheck({
  id: 'postgresql.partition-identities',
  kind: 'partition',
  code: 'POSTGRES_PARTITION_IDENTITY',
  title: 'replica identities of partitions that are published under their root',
  expected: "each partition has its root's replica identity",
  cost: 'Their deletes can lack the key, and old rows can lack columns that are NULL',
  left: 'it changes what is logged for each changed row',
})

export const deferrableKeyCheck = keyCheck({
  id: 'postgresql.deferrable-keys',
  kind: 'deferrable',
  code: 'POSTGRES_KEY_DEFERRABLE',
  title: 'deferrable primary keys',
  expected: 'keys that are checked with each row',
  cost: 'After two rows swap keys in one transaction a consumer has only one of them',
  left: 'it locks the table and builds the index of its key, and transactions that swap keys then fail',
})
