// Prints the one line that sums a test run up, from the JSON report whose path is given, and fails where the run did not pass.
// Plain JavaScript, so that it also speaks where nothing could be installed.
import { readFileSync } from 'node:fs'

const figures = figuresOf(readReport(process.argv[2]))
const skipped = figures.skipped === 0 ? '' : `, ${figures.skipped} skipped`
console.log(`${figures.passed} passed, ${figures.failed} failed${skipped}`)
if (figures.failed > 0 || figures.passed === 0) process.exitCode = 1

/** Null where the run ended before it could report. */
function readReport(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return null
  }
}

/** A file that could not be run to its tests has none to count, and counts as one that failed. */
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
