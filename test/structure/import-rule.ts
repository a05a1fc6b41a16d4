import { posix } from 'node:path'
import type { SourceFile, SourceImport } from './source-import.ts'
import { importsOf } from './source-import.ts'

/**
 * Who may know whom. The first row whose `files` fits a path counts. `files` and `knows` name a folder (`a/`), what stands directly
 * in one save its registry (`a/*`), or a file. `packages`: what else may be bound at load; `lazily`: only by `import()` or for its types.
 */
export interface ImportRule {
  readonly files: string
  readonly knows: readonly string[]
  readonly packages?: readonly string[]
  readonly lazily?: readonly string[]
}

/** The folders of a source that its reader and its probe are built from. */
const RUNTIME_FOLDERS = [
  'position',
  'connect',
  'errors',
  'read',
  'decode',
  'values',
  'tables',
  'resume',
  'inspect',
  'beat',
]

/** What a source has beside what runs with a connector. */
type SourcePart = 'definition.ts' | 'checks/' | 'setup/' | 'admin/'
const EVERY_PART: readonly SourcePart[] = ['definition.ts', 'checks/', 'setup/', 'admin/']

/** What the databases share at run time: each knows itself, the contracts and the model; a stream also what a connection is. */
const SHARED_FOLDERS = ['src/sources/admin/', 'src/sources/connect/', 'src/sources/heartbeat/', 'src/sources/stream/']

