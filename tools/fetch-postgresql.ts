import { execFile } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { promisify } from 'node:util'
import { fetchedPostgresql, programsIn } from './fetched-postgresql.ts'
import { PrivateApt } from './private-apt.ts'

/**
 * Fetches a PostgreSQL that neither npm nor the installed Debian has: the package of Debian's unstable or experimental suite with the
 * libraries it needs, unpacked into a cache folder where the tests find it. Nothing is installed. A version that is there already is
 * kept until the mirror has a newer one.
 *
 * Ends with 0 when the server is there, with 75 when the mirror does not answer, with 1 when it cannot be had for another reason.
 */
const run = promisify(execFile)
const SUITES = ['experimental', 'unstable']
const MIRROR_SILENT = 75

const major = Number(process.argv[2])
const target = fetchedPostgresql(major, process.env)
const scratch = mkdtempSync(join(tmpdir(), 'offbeat-fetch-'))
try {
  process.exitCode = await fetch()
} catch (error) {
  process.stderr.write(`cannot fetch PostgreSQL ${major}: ${String(error)}\n`)
  process.exitCode = 1
} finally {
  rmSync(scratch, { recursive: true, force: true })
}

async function fetch(): Promise<number> {
  const present = versionIn(target)
  const apt = await PrivateApt.in(join(scratch, 'apt'), SUITES)
  const silent = await apt.update().then(() => null, String)
  if (silent !== null) {
    process.stderr.write(`cannot fetch PostgreSQL ${major}: the package mirror does not answer: ${silent.trim()}\n`)
    return present === null ? MIRROR_SILENT : 0
  }
  const version = await apt.candidate(`postgresql-${major}`)
  if (version === null) throw new Error(`the suites ${SUITES.join(' and ')} have no postgresql-${major}`)
  if (version !== present) await replace(apt, version)
  process.stdout.write(`PostgreSQL ${version} is in ${target}\n`)
  return 0
}

function versionIn(folder: string): string | null {
  const file = join(folder, 'version')
  return existsSync(file) ? readFileSync(file, 'utf8') : null
}

/** The tree appears whole or not at all, also for tests that run at the same time. */
async function replace(apt: PrivateApt, version: string): Promise<void> {
  const packages = join(scratch, 'packages')
  await apt.download(await apt.withLibraries(`postgresql-${major}`), packages)
  mkdirSync(dirname(target), { recursive: true })
  const tree = mkdtempSync(`${target}.`)
  try {
    chmodSync(tree, 0o755)
    for (const name of readdirSync(packages)) await run('dpkg-deb', ['-x', join(packages, name), tree])
    for (const name of ['doc', 'man', 'locale']) rmSync(join(tree, 'usr/share', name), { recursive: true, force: true })
    for (const name of ['initdb', 'postgres']) makeRunnable(tree, name)
    writeFileSync(join(tree, 'version'), version)
    rmSync(target, { recursive: true, force: true })
    renameSync(tree, target)
  } finally {
    rmSync(tree, { recursive: true, force: true })
  }
}

/**
 * The program needs a newer C library than the machine has, so it is run by the loader that comes with it. The program takes its own
 * name for the place where its other files are: the script passes on the name by which it was called.
 */
function makeRunnable(tree: string, name: string): void {
  const binDir = programsIn(tree, major)
  const moved = join(binDir, '..', 'program', name)
  mkdirSync(dirname(moved), { recursive: true })
  renameSync(join(binDir, name), moved)
  const loader = loaderIn(tree)
  const script = [
    '#!/bin/sh',
    'tree=$(dirname "$0")/../../../../..',
    `exec "$tree/${loader}" --library-path "$tree/${dirname(loader)}" --argv0 "$0" "$tree/${relative(tree, moved)}" "$@"`,
  ]
  writeFileSync(join(binDir, name), `${script.join('\n')}\n`, { mode: 0o755 })
}

/** Relative to the tree, such as usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2. */
function loaderIn(tree: string): string {
  for (const folder of readdirSync(join(tree, 'usr/lib'))) {
    const loader = readdirSync(join(tree, 'usr/lib', folder)).find((name) => /^ld-linux-.*\.so\.\d+$/.test(name))
    if (loader !== undefined) return join('usr/lib', folder, loader)
  }
  throw new Error(`no loader in ${tree}`)
}
