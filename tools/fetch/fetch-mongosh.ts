import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { fetchPackage } from './installed-package.ts'
import { SILENT } from './npm-package.ts'

/**
 * Installs MongoDB's own shell with npm into the cache folder, where the tests find it. It is no development dependency, because it has several
 * hundred packages. None of their scripts is run.
 */
const run = promisify(execFile)
const VERSION = '2.12.0'

process.exitCode = await fetchPackage({
  title: 'mongosh',
  folder: 'mongosh',
  version: VERSION,
  silent: SILENT,
  async install(tree) {
    writeFileSync(join(tree, 'package.json'), '{ "private": true }')
    // `npm run --silent` would also silence the error.
    const quiet = ['--loglevel', 'error', '--no-audit', '--no-fund', '--ignore-scripts']
    await run('npm', ['install', ...quiet, '--save-exact', `mongosh@${VERSION}`], { cwd: tree })
  },
})