export const IMPORT_RULES: readonly ImportRule[] = [
  { files: 'src/model/', knows: ['src/model/'] },
  { files: 'src/files/', knows: ['src/files/'] },
  { files: 'src/values/', knows: ['src/values/', 'src/model/'] },
  { files: 'src/sources/registry.ts', knows: ['src/sources/', 'src/model/'] },
  ...sourceRules('postgresql', { packages: ['zod'], lazily: ['pg'] }),
  ...sourceRules('mysql', { packages: ['zod'], lazily: ['mysql2', '@noble/curves/ed25519.js'] }),
  ...sourceRules('mongodb', { packages: ['zod'], lazily: ['mongodb', 'yaml'] }),
  {
    files: 'src/sources/stream/',
    knows: ['src/sources/stream/', 'src/sources/connect/', 'src/model/', 'src/sources/*'],
  },
  ...SHARED_FOLDERS.map((folder) => ({ files: folder, knows: [folder, 'src/model/', 'src/sources/*'] })),
  { files: 'src/sources/*', knows: ['src/model/', 'src/values/', 'src/sources/*'], packages: ['zod'] },
  { files: 'src/sinks/sink.ts', knows: ['src/model/'] },
  { files: 'src/sinks/registry.ts', knows: ['src/sinks/', 'src/journal/', 'src/model/', 'src/sqlite/'] },
  ...['stdout', 'discard'].map((sink) => ({
    files: `src/sinks/${sink}/`,
    knows: [`src/sinks/${sink}/`, 'src/sinks/sink.ts', 'src/journal/journal.ts', 'src/model/', 'src/sqlite/'],
  })),
  { files: 'src/sinks/*', knows: ['src/sinks/sink.ts', 'src/journal/journal.ts', 'src/model/'] },
  { files: 'src/journal/journal.ts', knows: ['src/model/'] },
  { files: 'src/journal/', knows: ['src/journal/', 'src/model/', 'src/sqlite/'], lazily: ['node:sqlite'] },
  {
    files: 'src/sqlite/',
    knows: ['src/sqlite/', 'src/files/', 'src/model/', 'src/journal/', 'src/sinks/sink.ts'],
    packages: ['node:sqlite'],
  },
  {
    files: 'src/doctor/checks/',
    knows: ['src/doctor/checks/', 'src/model/', 'src/sources/*', 'src/sources/heartbeat/'],
  },
  {
    files: 'src/doctor/',
    knows: ['src/doctor/', 'src/model/', 'src/sources/*', 'src/journal/journal.ts'],
  },
  { files: 'src/health/', knows: ['src/health/', 'src/model/', 'src/journal/journal.ts'] },
  { files: 'src/setup/', knows: ['src/setup/', 'src/model/', 'src/sources/*'] },
  {
    files: 'src/watch/',
    knows: [
      'src/watch/',
      'src/health/',
      'src/model/',
      'src/sources/source.ts',
      'src/sources/source-config.ts',
      'src/journal/journal.ts',
    ],
  },
  {
    files: 'src/connector/',
    knows: [
      'src/connector/',
      'src/watch/',
      'src/model/',
      'src/sources/missing-part.ts',
      'src/sources/source.ts',
      'src/sources/source-config.ts',
      'src/sinks/sink.ts',
      'src/journal/journal.ts',
    ],
  },
  {
    files: 'src/config/',
    knows: ['src/config/', 'src/model/', 'src/sources/registry.ts', 'src/sources/*', 'src/sinks/sink-config.ts'],
    packages: ['yaml', 'zod'],
  },
  { files: 'src/local-server/', knows: ['src/local-server/', 'src/files/', 'src/model/'], lazily: ['mongodb'] },
  {
    files: 'src/demo/stages/postgresql/',
    knows: [
      'src/demo/stages/postgresql/',
      'src/demo/side-state.ts',
      'src/demo/stage.ts',
      'src/local-server/',
      'src/model/figures.ts',
      'src/sources/connect/text-row.ts',
      'src/sources/postgresql/',
    ],
  },
  {
    files: 'src/demo/stages/prepare-by-setup.ts',
    knows: ['src/model/', 'src/setup/', 'src/sources/*'],
  },
  {
    files: 'src/demo/stages/expiring-log-words.ts',
    knows: ['src/demo/side-state.ts', 'src/demo/stage.ts', 'src/model/'],
  },
  {
    files: 'src/demo/stages/mongodb/',
    knows: [
      'src/demo/stages/mongodb/',
      'src/demo/stages/expiring-log-words.ts',
      'src/demo/stages/prepare-by-setup.ts',
      'src/demo/side-state.ts',
      'src/demo/stage.ts',
      'src/local-server/',
      'src/model/',
      'src/sources/mongodb/',
      'src/sources/source.ts',
    ],
    lazily: ['mongodb'],
  },
  {
    files: 'src/demo/stages/mysql/',
    knows: [
      'src/demo/stages/mysql/',
      'src/demo/stages/expiring-log-words.ts',
      'src/demo/stages/prepare-by-setup.ts',
      'src/demo/side-state.ts',
      'src/demo/stage.ts',
      'src/local-server/',
      'src/model/',
      'src/sources/mysql/',
      'src/sources/source.ts',
    ],
  },
  {
    files: 'src/demo/',
    knows: [
      'src/demo/',
      'src/local-server/',
      'src/config/',
      'src/connector/',
      'src/files/',
      'src/health/',
      'src/journal/',
      'src/model/',
      'src/sinks/',
      'src/sqlite/',
      'src/sources/',
    ],
  },
  {
    files: 'src/server/',
    knows: [
      'src/server/',
      'src/health/',
      'src/model/',
      'src/journal/journal.ts',
      'src/config/config.ts',
      'src/config/loopback.ts',
    ],
    packages: ['prom-client'],
  },
  {
    files: 'src/app/',
    knows: [
      'src/app/',
      'src/config/',
      'src/connector/',
      'src/doctor/',
      'src/files/',
      'src/health/',
      'src/journal/',
      'src/model/',
      'src/server/',
      'src/sinks/',
      'src/sources/*',
      'src/sources/registry.ts',
      'src/sqlite/',
    ],
  },
  { files: 'src/cli/', knows: ['src/'], packages: ['commander', 'pino', 'string-width'] },
]

/**
 * A source's folder: what runs with a connector does not know what examines or sets up the database, and nothing of it knows another
 * source. `parts`: those that the source has so far.
 */
