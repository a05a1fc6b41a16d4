import type { MysqlProduct } from '../../src/local-server/mysql/mysql-binaries.ts'
import type { SchemaStep } from './applying-consumer.ts'
import type { Dice } from './dice.ts'

/** A statement, and what the operator of a consumer does at the target before the rows that follow it. */
export interface RandomStatement {
  readonly sql: string
  readonly step: SchemaStep | null
}

interface RandomColumn {
  readonly name: string
  readonly type: string
  readonly values: readonly string[]
}

/** Types, each with some values as literals. */
const TYPES: readonly (readonly [type: string, values: readonly string[]])[] = [
  ['int', ['0', '-2147483648', '7']],
  ['int unsigned', ['4294967295', '1']],
  ['bigint unsigned', ['18446744073709551615', '9007199254740993']],
  ['tinyint(1)', ['0', '1', '-128']],
  ['decimal(20,6)', ['-12345678901234.123456', '0.000001']],
  ['double', ['1.5e300', '-0.1']],
  ['varchar(20)', ["''", "'tea'", "'ß😀'", "'a\\'b'"]],
  ['varchar(20) character set latin1', ["'é'", "'plain'"]],
  ['longtext', ["repeat('long ', 200)", "'short'"]],
  ['varbinary(8)', ["x'00ff'", "x''"]],
  ['blob', ["x'deadbeef'", "repeat('b', 300)"]],
  ['date', ["'2024-02-29'", "'1000-01-01'"]],
  ['datetime(6)', ["'2026-11-29 12:34:56.789012'", "'1999-12-31 23:59:59'"]],
  ['timestamp(3) null', ["'2038-01-19 03:14:07.999'", "'1970-01-02 00:00:00'"]],
  ['time(2)', ["'-838:59:59'", "'12:00:00.25'"]],
  ['year', ['2026', '0']],
  ["enum('x','y z','é')", ["'x'", "'é'"]],
  ["set('a','b','c')", ["'a,c'", "''"]],
  ['bit(12)', ["b'101'", "b'111111111111'"]],
  ['smallint', ['-32768', '1']],
  ['mediumint unsigned', ['16777215', '0']],
  ['float', ['-1.5', '0.25']],
  ['char(5)', ["'x'", "'é'"]],
  ['tinytext character set latin1', ["'ü'", "''"]],
  ['point', ["ST_GeomFromText('POINT(1 -2)')"]],
  ['json', ['\'{"a": [1, null, 1.5]}\'', "'[]'"]],
]

const OWN_TYPES: Readonly<Record<MysqlProduct, typeof TYPES>> = {
  mysql: [['vector(2)', ["string_to_vector('[1,-2.5]')"]]],
  mariadb: [
    ['uuid', ["'123e4567-e89b-12d3-a456-426614174000'"]],
    ['inet6', ["'2001:db8::1'", "'::'"]],
    ['inet4', ["'10.0.0.1'"]],
    ['varchar(400) compressed', ["repeat('c', 200)", "''"]],
    ['blob compressed', ["repeat('d', 300)", "x'00'"]],
  ],
}

/** Columns that a statement cannot name, or does not have to. */
const SPECIAL = [
  'g int GENERATED ALWAYS AS (id * 2) STORED',
  'g int GENERATED ALWAYS AS (id * 2) VIRTUAL',
  "g varchar(9) INVISIBLE DEFAULT 'unseen'",
] as const

const KEYS = ['', 'PRIMARY KEY (id)', 'PRIMARY KEY (id, k)', 'UNIQUE KEY (id)'] as const
const LARGEST_ID = 30

/** A table of random columns, and random statements on it. What a statement cannot change, such as a key that exists, it leaves out. */
export class RandomMysqlTable {
  readonly name: string
  readonly #product: MysqlProduct
  readonly #dice: Dice
  readonly #alters: boolean
  readonly #key: (typeof KEYS)[number]
  #columns: readonly RandomColumn[]
  #created = 0

  /** `alters`: whether its statements also change its columns. */
  constructor(name: string, product: MysqlProduct, dice: Dice, { alters }: { readonly alters: boolean }) {
    this.name = name
    this.#alters = alters
    this.#product = product
    this.#dice = dice
    this.#key = dice.pick(KEYS)
    this.#columns = Array.from({ length: 1 + dice.below(6) }, () => this.#newColumn())
  }

