import type { SourceDefinition } from '../sources/source.ts'
import type { SourceConfig } from '../sources/source-config.ts'

/** Options of the form that a source's configuration sets. */
export interface EnvelopeOptions {
  /** Each delete is followed by a message with its key and no value. */
  readonly tombstonesOnDelete: boolean
  /** `transaction` says which message of its transaction each is. */
  readonly provideTransactionMetadata: boolean
}

/** What all messages of one source say of it. */
export interface EnvelopeSource {
  readonly name: string
  readonly connector: string
  readonly version: string
  readonly placeFields: readonly string[]
  readonly transactionIds: 'number' | 'text'
  readonly options?: EnvelopeOptions
}

interface ConfiguredSource {
  readonly name: string
  readonly config: SourceConfig
  readonly definition: Pick<SourceDefinition<SourceConfig>, 'kind' | 'placeFields' | 'transactionIds'>
}

/** `version`: the one that messages name. */
export function envelopeSource({ name, config, definition }: ConfiguredSource, version: string): EnvelopeSource {
  const { kind, placeFields, transactionIds } = definition
  const options = config.envelope === undefined ? {} : { options: config.envelope }
  return { name, connector: kind, version, placeFields, transactionIds, ...options }
}
