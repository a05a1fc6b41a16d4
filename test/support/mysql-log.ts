import { join } from 'node:path'
import type { LogEvent } from '../../src/model/log-event.ts'
import type { BinlogDecoderOptions } from '../../src/sources/mysql/decode/binlog-decoder.ts'
import { serverCatalog } from '../../src/sources/mysql/tables/server-catalog.ts'
import type { TextQuery } from '../../src/sources/mysql/tables/text-query.ts'
import { Charsets } from '../../src/sources/mysql/values/charset/charset.ts'
import { readCharsetFacts } from '../../src/sources/mysql/values/charset/charset-query.ts'
import { ValueForms } from '../../src/sources/mysql/values/column-form.ts'
import { DEFAULT_VALUE_MODES } from '../../src/values/value-modes.ts'
import { decodeBinlogFile } from './binlog-file.ts'
import { binlogDecoder } from './binlog-reading.ts'
import type { MysqlServer } from './mysql.ts'
import type { MysqlClient } from './mysql-query.ts'

/** Reads what statements write to the log, from the log files of a server that no other test writes to. */
export class MysqlLog implements AsyncDisposable {
  readonly session: MysqlClient
  readonly #server: MysqlServer
  readonly #forms: ValueForms

  private constructor(server: MysqlServer, session: MysqlClient, forms: ValueForms) {
    this.#server = server
    this.session = session
    this.#forms = forms
  }

  /** Starts a new log file. The session uses the database and UTC, and accepts any dates. */
  static async open(server: MysqlServer, database: string): Promise<MysqlLog> {
    const session = await server.connect(database)
    await session.query(
      `SET NAMES utf8mb4, time_zone = '+00:00', sql_mode = 'ALLOW_INVALID_DATES,NO_ENGINE_SUBSTITUTION'`,
    )
    const facts = await readCharsetFacts(textQuery(session), server.product === 'mariadb')
    const log = new MysqlLog(server, session, new ValueForms(new Charsets(facts), DEFAULT_VALUE_MODES))
    await log.newFile()
    return log
  }

  /** Starts a new file and returns its path. Everything up to the next call is written to it. */
  async newFile(): Promise<string> {
    await this.#server.query('', 'FLUSH BINARY LOGS')
    return await this.currentFile()
  }

  async currentFile(): Promise<string> {
    const files = await this.#server.query('', 'SHOW BINARY LOGS')
    return join(this.#server.dataDir, String(files.at(-1)?.['Log_name']))
  }

  /** Closes the current file and returns its events. */
  async events(more: Partial<BinlogDecoderOptions> = {}): Promise<LogEvent[]> {
    const path = await this.currentFile()
    await this.newFile()
    return await this.eventsIn(path, more)
  }

  /** `took`: called with the log events of each event, or of each part of one. */
  async eventsIn(
    path: string,
    more: Partial<BinlogDecoderOptions> = {},
    took: (some: readonly LogEvent[]) => void = () => undefined,
  ): Promise<LogEvent[]> {
    const decoder = binlogDecoder({}, { forms: this.#forms, catalog: serverCatalog(textQuery(this.session)), ...more })
    const events: LogEvent[] = []
    await decodeBinlogFile(path, decoder, (some) => {
      took(some)
      events.push(...some)
    })
    return events
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.session[Symbol.asyncDispose]()
  }
}

function textQuery(session: MysqlClient): TextQuery {
  return async (sql, values = []) => {
    const rows = await session.query(sql, values)
    return rows.map((row) =>
      Object.fromEntries(Object.entries(row).map(([name, value]) => [name, value === null ? null : String(value)])),
    )
  }
}
