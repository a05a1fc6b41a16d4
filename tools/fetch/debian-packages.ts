import { execFile } from 'node:child_process'
import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { promisify } from 'node:util'
import { PrivateApt } from './private-apt.ts'
import { failureText, RegistrySilentError, type ServerOrigin } from './server-origin.ts'

const run = promisify(execFile)

export interface DebianPackages {
  readonly packages: readonly string[]
  /** The Debian suites that contain them. */
  readonly suites: readonly string[]
  /** Paths relative to the tree. */
  readonly programs: readonly string[]
  /** The beginning of the version that is wanted. */
  readonly version: string
}

/** Packages of a Debian release that is not installed, with the libraries that they need. */
export class DebianOrigin implements ServerOrigin {
  readonly #wanted: DebianPackages
  readonly #scratch: string
  #apt: PrivateApt | null = null

  constructor(wanted: DebianPackages, scratch: string) {
    this.#wanted = wanted
    this.#scratch = scratch
  }

  /** The suites change all the time, so their current version may differ from the wanted one. */
  async offered(): Promise<string> {
    const { packages, suites, version } = this.#wanted
    const [first = ''] = packages
    const found = await (await this.#updated()).candidate(first)
    const number = found?.replace(/^\d+:/, '') ?? ''
    if (found !== null && /^[.~]/.test(number.slice(version.length)) && number.startsWith(version)) return found
    throw new Error(`Debian (${suites.join(' and ')}) has ${first} ${found ?? 'not at all'}`)
  }

  async unpack(tree: string): Promise<void> {
    const folder = join(this.#scratch, 'packages')
    const apt = await this.#updated()
    await apt.download(await apt.withLibraries(this.#wanted.packages), folder)
    for (const file of readdirSync(folder)) await run('dpkg-deb', ['-x', join(folder, file), tree])
    for (const one of ['doc', 'man', 'locale']) rmSync(join(tree, 'usr/share', one), { recursive: true, force: true })
    for (const program of this.#wanted.programs) runByOwnLoader(tree, program)
  }

  async #updated(): Promise<PrivateApt> {
    if (this.#apt !== null) return this.#apt
    const apt = await PrivateApt.in(join(this.#scratch, 'apt'), this.#wanted.suites)
    await apt.update().catch((error: unknown) => {
      throw new RegistrySilentError(`the package mirror does not answer: ${failureText(error)}`)
    })
    this.#apt = apt
    return apt
  }
}

/**
 * The program needs a newer C library than the machine has, so it is run by the loader that comes with it. The program finds its other
 * files by its own name, so the script passes on the name by which it was called.
 */
function runByOwnLoader(tree: string, program: string): void {
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
