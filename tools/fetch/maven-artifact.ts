import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type ArchiveLayout, arrangeArchive } from './server-archive.ts'
import { failureText, RegistrySilentError, type ServerOrigin } from './server-origin.ts'

const run = promisify(execFile)
const UNPACK = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.0:unpack'

export interface MavenArtifact {
  /** Group and name, such as `org.example:server`. */
  readonly artifact: string
  readonly version: string
  readonly layout: ArchiveLayout
}

/** An artifact of Maven Central that contains a server. It needs Maven, whose settings say how the repository is reached. */
export class MavenOrigin implements ServerOrigin {
  readonly #wanted: MavenArtifact
  readonly #scratch: string

  constructor(wanted: MavenArtifact, scratch: string) {
    this.#wanted = wanted
    this.#scratch = scratch
  }

  async offered(): Promise<string> {
    return await Promise.resolve(this.#wanted.version)
  }

  async unpack(tree: string): Promise<void> {
    const { artifact, version, layout } = this.#wanted
    const folder = join(this.#scratch, 'artifact')
    const goal = [UNPACK, `-Dartifact=${artifact}:${version}`, `-DoutputDirectory=${folder}`]
    await run('mvn', ['--quiet', '--batch-mode', '--strict-checksums', ...goal]).catch((error: unknown) => {
      throw mavenFailure(error)
    })
    arrangeArchive(folder, layout, tree)
  }
}

/** Maven reports on its standard output. */
function mavenFailure(error: unknown): Error {
  const said = error instanceof Error && 'stdout' in error ? String(error.stdout).trim() : ''
  const [first = ''] = said === '' ? [failureText(error)] : said.split('\n')
  return first.includes('Could not transfer') && !first.includes('Checksum')
    ? new RegistrySilentError(`Maven Central does not answer: ${first}`)
    : new Error(first)
}
