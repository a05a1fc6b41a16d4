import { z } from 'zod'
import { choice, toggle } from '../scalar-schema.ts'
import type { EnvelopeConfig, SourceConfig } from '../source-config.ts'
import { type SourceDefaults, sourceConfig, sourceKeys } from '../source-schema.ts'
import { MONGODB_PARAMETERS } from './url-parameter.ts'
import { DOCUMENT_FORMS, type DocumentForm } from './values/document-form.ts'

const FULL_DOCUMENT = ['updateLookup', 'delta', 'whenAvailable', 'required'] as const
const BEFORE_CHANGE = ['off', 'whenAvailable', 'required'] as const

export interface MongodbConfig extends SourceConfig {
  readonly kind: 'mongodb'
  readonly envelope?: EnvelopeConfig & { readonly documents: DocumentForm }
  readonly fullDocument: (typeof FULL_DOCUMENT)[number]
  readonly fullDocumentBeforeChange: (typeof BEFORE_CHANGE)[number]
}

export const MONGODB_DEFAULTS = {
  kind: 'mongodb',
  schemes: ['mongodb', 'mongodb+srv'],
  dnsSchemes: ['mongodb+srv'],
  port: 27017,
  // As in a connection string of MongoDB; authSource comes before it.
  database: 'login',
  user: 'optional',
  urlParameters: MONGODB_PARAMETERS,
  levels: ['database', 'name'],
  words: { table: 'collection', row: 'document', column: 'field', firstRow: 'document with _id 1' },
  connectorUser: 'streamkap_user',
  heartbeat: {
    // In MongoDB a schema is a database, and a table is a collection.
    schema: 'streamkap',
    table: 'streamkap_heartbeat',
    modes: ['job', 'table', 'off'],
    readOnly: { modes: ['job', 'off'], because: 'a job outside the database writes the heartbeats of layer 2' },
    jobs: ['external'],
  },
} as const satisfies SourceDefaults

const MODES = {
  documents: choice(DOCUMENT_FORMS)
    .prefault('debezium')
    .describe(
      'How a document is written into its text: as the connector of Debezium does, or as relaxed or canonical Extended JSON 2.',
    ),
}

/** One entry of `sources:` with `kind: mongodb`. */
export const mongodbConfig: z.ZodType<MongodbConfig> = sourceConfig(
  MONGODB_DEFAULTS,
  z.strictObject({
    ...sourceKeys(MONGODB_DEFAULTS, MODES),
    fullDocument: choice(FULL_DOCUMENT)
      .prefault('updateLookup')
      .describe(
        'What `after` of an update is. updateLookup: the document at the time of reading; delta: null, only updateDescription is there; whenAvailable, required: the stored post-image (changeStreamPreAndPostImages).',
      ),
    fullDocumentBeforeChange: choice(BEFORE_CHANGE)
      .prefault('off')
      .describe('Whether `before` is the stored pre-image (changeStreamPreAndPostImages).'),
    truncates: toggle()
      .refine((isOn) => !isOn, { error: 'has no meaning: MongoDB does not truncate collections' })
      .prefault(false)
      .describe('Not taken: MongoDB does not truncate collections.'),
    disk: z
      .never({ error: 'has no meaning: the oplog has a size of its own, and does not fill the disk' })
      .optional()
      .describe('Not taken: the oplog has a size of its own.'),
  }),
  ({ envelope: _, ...common }, entry) => ({
    ...common,
    ...(entry.envelope === undefined ? {} : { envelope: entry.envelope }),
    kind: 'mongodb',
    fullDocument: entry.fullDocument,
    fullDocumentBeforeChange: entry.fullDocumentBeforeChange,
  }),
)
