import { readFileSync, writeFileSync } from 'node:fs'
import { relative } from 'node:path'
import { type ProvenFault, withMatrix } from './fault-matrix-text.ts'

/** The parts of Vitest's JSON report that are used here. */
interface Report {
  readonly testResults: readonly {
    readonly name: string
    readonly assertionResults: readonly {
      readonly status: string
      readonly meta?: { readonly fault?: Omit<ProvenFault, 'file'> }
    }[]
  }[]
}

const PAGE = 'docs/operations.md'
const [reportPath = ''] = process.argv.slice(2)
const report: Report = JSON.parse(readFileSync(reportPath, 'utf8'))
const faults = report.testResults.flatMap(({ name, assertionResults }) =>
  assertionResults.flatMap(({ status, meta }) =>
    status === 'passed' && meta?.fault !== undefined ? [{ ...meta.fault, file: relative('.', name) }] : [],
  ),
)
if (faults.length === 0) throw new Error(`no test of ${reportPath} has proven a fault`)
const today = new Date().toISOString().slice(0, 10)
writeFileSync(PAGE, withMatrix(readFileSync(PAGE, 'utf8'), faults, today))
