import { resolve } from 'node:path'
import { openStoreReader } from '../../app/store-access.ts'
import { writePrivateFile } from '../../files/private-file.ts'
import type { StoreReader } from '../../sqlite/store-reader.ts'
import type { CommandContext, CommandInput, ExitCode } from '../program/command.ts'
import { openConfig, sourceNamed } from '../program/configuration.ts'
import { textOption } from '../program/option-value.ts'
import { usageError } from '../program/usage-error.ts'
import { offsetDocument } from './offsets-list.ts'

/** Each source is read once, consistently. A running connector can move on meanwhile; an import then reports that. */
export async function exportOffsets(input: CommandInput, context: CommandContext): Promise<ExitCode> {
  const config = await openConfig(input, context)
  using reader = openStoreReader(config)
  const given = input.words[0] ?? null
  const known = reader?.sources() ?? []
  const names = given === null ? known : [known.includes(given) ? given : sourceNamed(config, given).name]
  const kindOf = new Map(config.sources.map(({ name, kind }) => [name, kind]))
  const offsets = names.flatMap((source) => exported(source, kindOf.get(source) ?? null, reader))
  if (offsets.length === 0) throw usageError(`${given ?? 'No source'} has a stored offset to be exported.`)
  const document = { version: 1, exportedAt: new Date(context.clock.nowMs()).toISOString(), offsets }
  const file = textOption(input, 'file')
  if (file === null) context.stdout.write(`${JSON.stringify(document, null, 2)}\n`)
  else {
    write(resolve(context.workingDirectory, file), `${JSON.stringify(document, null, 2)}\n`)
    if (input.common.json) context.stdout.write(`${JSON.stringify(document)}\n`)
    else context.stdout.write(`Exported to ${file}: ${offsets.map(({ source }) => source).join(', ')}\n`)
  }
  return 0
}

function exported(source: string, kind: string | null, reader: StoreReader | null) {
  const offset = offsetDocument(reader?.offset(source) ?? null)
  return offset === null ? [] : [{ source, kind, offset }]
}

function write(path: string, text: string): void {
  try {
    writePrivateFile(path, text, 'overwrite')
  } catch (thrown) {
    const found = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : 'unknown reason'
    throw usageError(`The file ${path} cannot be written.`, {
      found,
      expected: 'a path in a folder that can be written',
    })
  }
}