  /** Copies every row, of which the server then has generated and invisible columns too. */
  get copy(): string {
    const columns = ['id', 'k', ...this.#columns.map(({ name }) => name)].join(', ')
    return `INSERT INTO copy_${this.name} (${columns}) SELECT ${columns} FROM ${this.name}`
  }

  get create(): string {
    const columns = this.#columns.map(({ name, type }) => `${name} ${type}`)
    const special = this.#dice.chance(0.4) ? [this.#dice.pick(SPECIAL)] : []
    const key = this.#key === '' ? [] : [this.#key]
    return `CREATE TABLE ${this.name} (${['id int NOT NULL', "k varchar(4) NOT NULL DEFAULT ''", ...special, ...columns, ...key].join(', ')})`
  }

  /** One transaction or one statement that changes the table, after settings of the session. */
  change(): RandomStatement {
    if (this.#alters && this.#dice.chance(0.08)) return this.#alter()
    if (this.#dice.chance(0.03)) return { sql: `TRUNCATE TABLE ${this.name}`, step: null }
    const statements = Array.from({ length: 1 + this.#dice.below(4) }, () => this.#rows())
    if (statements.length === 1 && this.#dice.chance(0.5))
      return { sql: `${this.#settings()}; ${statements[0]}`, step: null }
    const body = statements.map((sql) =>
      this.#dice.chance(0.15) ? `SAVEPOINT s; ${sql}; ROLLBACK TO SAVEPOINT s` : sql,
    )
    const end = this.#dice.chance(0.1) ? 'ROLLBACK' : 'COMMIT'
    return { sql: `${this.#settings()}; BEGIN; ${body.join('; ')}; ${end}`, step: null }
  }

  #settings(): string {
    const image = this.#dice.pick(['FULL', 'FULL', 'MINIMAL', 'NOBLOB'])
    // A change of a document can only be applied to an old row that has it. Without one, the stream stops.
    const options = image === 'FULL' ? this.#dice.pick(['', 'PARTIAL_JSON']) : ''
    const flag = this.#dice.pick(['ON', 'OFF'])
    const own =
      this.#product === 'mysql'
        ? `binlog_row_value_options = '${options}', binlog_transaction_compression = ${flag}, binlog_rows_query_log_events = ${this.#dice.pick(['ON', 'OFF'])}`
        : `binlog_annotate_row_events = ${flag}`
    return `SET SESSION binlog_row_image = ${image}, ${own}`
  }

  #alter(): RandomStatement {
    const column = this.#dice.pick(this.#columns)
    if (this.#columns.length > 1 && !this.#isInCatalogueAlone(column) && this.#dice.chance(0.5)) {
      this.#columns = this.#columns.filter((other) => other !== column)
      return { sql: `ALTER TABLE ${this.name} DROP COLUMN ${column.name}`, step: { drop: [column.name] } }
    }
    const added = this.#newColumn()
    this.#columns = [...this.#columns, added]
    const where = this.#dice.pick(['', ' FIRST', ` AFTER ${column.name}`])
    return { sql: `ALTER TABLE ${this.name} ADD COLUMN ${added.name} ${added.type}${where}`, step: { add: added.name } }
  }

  /** MariaDB's log does not tell these types from others. Once such a column is dropped, rows that were not read yet stop the stream. */
  #isInCatalogueAlone({ type }: RandomColumn): boolean {
    return this.#product === 'mariadb' && /^(?:uuid|inet)/u.test(type)
  }

  #newColumn(): RandomColumn {
    const [type, values] = this.#dice.pick(this.#dice.chance(0.15) ? OWN_TYPES[this.#product] : TYPES)
    this.#created++
    return { name: `c${this.#created}`, type, values }
  }

  #rows(): string {
    switch (this.#dice.below(5)) {
      case 0:
        return `DELETE FROM ${this.name} WHERE id % ${2 + this.#dice.below(4)} = ${this.#dice.below(2)}`
      case 1:
        return `UPDATE IGNORE ${this.name} SET ${this.#assignment()} WHERE id < ${this.#dice.below(LARGEST_ID)}`
      case 2:
        return `UPDATE IGNORE ${this.name} SET id = id + ${this.#dice.pick([-3, 5, 100])}, ${this.#assignment()} WHERE id = ${this.#id()}`
      case 3:
        return `${this.#insert('INSERT')} ON DUPLICATE KEY UPDATE ${this.#assignment()}`
      default:
        return this.#insert(this.#dice.pick(['INSERT IGNORE', 'REPLACE']))
    }
  }

  /**
   * REPLACE names every column on MariaDB: with the row images MINIMAL and NOBLOB, it logs a REPLACE as an update without the columns that
   * the statement leaves out, although it sets them to their defaults (seen on 10.11). Its own replicas then differ too.
   */
  #insert(verb: string): string {
    const isWhole = verb === 'REPLACE' && this.#product === 'mariadb'
    const columns = this.#columns.filter(() => isWhole || this.#dice.chance(0.8))
    const row = () =>
      `(${[this.#id(), `'${this.#dice.pick(['', 'a', 'b'])}'`, ...columns.map((each) => this.#value(each))].join(', ')})`
    const rows = Array.from({ length: 1 + this.#dice.below(4) }, row)
    return `${verb} INTO ${this.name} (${['id', 'k', ...columns.map(({ name }) => name)].join(', ')}) VALUES ${rows.join(', ')}`
  }

  #assignment(): string {
    const { name, type, values } = this.#dice.pick(this.#columns)
    // MySQL can log this as a change of the document.
    if (type === 'json' && this.#dice.chance(0.7)) return `${name} = JSON_SET(${name}, '$.a', ${this.#id()})`
    return `${name} = ${this.#value({ values })}`
  }

  #value({ values }: Pick<RandomColumn, 'values'>): string {
    return this.#dice.chance(0.2) ? 'NULL' : this.#dice.pick(values)
  }

  #id(): number {
    return this.#dice.below(LARGEST_ID)
  }
}
