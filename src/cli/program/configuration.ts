import { readFile, stat } from 'node:fs/promises'
import { platform } from 'node:process'
import type { Config, ConfiguredSource } from '../../config/config.ts'
import type { FileRights } from '../../config/file-rights.ts'
import { loadConfig } from '../../config/load-config.ts'
import { OffbeatError } from '../../model/error.ts'
import { nearest } from '../../model/nearest.ts'
import type { CommandContext, CommandInput } from './command.ts'

/** Loads the configuration that the command line or the environment names. */
export async function openConfig(input: CommandInput, context: CommandContext): Promise<Config> {
  const { config } = input.common
  const loaded = await loadConfig({
    ...(config === null ? {} : { path: config }),
    workingDirectory: context.workingDirectory,
    env: context.environment,
    readFile: (path) => readFile(path, 'utf8'),
    rightsOf,
    registry: context.sources,
  })
  for (const { name, definition } of loaded.sources) context.scripts.add(name, definition)
  return loaded
}

/** Windows has no such modes: the ones it reports mean nothing. */
async function rightsOf(path: string): Promise<FileRights> {
  const { mode, uid } = await stat(path)
  return platform === 'win32' ? { mode: 0o600, owner: uid } : { mode, owner: uid }
}

/** Throws SOURCE_UNKNOWN with the nearest name. */
export function sourceNamed(config: Config, name: string): ConfiguredSource {
  const found = config.sources.find((source) => source.name === name)
  if (found !== undefined) return found
  const names = config.sources.map((source) => source.name)
  const meant = nearest(name, names)
  throw new OffbeatError('SOURCE_UNKNOWN', {
    message: `${config.path} has no source ${name}.`,
    found: `sources: ${names.join(', ')}`,
    ...(meant === null ? {} : { expected: `did you mean ${meant}?` }),
  })
}

/** The named sources in the order given, without duplicates. All sources if none is named. */
export function sourcesNamed(config: Config, names: readonly string[]): readonly ConfiguredSource[] {
  return names.length === 0 ? config.sources : [...new Set(names)].map((name) => sourceNamed(config, name))
}
