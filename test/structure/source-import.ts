import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'

/** How one file reaches another: bound at load, for its types alone, by `import()` when first needed, or as a worker's address. */
export type ImportWay = 'static' | 'type' | 'dynamic' | 'url'

export interface SourceImport {
  /** Both from the repository's root, with `/`; `to` is the specifier itself where it names a package or a part of Node. */
  readonly from: string
  readonly to: string
  readonly way: ImportWay
  readonly external: boolean
}

export interface SourceFile {
  readonly path: string
  readonly text: string
}

const CLAUSE = String.raw`(?:\{[^}]*\}|\*(?:\s+as\s+[\w$]+)?|[\w$]+)`
const STATIC = new RegExp(
  String.raw`^(?:import|export)\s+(type\s+)?(?:${CLAUSE}(?:\s*,\s*${CLAUSE})?\s*from\s*)?'([^']+)'`,
  'gm',
)
const DYNAMIC = /\bimport\(\s*'([^']+)'/g
const URL_OF_MODULE = /\bnew URL\(\s*'(\.[^']+\.ts)'/g

export function readSources(root: string, folders: readonly string[], ending = '.ts'): readonly SourceFile[] {
  return folders.flatMap((folder) => {
    const names = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    const paths = names.filter((name) => name.endsWith(ending)).map((name) => posix.join(folder, name))
    return paths.sort().map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }))
  })
}

export function importsOf(file: SourceFile): readonly SourceImport[] {
  const text = withoutComments(file.text)
  return [
    ...[...text.matchAll(STATIC)].map((found) =>
      importOf(file.path, found[2], found[1] === undefined ? 'static' : 'type'),
    ),
    ...[...text.matchAll(DYNAMIC)].map((found) => importOf(file.path, found[1], 'dynamic')),
    ...[...text.matchAll(URL_OF_MODULE)].map((found) => importOf(file.path, found[1], 'url')),
  ]
}

function importOf(from: string, specifier: string | undefined, way: ImportWay): SourceImport {
  if (specifier === undefined) throw new Error(`${from}: an import without a name`)
  const external = !specifier.startsWith('.')
  return { from, to: external ? specifier : posix.join(dirname(from), specifier), way, external }
}

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/^\s*\/\/.*$/gm, '')
}
