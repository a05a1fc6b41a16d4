import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { relative } from 'node:path'
import { faultFiles } from './fault-files.ts'
import { type ProvenFault, withMatrix } from './fault-matrix.ts'

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
const REPORT = 'node_modules/.cache/faults.json'

/** Runs the tests of the files whose path contains one of these parts. Without parts: of all files that prove a fault. */
function run(parts: readonly string[]): void {
  const paths = faultFiles().map(({ path }) => path)
  const chosen = parts.length === 0 ? paths : paths.filter((path) => parts.some((part) => path.includes(part)))
  if (chosen.length === 0) throw new Error(`no test file with a fault has ${parts.join(' or ')} in its path`)
  const { status } = spawnSync(
    'vitest',
    ['run', ...chosen, '--reporter=default', '--reporter=json', `--outputFile.json=${REPORT}`],
    { stdio: 'inherit', env: { ...process.env, OFFBEAT_VERSIONS: 'all' } },
  )
  if (status !== 0) throw new Error('a test failed, so the matrix is not written')
}

function proven(): readonly ProvenFault[] {
  const report: Report = JSON.parse(readFileSync(REPORT, 'utf8'))
  return report.testResults.flatMap(({ name, assertionResults }) =>
    assertionResults.flatMap(({ status, meta }) =>
      status === 'passed' && meta?.fault !== undefined ? [{ ...meta.fault, file: relative('.', name) }] : [],
    ),
  )
}

run(process.argv.slice(2))
const today = new Date().toISOString().slice(0, 10)
writeFileSync(PAGE, withMatrix(readFileSync(PAGE, 'utf8'), proven(), today))
