import { z } from 'zod'

/**
 * The messages as consumers see them, for the published JSON Schema. The columns depend on the table, so a row is any object. Objects are
 * open: later versions can add fields.
 */
/** A whole number that can exceed what a double holds exactly: `ts_ns` and `lsn` need 64 bits. */
const integer = z.number().meta({ type: 'integer' })
const time = integer.nullable()
const row = z.record(z.string(), z.unknown()).nullable()
const COLUMNS = 'The form of its values depends on their types and on the modes in envelope.'

const transaction = z
  .looseObject({ id: z.string(), total_order: integer, data_collection_order: integer })
  .nullable()
  .describe('The order of the message in its transaction; null without envelope.provideTransactionMetadata.')

const source = z
  .looseObject({
    version: z.string(),
    connector: z.string(),
    name: z.string().describe('The name of the source in the configuration.'),
    ts_ms: time.describe('The time of the commit; null where the database does not say.'),
    ts_us: time,
    ts_ns: time,
    snapshot: z.literal('false'),
    db: z.string(),
    schema: z.string().nullable(),
    table: z.string(),
    txId: z.union([integer, z.string()]).nullable(),
    sequence: z
      .string()
      .describe(
        'A JSON array in text: where the transaction before this one ended or null, and the position of this change. MySQL without GTIDs: the number of the file in the log, and the position in it.',
      ),
    lsn: integer.optional().describe('PostgreSQL: the position of the change in the log.'),
    xmin: z.null().optional(),
  })
  .describe('Where the change comes from.')

const change = z
  .looseObject({
    before: row.describe(`The old row as far as the log has it. ${COLUMNS}`),
    after: row.describe(`The new row; null for a delete. ${COLUMNS}`),
    source,
    transaction,
    op: z.enum(['c', 'u', 'd', 't']).describe('c: insert, u: update, d: delete, t: truncate.'),
    ts_ms: integer.describe('When the connector read the transaction.'),
    ts_us: integer,
    ts_ns: integer,
  })
  .meta({ id: 'change', description: 'The value of a message of a table.' })

const heartbeat = z
  .looseObject({
    op: z.literal('heartbeat'),
    source: z.string().describe('The name of the source in the configuration.'),
    layer: z.literal(1),
    ts_ms: integer,
    offset: z.string(),
    verdict: z.string().nullable(),
    lastChangeTsMs: integer.nullable(),
  })
  .meta({ id: 'heartbeat', description: 'The value of a message of the topic __offbeat_heartbeat.' })

const tombstone = z.null().meta({
  id: 'tombstone',
  description: 'The value of a message that follows a delete, with envelope.tombstonesOnDelete.',
})

const line = z
  .looseObject({
    topic: z.string().regex(/^[A-Za-z0-9._-]{1,249}$/),
    key: z
      .union([z.record(z.string(), z.unknown()), z.string(), z.null()])
      .describe('The key columns; of a heartbeat the name of its source.'),
    value: z.union([change, heartbeat, tombstone]),
    ts_ms: integer,
    position: z.string().optional().describe('Only from `offbeat tail --json`.'),
  })
  .meta({ id: 'line', description: 'A line of the sink stdout with format: message, and of `offbeat tail --json`.' })

/** The JSON Schema of a line, with the kinds of values in `$defs`: change, heartbeat and tombstone. */
export function messageJsonSchema(): object {
  return { title: 'Offbeat messages', ...z.toJSONSchema(line, { unrepresentable: 'throw' }) }
}
