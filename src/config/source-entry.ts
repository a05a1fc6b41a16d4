import { choice, listed } from '../sources/scalar-schema.ts'
import type { SourceRegistry } from '../sources/source-registry.ts'
import type { ConfiguredSource } from './config.ts'
import type { ConfigDocument } from './config-document.ts'
import { SOURCE_NAME_PATTERN } from './config-schema.ts'
import type { ConfigPath, Diagnostic } from './diagnostic.ts'
import { type Checked, check } from './zod-issue.ts'

export interface CheckedSources {
  /** The sources without a mistake, in the order of the file. */
  readonly sources: readonly ConfiguredSource[]
  readonly mistakes: readonly Diagnostic[]
}

/** Checks each entry of `sources:` with the schema of its kind, then checks the sources against each other. */
export async function checkSources(
  entries: Readonly<Record<string, unknown>>,
  document: ConfigDocument,
  registry: SourceRegistry,
): Promise<CheckedSources> {
  const sources: ConfiguredSource[] = []
  const mistakes: Diagnostic[] = []
  for (const [name, entry] of Object.entries(entries)) {
    const path = ['sources', name]
    if (!new RegExp(SOURCE_NAME_PATTERN).test(name)) {
      mistakes.push(document.diagnose(path, 'is not a name for a source', nameExpected, 'key'))
    }
    const checked = await checkEntry(name, entry, document, registry)
    if (checked.ok) sources.push(checked.value)
    else mistakes.push(...checked.mistakes)
  }
  if (Object.keys(entries).length === 0) {
    mistakes.push(document.diagnose(['sources'], 'has no source', 'at least one source with kind and url', 'key'))
  }
  return { sources, mistakes: [...mistakes, ...sharedObjects(sources, document)] }
}

const nameExpected = '1 to 64 letters, digits, underscores and hyphens, because topics and metrics contain it'

async function checkEntry(
  name: string,
  entry: unknown,
  document: ConfigDocument,
  registry: SourceRegistry,
): Promise<Checked<ConfiguredSource>> {
  const path: ConfigPath = ['sources', name]
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) {
    return { ok: false, mistakes: [document.diagnose(path, 'is not a source', 'a section with kind and url')] }
  }
  const kind = check(kindSchema(registry), 'kind' in entry ? entry.kind : undefined, [...path, 'kind'], document)
  if (!kind.ok) return kind
  const definition = await registry.load(kind.value)
  const config = check(definition.config, entry, path, document)
  return config.ok ? { ok: true, value: { name, kind: kind.value, config: config.value, definition } } : config
}

function kindSchema({ kinds, planned }: SourceRegistry) {
  const reason = `is not in this version; what can be captured is ${listed(kinds)}`
  return choice(kinds, Object.fromEntries(planned.map((kind) => [kind, reason])))
}

/** Two sources that claim the same object on the same server would disturb each other. */
function sharedObjects(sources: readonly ConfiguredSource[], document: ConfigDocument): readonly Diagnostic[] {
  const owners = new Map<string, string>()
  const mistakes: Diagnostic[] = []
  for (const { name, kind, config } of sources) {
    for (const { key, id, because } of config.exclusive ?? []) {
      const owner = owners.get(`${kind} ${id}`)
      owners.set(`${kind} ${id}`, owner ?? name)
      if (owner === undefined || owner === name) continue
      const message = `is the same ${key} on the same server as that of source ${owner}; ${because}`
      mistakes.push(document.diagnose(['sources', name, key], message, `another ${key}`))
      break
    }
  }
  return mistakes
}
