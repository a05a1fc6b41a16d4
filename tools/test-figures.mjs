// Prints a one-line summary of a test run from the JSON report at the given path, and fails when the run did not pass.
// Plain JavaScript, so that it also works when nothing could be installed.
import { readFileSync } from 'node:fs'

const figures = figuresOf(readReport(process.argv[2]))
const skipped = figures.skipped === 0 ? '' : `, ${figures.skipped} skipped`
console.log(`${figures.passed} passed, ${figures.failed} failed${skipped}`)
if (figures.failed > 0 || figures.passed === 0) process.exitCode = 1

/** Returns null when the run ended before it could write the report. */
function readReport(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return null
  }
}

/** A file whose tests could not be run has none to count, so the file counts as one failure. */
function figuresOf(report) {
  const files = report?.testResults ?? []
  const tests = files.flatMap((file) => file.assertionResults)
  const unrun = files.filter(
    (file) => file.status === 'failed' && file.assertionResults.every((test) => test.status !== 'failed'),
  )
  const failed = tests.filter((test) => test.status === 'failed').length + unrun.length
  const passed = tests.filter((test) => test.status === 'passed').length
  return { passed, failed, skipped: tests.length - passed - (failed - unrun.length) }
}