function sourceRules(
  kind: string,
  bound: Pick<ImportRule, 'packages' | 'lazily'>,
  parts = EVERY_PART,
): readonly ImportRule[] {
  const folder = `src/sources/${kind}/`
  // The probe explains a silent job by the checks that all databases share.
  const shared = ['src/model/', 'src/values/', 'src/sources/*', ...SHARED_FOLDERS]
  const runtime = ['', ...RUNTIME_FOLDERS].map((name) => (name === '' ? `${folder}*` : `${folder}${name}/`))
  return [
    ...parts.map((part) => ({
      files: `${folder}${part}`,
      knows: [
        folder,
        ...(part === 'definition.ts' ? [] : ['src/setup/', 'src/doctor/checks/', 'src/doctor/log-check.ts']),
        ...shared,
      ],
      ...bound,
    })),
    { files: folder, knows: [...runtime, ...shared], ...bound },
  ]
}

/** Parts of Node that open a database or start a child process, so only some folders import them. */
const RESTRICTED_NODE = ['node:sqlite']

/** One line for each import that its file's rule does not allow; tests may know everything, and nothing of `src` may know a test. */
export function brokenRules(files: readonly SourceFile[]): readonly string[] {
  return files.filter((file) => file.path.startsWith('src/') && !isTest(file.path)).flatMap(brokenRulesOf)
}

/** The files on the first circle of imports that is found, types included; null when there is none. */
export function importCycle(files: readonly SourceFile[]): readonly string[] | null {
  const graph = new Map(files.map((file) => [file.path, loadedBy(file)]))
  const done = new Set<string>()
  for (const file of files) {
    const cycle = walk(file.path, graph, done, [])
    if (cycle !== null) return cycle
  }
  return null
}

/** What is loaded at once when `entry` is: our files and packages, without `import()` and types. */
export function loadedWith(entry: string, files: readonly SourceFile[]): ReadonlySet<string> {
  const byPath = new Map(files.map((file) => [file.path, file]))
  const loaded = new Set<string>()
  const waiting = [entry]
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (loaded.has(path)) continue
    loaded.add(path)
    const file = byPath.get(path)
    if (file === undefined) continue
    waiting.push(...importsOf(file).flatMap((one) => (one.way === 'static' ? [one.to] : [])))
  }
  return loaded
}

function brokenRulesOf(file: SourceFile): readonly string[] {
  const rule = IMPORT_RULES.find((one) => fits(file.path, one.files))
  if (rule === undefined)
    return [`${file.path} has no import rule: say in test/structure/import-rule.ts whom it may know`]
  return importsOf(file).flatMap((one) => {
    const allowed = one.external ? allowsPackage(rule, one) : allowsFile(rule, one.to)
    return allowed ? [] : [`${one.from} must not know ${one.to} (${one.way})`]
  })
}

function allowsFile(rule: ImportRule, path: string): boolean {
  return !isTest(path) && rule.knows.some((known) => fits(path, known))
}

function allowsPackage(rule: ImportRule, one: SourceImport): boolean {
  if (one.to.startsWith('node:') && !RESTRICTED_NODE.includes(one.to)) return true
  if (rule.packages?.includes(one.to) === true) return true
  return rule.lazily?.includes(one.to) === true && one.way !== 'static'
}

export function fits(path: string, pattern: string): boolean {
  if (pattern.endsWith('/')) return path.startsWith(pattern)
  if (pattern.endsWith('/*'))
    return posix.dirname(path) === pattern.slice(0, -2) && posix.basename(path) !== 'registry.ts'
  return path === pattern
}

function isTest(path: string): boolean {
  return path.startsWith('test/') || path.endsWith('.test.ts')
}

function loadedBy(file: SourceFile): readonly string[] {
  return importsOf(file).flatMap((one) => (one.external || one.way === 'dynamic' || one.way === 'url' ? [] : [one.to]))
}

function walk(
  path: string,
  graph: ReadonlyMap<string, readonly string[]>,
  done: Set<string>,
  trail: readonly string[],
): readonly string[] | null {
  if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path]
  if (done.has(path)) return null
  for (const next of graph.get(path) ?? []) {
    const cycle = walk(next, graph, done, [...trail, path])
    if (cycle !== null) return cycle
  }
  done.add(path)
  return null
}
