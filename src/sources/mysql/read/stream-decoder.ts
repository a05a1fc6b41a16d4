import type { Logger } from '../../../model/logger.ts'
import type { Offset } from '../../../model/offset.ts'
import { DEFAULT_VALUE_MODES } from '../../../values/value-modes.ts'
import type { Context } from '../../source.ts'
import type { MysqlConfig } from '../config.ts'
import { BinlogDecoder } from '../decode/binlog-decoder.ts'
import type { Replay } from '../decode/replay.ts'
import { tablesIn } from '../decode/statements/table-statement.ts'
import type { ServerFacts } from '../inspect/server-facts.ts'
import { type LogFilePosition, logFileName } from '../position/log-file.ts'
import type { LaterStatements } from '../tables/column-history.ts'
import { listedTables, serverCatalog } from '../tables/server-catalog.ts'
import { TableMemory } from '../tables/table-memory.ts'
import type { TextQuery } from '../tables/text-query.ts'
import { watchedTables } from '../tables/watched-table.ts'
import { Charsets } from '../values/charset/charset.ts'
import { readCharsetFacts } from '../values/charset/charset-query.ts'
import { ValueForms } from '../values/column-form.ts'
import type { FileStart } from './dump-command.ts'
import { offsetMaker } from './offset-maker.ts'
import { StatementsAhead } from './statements-ahead.ts'

export interface StreamDecoderOptions {
  /** Only the host that is read. */
  readonly config: MysqlConfig
  readonly context: Context
  readonly facts: ServerFacts
  readonly query: TextQuery
  readonly signal: AbortSignal
  /** Where the stream begins. */
  readonly from: Offset
  /** Its file and position. null: the server chooses them. */
  readonly start: FileStart | null
  readonly replay: Replay | null
  /** Whether the source reads for the first time, from the end of the log on. */
  readonly isFirst: boolean
}

export interface StreamDecoder {
  readonly decoder: BinlogDecoder
  /** `from`, with what is remembered of the tables if the source reads for the first time. */
  readonly from: Offset
}

/** Creates the decoder of a stream, with what it needs from the server. */
export async function streamDecoder(options: StreamDecoderOptions): Promise<StreamDecoder> {
  const { config, context, facts, query, signal, start } = options
  const { mode, schema, table, deliver } = config.heartbeat.source
  const { checksums, namesColumns } = await readLogSettings(query)
  const charsets = new Charsets(await readCharsetFacts(query, config.kind === 'mariadb'))
  const isUtf8 = (collation: number) => charsets.isUtf8(collation)
  // A log in a storage engine cannot be requested by file and position.
  const isInFiles = facts.product === 'mysql' || facts.logEngine === null
  const later: LaterStatements = isInFiles
    ? new StatementsAhead({ config, context, checksums, isUtf8, signal })
    : { from: () => Promise.resolve(null) }
  const memory = new TableMemory(options.from.memory)
  const heartbeat = mode === 'off' ? null : { database: schema, table, deliver }
  const isWatched = watchedTables(config)
  if (options.isFirst && !namesColumns) {
    const end = facts.log?.end ?? null
    const isKnown = (database: string, name: string) =>
      isWatched(database, name) || (database === heartbeat?.database && name === heartbeat.table)
    if (end !== null) await rememberTables({ query, later, memory, end, isKnown, log: context.log, signal })
  }
  const from = options.isFirst
    ? { ...options.from, memory: { ...options.from.memory, ...memory.document } }
    : options.from
  const decoder = new BinlogDecoder({
    source: context.source,
    forms: new ValueForms(charsets, { ...DEFAULT_VALUE_MODES, ...config.envelope }),
    catalog: serverCatalog(query),
    later,
    memory,
    truncates: config.truncates,
    isWatched,
    heartbeat,
    replay: options.replay,
    makeOffset: offsetMaker(from, { facts, memory, clock: context.clock }),
    file: start?.file ?? null,
    position: start?.position ?? 4,
    checksums,
  })
  return { decoder, from }
}

async function readLogSettings(query: TextQuery) {
  const rows = await query("SHOW GLOBAL VARIABLES WHERE Variable_name IN ('binlog_checksum', 'binlog_row_metadata')")
  const setting = (name: string) => rows.find((row) => row['Variable_name'] === name)?.['Value']
  return { checksums: setting('binlog_checksum') !== 'NONE', namesColumns: setting('binlog_row_metadata') === 'FULL' }
}

interface Remembering {
  readonly query: TextQuery
  readonly later: LaterStatements
  readonly memory: TableMemory
  /** The position whose tables are remembered. */
  readonly end: LogFilePosition
  readonly isKnown: (database: string, table: string) => boolean
  readonly log: Logger
  readonly signal: AbortSignal
}

/**
 * Remembers the columns that the tables have now, so that rows can be read after a later change of their tables. Failing is harmless: what is
 * not remembered is taken from the catalogue when the first row is read.
 */
async function rememberTables({ query, later, memory, end, isKnown, log, signal }: Remembering): Promise<void> {
  try {
    const tables = await listedTables(query, isKnown)
    const changes = await later.from({ file: logFileName(end), offset: end.offset, type: 0 })
    if (changes === null) return
    const named = changes.map(tablesIn)
    const isSure = (database: string, table: string) => !named.some((names) => names(database, table))
    for (const { database, table, columns } of tables)
      if (isSure(database, table)) memory.keep(database, table, columns)
  } catch (thrown) {
    signal.throwIfAborted()
    log.debug({ error: String(thrown) }, 'the columns of the tables could not be remembered')
  }
}
