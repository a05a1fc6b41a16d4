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
import { basename, dirname, join, relative } from 'node:path'
import { promisify } from 'node:util'
import { FETCHED_SERVERS, type FetchedName, type FetchedServer, fetchedTree } from './fetched-server.ts'
import { PrivateApt } from './private-apt.ts'

/**
 * Fetches a server that is available neither from npm nor in the installed Debian release. It downloads the packages from Debian's unstable
 * or experimental suite, with the libraries they need, and unpacks them into a cache folder where the tests find them. Nothing is
 * installed. An existing version is kept until the mirror has a newer one.
 *
 * Exits with 0 when the server is available, with 75 when the mirror does not respond, and with 1 when it is not available for another
 * reason.
 */
const run = promisify(execFile)
const MIRROR_SILENT = 75

const [, , product = '', version = ''] = process.argv
const name = nameOf(product, version)
const server: FetchedServer = FETCHED_SERVERS[name]
const target = fetchedTree(name, process.env)
const scratch = mkdtempSync(join(tmpdir(), 'offbeat-fetch-'))
try {
  process.exitCode = await fetch()
} catch (error) {
  process.stderr.write(`cannot fetch ${server.title}: ${String(error)}\n`)
  process.exitCode = 1
} finally {
  rmSync(scratch, { recursive: true, force: true })
}

/** Without a version, the product must have only one. */
function nameOf(product: string, version: string): FetchedName {
  const names = Object.keys(FETCHED_SERVERS) as FetchedName[]
  const found = names.find((one) => (version === '' ? one.startsWith(`${product}-`) : one === `${product}-${version}`))
  if (found !== undefined) return found
  throw new Error(`no ${product} ${version} can be fetched, only ${names.join(', ')}`)
}

async function fetch(): Promise<number> {
  const present = versionIn(target)
  const apt = await PrivateApt.in(join(scratch, 'apt'), server.suites)
  const silent = await apt.update().then(() => null, String)
  if (silent !== null) {
    process.stderr.write(`cannot fetch ${server.title}: the package mirror does not answer: ${silent.trim()}\n`)
    return present === null ? MIRROR_SILENT : 0
  }
  const found = await candidate(apt)
  if (found !== present) await replace(apt, found)
  process.stdout.write(`${server.title} (${found}) is in ${target}\n`)
  return 0
}

/** The suites change all the time, so their current version may differ from the requested one. */
async function candidate(apt: PrivateApt): Promise<string> {
  const [first = ''] = server.packages
  const found = await apt.candidate(first)
  const wanted = name.slice(name.indexOf('-') + 1)
  const number = found?.replace(/^\d+:/, '') ?? ''
  if (found !== null && /^[.~]/.test(number.slice(wanted.length)) && number.startsWith(wanted)) return found
  throw new Error(`Debian (${server.suites.join(' and ')}) has ${first} ${found ?? 'not at all'}`)
}

function versionIn(folder: string): string | null {
  const file = join(folder, 'version')
  return existsSync(file) ? readFileSync(file, 'utf8') : null
}

/** Replaces the tree atomically, also for tests that run at the same time. */
async function replace(apt: PrivateApt, found: string): Promise<void> {
  const packages = join(scratch, 'packages')
  await apt.download(await apt.withLibraries(server.packages), packages)
  mkdirSync(dirname(target), { recursive: true })
  const tree = mkdtempSync(`${target}.`)
  try {
    chmodSync(tree, 0o755)
    for (const file of readdirSync(packages)) await run('dpkg-deb', ['-x', join(packages, file), tree])
    for (const folder of ['doc', 'man', 'locale'])
      rmSync(join(tree, 'usr/share', folder), { recursive: true, force: true })
    for (const program of server.programs) makeRunnable(tree, program)
    writeFileSync(join(tree, 'version'), found)
    rmSync(target, { recursive: true, force: true })
    renameSync(tree, target)
  } finally {
    rmSync(tree, { recursive: true, force: true })
  }
}

/**
 * The program needs a newer C library than the machine has, so it is run by the loader that comes with it. The program finds its other
 * files by its own name, so the script passes on the name by which it was called.
 */
function makeRunnable(tree: string, program: string): void {
  const moved = join(tree, dirname(program), '..', 'program', basename(program))
  mkdirSync(dirname(moved), { recursive: true })
  renameSync(join(tree, program), moved)
  const loader = loaderIn(tree)
  const script = [
    '#!/bin/sh',
    `tree=$(dirname "$0")/${relative(dirname(program), '')}`,
    `exec "$tree/${loader}" --library-path "$tree/${dirname(loader)}" --argv0 "$0" "$tree/${relative(tree, moved)}" "$@"`,
  ]
  writeFileSync(join(tree, program), `${script.join('\n')}\n`, { mode: 0o755 })
}

/** The loader's path relative to the tree, such as usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2. */
function loaderIn(tree: string): string {
  for (const folder of readdirSync(join(tree, 'usr/lib'))) {
    const loader = readdirSync(join(tree, 'usr/lib', folder)).find((file) => /^ld-linux-.*\.so\.\d+$/.test(file))
    if (loader !== undefined) return join('usr/lib', folder, loader)
  }
  throw new Error(`no loader in ${tree}`)
}
