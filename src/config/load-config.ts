import { dirname, resolve } from 'node:path'
import { z } from 'zod'
import { OffbeatError } from '../model/error.ts'
import { forPerson, inShell } from '../model/fix.ts'
import type { SinkConfig } from '../sinks/sink-config.ts'
import type { SourceRegistry } from '../sources/source-registry.ts'
import type { Config, ConfiguredSource } from './config.ts'
import { ConfigDocument } from './config-document.ts'
import { configSchema, sinkKind, sinkSchemas } from './config-schema.ts'
import { warningsOf } from './config-warning.ts'
import { type Diagnostic, formatDiagnostic, sortDiagnostics } from './diagnostic.ts'
import { checkOwnRights, errorCode, type FileAccess, resolveSink, resolveSource } from './file-reference.ts'
import type { FileRights } from './file-rights.ts'
import { readServer } from './server-entry.ts'
import { checkSources } from './source-entry.ts'
import type { Environment } from './variable.ts'
import { check } from './zod-issue.ts'

export interface LoadOptions {
  /** `--config`, else OFFBEAT_CONFIG from the environment, else `offbeat.yaml`. */
  readonly path?: string | undefined
  readonly workingDirectory: string
  readonly env: Environment
  /** Reads a file as text. Rejects as `node:fs` does. */
  readonly readFile: (path: string) => Promise<string>
  /** The rights of a file that was just read. Rejects as `node:fs` does. */
  readonly rightsOf: (path: string) => Promise<FileRights>
  readonly registry: SourceRegistry
}

export const SMALLEST_CONFIG = `sources:
  shop:
    kind: postgresql
    url: postgresql://user:\${SHOP_PASSWORD}@localhost:5432/shop
`

/**
 * Reads the configuration file. Throws CONFIG_UNREADABLE if there is none. Otherwise throws CONFIG_INVALID with every mistake at once: as
 * text in the message, and as Diagnostics in `details.mistakes`. Relative paths in the file start at its own folder. Opens no connection.
 */
export async function loadConfig(options: LoadOptions): Promise<Config> {
  const given = options.path ?? (options.env['OFFBEAT_CONFIG'] || 'offbeat.yaml')
  const path = resolve(options.workingDirectory, given)
  const document = new ConfigDocument(await readConfigFile(given, path, options), options.env)
  const found: Diagnostic[] = []
  const config = document.tree === undefined ? null : await readTree(document, path, options, found)
  const mistakes = [...document.mistakes, ...found.filter((each) => !document.isUnsound(each))]
  if (config === null || mistakes.length > 0) throw invalid(given, path, mistakes)
  return config
}

async function readConfigFile(given: string, path: string, options: LoadOptions): Promise<string> {
  try {
    return await options.readFile(path)
  } catch (thrown) {
    const code = errorCode(thrown)
    const missing = code === 'ENOENT'
    const init = inShell(given === 'offbeat.yaml' ? 'offbeat init' : `offbeat init ${given}`)
    throw new OffbeatError('CONFIG_UNREADABLE', {
      message: missing ? `There is no configuration file ${path}.` : `The configuration file ${path} cannot be read.`,
      found: code,
      expected: missing
        ? 'a file given by --config or OFFBEAT_CONFIG, else offbeat.yaml in the working directory'
        : 'a file that the user who runs Offbeat can read',
      fix: missing
        ? [init, forPerson(`or write it: the smallest ${path} that works:\n${SMALLEST_CONFIG.trimEnd()}`)]
        : [inShell(`ls -l ${path}`)],
      details: { path, code },
      cause: thrown,
    })
  }
}

/** Adds all mistakes to `mistakes`. null: the mistakes leave no usable configuration. */
async function readTree(
  document: ConfigDocument,
  path: string,
  options: LoadOptions,
  mistakes: Diagnostic[],
): Promise<Config | null> {
  const schema = configSchema(z.record(z.string(), z.unknown()), z.unknown().optional(), z.unknown().optional())
  const tree = document.tree
  if (typeof tree !== 'object' || tree === null) {
    mistakes.push(document.diagnose([], 'is not a configuration', 'a section `sources`, each source with kind and url'))
    return null
  }
  const top = check(schema, tree, [], document)
  if (!top.ok) mistakes.push(...top.mistakes)
  const { readFile, rightsOf } = options
  const access: FileAccess = { folder: dirname(path), readFile, rightsOf, document, mistakes, exposed: [] }
  const sources = await readSources('sources' in tree ? tree.sources : undefined, options.registry, access)
  const sink = readSink('sink' in tree ? tree.sink : undefined, access)
  const server = await readServer('server' in tree ? tree.server : undefined, access)
  if (!top.ok || sink === null) return null
  const { health, log } = top.value
  await checkOwnRights(path, access)
  const { exposed } = access
  return {
    path,
    sources,
    sink,
    server,
    health,
    log,
    warnings: [...warningsOf(sources, server, document), ...exposed],
    exposed,
  }
}

async function readSources(
  raw: unknown,
  registry: SourceRegistry,
  access: FileAccess,
): Promise<readonly ConfiguredSource[]> {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return []
  const checked = await checkSources(raw as Readonly<Record<string, unknown>>, access.document, registry)
  access.mistakes.push(...checked.mistakes)
  const sources: ConfiguredSource[] = []
  for (const source of checked.sources) sources.push(await resolveSource(source, access))
  return sources
}

/** Reads the sink by the schema of its kind. A missing kind is reported once, by the check of `kind`. */
function readSink(raw: unknown, access: FileAccess): SinkConfig | null {
  const entry = raw === undefined ? { kind: 'sqlite' } : raw
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) {
    access.mistakes.push(access.document.diagnose(['sink'], 'is not a sink', 'a section with kind'))
    return null
  }
  const kind = check(sinkKind, 'kind' in entry ? entry.kind : undefined, ['sink', 'kind'], access.document)
  const sink = kind.ok ? check<SinkConfig>(sinkSchemas[kind.value], entry, ['sink'], access.document) : kind
  if (sink.ok) return resolveSink(sink.value, access.folder)
  access.mistakes.push(...sink.mistakes)
  return null
}

function invalid(shown: string, path: string, mistakes: readonly Diagnostic[]): OffbeatError {
  const sorted = sortDiagnostics(mistakes)
  const count = sorted.length === 1 ? 'one mistake' : `${sorted.length} mistakes`
  const lines = sorted.map((each) => formatDiagnostic(shown, each))
  return new OffbeatError('CONFIG_INVALID', {
    message: [`The configuration has ${count}:`, ...lines].join('\n'),
    details: { path, mistakes: sorted.map((each) => ({ ...each })) },
  })
}
