import { chmodSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

/** Where an archive that was built to run from any folder has the parts of a server. Paths relative to the archive's root. */
export interface ArchiveLayout {
  /** By the place in the tree that a package of a distribution would use, such as `usr/sbin/mysqld`. */
  readonly programs: Readonly<Record<string, string>>
  /** The messages and the definitions of the system tables. */
  readonly share: string
  /** Libraries that the programs need and a machine may not have. */
  readonly libraries: readonly string[]
}

/**
 * Moves the parts of an unpacked archive into `tree`. Each program becomes a script that names the base folder, because the program looks for
 * its files where it was compiled to.
 */
export function arrangeArchive(archive: string, { programs, share, libraries }: ArchiveLayout, tree: string): void {
  for (const folder of ['usr/program', 'usr/sbin', 'usr/bin', 'usr/lib'])
    mkdirSync(join(tree, folder), { recursive: true })
  renameSync(join(archive, share), join(tree, 'usr/share'))
  for (const library of libraries) renameSync(join(archive, library), join(tree, 'usr/lib', basename(library)))
  for (const [place, program] of Object.entries(programs)) {
    const moved = join('usr/program', basename(place))
    renameSync(join(archive, program), join(tree, moved))
    chmodSync(join(tree, moved), 0o755)
    writeFileSync(join(tree, place), script(moved, dirname(place) === 'usr/sbin'), { mode: 0o755 })
  }
}

/** The option of the base folder comes last, because one that names the option file must be the first. */
function script(program: string, isServer: boolean): string {
  return `#!/bin/sh
tree=$(cd "$(dirname "$0")/../.." && pwd)
export LD_LIBRARY_PATH="$tree/usr/lib\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
exec "$tree/${program}" "$@"${isServer ? ' --basedir="$tree/usr"' : ''}
`
}
