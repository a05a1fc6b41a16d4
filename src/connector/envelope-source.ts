import type { ChangeEvent } from '../model/log-event.ts'
import type { SourceDefinition } from '../sources/source.ts'
import type { SourceConfig } from '../sources/source-config.ts'

/** Options of the envelope, from the source's configuration. */
export interface EnvelopeOptions {
  /** Each delete is followed by a message with the key and no value. */
  readonly tombstonesOnDelete: boolean
  /** `transaction` contains the order of each message within its transaction. */
  readonly provideTransactionMetadata: boolean
}

/** What all messages of one source have in common. */
export interface EnvelopeSource {
  readonly name: string
  readonly connector: string
  readonly version: string
  readonly positionFields: readonly string[]
  readonly transactionIds: 'number' | 'text'
  /** The elements of `sequence` for a change whose first position value is null. */
  readonly sequenceOf?: (position: ChangeEvent['position']) => readonly string[]
  readonly options?: EnvelopeOptions
}

interface ConfiguredSource {
  readonly name: string
  readonly config: SourceConfig
  readonly definition: Pick<SourceDefinition<SourceConfig>, 'kind' | 'positionFields' | 'transactionIds' | 'sequenceOf'>
}

/** `version` is the version written into messages. */
export function envelopeSource({ name, config, definition }: ConfiguredSource, version: string): EnvelopeSource {
  const { kind, positionFields, transactionIds } = definition
  const sequence = definition.sequenceOf === undefined ? {} : { sequenceOf: definition.sequenceOf.bind(definition) }
  const options = config.envelope === undefined ? {} : { options: config.envelope }
  return { name, connector: kind, version, positionFields, transactionIds, ...sequence, ...options }
}
