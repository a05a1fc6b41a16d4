import type { PostgresqlModes } from '../../src/sources/postgresql/values/postgresql-modes.ts'

/** Our name for the Debezium option that decides how the values of a type are written. */
export type ModeOption = Exclude<keyof PostgresqlModes, 'decimalHandlingMode'>

interface TypeValues {
  readonly type: string
  readonly option: ModeOption
  /** In the server's input form. */
  readonly values: readonly string[]
  /** The values that are also used as keys of a table. */
  readonly keys?: readonly string[]
}

export type DebeziumModes = Pick<PostgresqlModes, ModeOption>

/** In each run of Debezium every option has one mode. Together the runs cover all modes. */
export const DEBEZIUM_RUNS: readonly DebeziumModes[] = [
  modes('adaptive', 'numeric', 'bytes', 'json'),
  modes('adaptive_time_microseconds', 'string', 'base64', 'map'),
  modes('connect', 'numeric', 'base64-url-safe', 'json'),
  modes('isostring', 'string', 'hex', 'map'),
  modes('microseconds', 'numeric', 'bytes', 'json'),
  modes('nanoseconds', 'string', 'base64', 'map'),
]

function modes(
  timePrecisionMode: PostgresqlModes['timePrecisionMode'],
  intervalHandlingMode: PostgresqlModes['intervalHandlingMode'],
  binaryHandlingMode: PostgresqlModes['binaryHandlingMode'],
  hstoreHandlingMode: PostgresqlModes['hstoreHandlingMode'],
): DebeziumModes {
  return { timePrecisionMode, intervalHandlingMode, binaryHandlingMode, hstoreHandlingMode }
}

const DATES = [
  ...['1970-01-01', '1969-12-31', '2024-02-29', '1900-03-01', '1582-10-15', '1582-10-14', '1582-10-04', '1000-02-28'],
  ...['0001-01-01', '0001-12-31 BC', '0044-03-15 BC', '4713-01-01 BC', '9999-12-31', '10000-01-01', '12345-06-07'],
  ...['294276-12-31', '5874897-12-31', 'infinity', '-infinity'],
]
const CLOCKS = [
  ...['00:00:00', '00:00:00.000001', '12:34:56', '12:34:56.7', '12:34:56.789', '12:34:56.7891', '12:34:56.789999'],
  ...['12:34:00', '23:59:59.999', '23:59:59.999999', '24:00:00', '01:02:03.000456'],
]
const MOMENTS = [
  ...['1970-01-01 00:00:00', '1969-12-31 23:59:59.999999', '2024-02-29 12:34:56.123456', '2024-02-29 12:34:56.789'],
  ...['2024-02-29 12:34:00', '1900-01-01 00:00:00.5', '1582-10-10 12:00:00', '1582-10-04 23:59:59.999999'],
  ...['0001-01-01 00:00:00', '0001-12-31 23:59:59.5 BC', '0044-03-15 11:00:00 BC', '4713-01-01 00:00:00 BC'],
  ...['2262-04-11 23:47:16.854775', '2262-04-11 23:47:16.854776', '1677-09-21 00:12:43.145225'],
  ...['1677-09-21 00:12:43.145224', '9999-12-31 23:59:59.999999', '10000-01-01 00:00:00.1', '12345-06-07 08:09:10'],
  ...['294276-12-31 23:59:59.999999', 'infinity', '-infinity'],
]
const ZONED = MOMENTS.flatMap((text) => (text.includes('infinity') || text.endsWith('BC') ? [text] : [`${text}+00`]))
const ZONED_CLOCKS = [
  ...CLOCKS.map((clock) => `${clock}+00`),
  ...['12:34:56.7-05:30', '23:00:00-12', '24:00:00-01', '00:30:00+02'],
]
const INTERVALS = [
  ...['0', '1 year 2 mons 3 days 04:05:06.789', '-1 year -2 mons +3 days -04:05:06.000001', '1 mon', '-1 mon', '1 day'],
  ...['-1 day', '25:00:00', '0.000001 s', '-0.000001 s', '1.5 s', '-1.5 s', '10 s', '100 s', '1 year', '14 mons'],
  ...['-14 mons', '1 mon -1 day', '1 day -1 s', '-1 day 1 s', '1 year -1 mon', '1000000:00:00', '178000000 years'],
  ...[
    '-178000000 years',
    '2147483647 days',
    '300 years 1.000001 s',
    '12000000 days 1.000001 s',
    '59.999999 s',
    '1 min -1 s',
    '1 hour -1 min',
    '24855 days 03:14:07',
  ],
]
const BYTES = [
  ...['\\x', '\\x00', '\\xff', '\\xfffe', '\\xfbffbf', '\\xdeadbeef', '\\x3e3f', '\\x3e3f3e'],
  `\\x${'00ff3e'.repeat(40)}`,
]
const HSTORES = ['', 'a=>1', 'a=>NULL', '"a b"=>"c\\"d\\\\e", "ü"=>"NULL"', 'b=>2,a=>1,aa=>3', '"=>"=>"\n\t"']

function time(type: string, values: readonly string[], keys: readonly string[] = []): TypeValues {
  return { type, option: 'timePrecisionMode', values, keys }
}

function arrayOf(values: readonly string[]): string[] {
  const quoted = values.map((value) => `"${value.replaceAll(/["\\]/g, '\\$&')}"`)
  return ['{}', `{${quoted.slice(0, 4).join(',')},NULL}`, `{${quoted.slice(-1).join(',')}}`]
}

/** Types and values that we are likely to write differently. */
const DEBEZIUM_VALUES: readonly TypeValues[] = [
  time('date', DATES, DATES),
  time('time', CLOCKS, CLOCKS),
  time('time(0)', CLOCKS),
  time('time(3)', CLOCKS, CLOCKS),
  time('time(4)', CLOCKS),
  time('time(6)', CLOCKS),
  time('timestamp', MOMENTS, MOMENTS.slice(0, 6)),
  time('timestamp(0)', MOMENTS),
  time('timestamp(3)', MOMENTS, MOMENTS.slice(0, 6)),
  time('timestamp(4)', MOMENTS),
  time('timestamp(6)', MOMENTS),
  time('timestamptz', ZONED, ZONED),
  time('timestamptz(0)', ZONED),
  time('timestamptz(3)', ZONED),
  time('timetz', ZONED_CLOCKS, ZONED_CLOCKS),
  time('timetz(0)', ZONED_CLOCKS),
  time('timetz(3)', ZONED_CLOCKS),
  time('day', DATES.slice(0, 3)),
  time('clock', CLOCKS),
  time('clock3', CLOCKS, CLOCKS),
  time('moment', MOMENTS.slice(0, 6)),
  time('moment3', MOMENTS.slice(0, 6), MOMENTS.slice(0, 6)),
  time('later_moment3', MOMENTS.slice(0, 6)),
  time('zoned', ZONED.slice(0, 6)),
  time('zoned3', ZONED.slice(0, 6)),
  time('zoned_clock', ZONED_CLOCKS.slice(0, 6)),
  time('date[]', arrayOf(DATES)),
  time('time[]', arrayOf(CLOCKS)),
  time('time(3)[]', arrayOf(CLOCKS)),
  time('timestamp[]', arrayOf(MOMENTS)),
  time('timestamp(3)[]', arrayOf(MOMENTS)),
  time('timestamptz[]', arrayOf(ZONED)),
  time('timestamptz(3)[]', arrayOf(ZONED)),
  time('timetz[]', arrayOf(ZONED_CLOCKS)),
  time('day[]', arrayOf(DATES)),
  time('moment3[]', arrayOf(MOMENTS)),
  time('moments', arrayOf(MOMENTS)),
  time('moments3', arrayOf(MOMENTS)),
  { type: 'interval', option: 'intervalHandlingMode', values: INTERVALS, keys: INTERVALS },
  { type: 'interval(0)', option: 'intervalHandlingMode', values: INTERVALS },
  { type: 'interval', option: 'intervalHandlingMode', values: ['infinity', '-infinity'] },
  { type: 'interval year to month', option: 'intervalHandlingMode', values: ['14 mons', '0', '-1 year'] },
  { type: 'span', option: 'intervalHandlingMode', values: INTERVALS.slice(0, 6) },
  { type: 'interval[]', option: 'intervalHandlingMode', values: arrayOf(INTERVALS) },
  { type: 'bytea', option: 'binaryHandlingMode', values: BYTES, keys: BYTES },
  { type: 'blob', option: 'binaryHandlingMode', values: BYTES },
  { type: 'bytea[]', option: 'binaryHandlingMode', values: arrayOf(BYTES) },
  { type: 'hstore', option: 'hstoreHandlingMode', values: HSTORES },
  { type: 'hstore[]', option: 'hstoreHandlingMode', values: arrayOf(HSTORES.slice(0, 3)) },
]

const OWN_TYPES = `
  CREATE EXTENSION hstore;
  CREATE DOMAIN day AS date; CREATE DOMAIN clock AS time; CREATE DOMAIN clock3 AS time(3); CREATE DOMAIN moment AS timestamp;
  CREATE DOMAIN moment3 AS timestamp(3); CREATE DOMAIN later_moment3 AS moment3 CHECK (VALUE > '-infinity');
  CREATE DOMAIN zoned AS timestamptz; CREATE DOMAIN zoned3 AS timestamptz(3); CREATE DOMAIN zoned_clock AS timetz; CREATE DOMAIN moments AS timestamp[]; CREATE DOMAIN moments3 AS timestamp(3)[];
  CREATE DOMAIN span AS interval; CREATE DOMAIN blob AS bytea`

/** Values so long that they are omitted from the log if an update does not change them. */
const LONG_VALUES: readonly (TypeValues & { readonly long: string })[] = [
  long('bytea', 'binaryHandlingMode', `decode(repeat('00', 9000), 'hex')`),
  long('blob', 'binaryHandlingMode', `decode(repeat('00', 9000), 'hex')`),
  long('bytea[]', 'binaryHandlingMode', `ARRAY[decode(repeat('00', 9000), 'hex')]`),
  long('date[]', 'timePrecisionMode', `array_fill('2024-02-29'::date, ARRAY[3000])`),
  long('timestamp[]', 'timePrecisionMode', `array_fill('2024-02-29'::timestamp, ARRAY[3000])`),
  long('timestamptz[]', 'timePrecisionMode', `array_fill('2024-02-29 00:00+00'::timestamptz, ARRAY[3000])`),
  long('time[]', 'timePrecisionMode', `array_fill('12:34'::time, ARRAY[3000])`),
  long('interval[]', 'intervalHandlingMode', `array_fill('1 day'::interval, ARRAY[3000])`),
  long('hstore', 'hstoreHandlingMode', `hstore('a', repeat('x', 9000))`),
]

function long(type: string, option: ModeOption, expression: string) {
  return { type, option, values: [], long: expression }
}

const DEBEZIUM_KEYS = DEBEZIUM_VALUES.filter(({ keys = [] }) => keys.length > 0)

/** Tables `v_N` with the values and a NULL, `k_N` with the values as the key, `long_N`, and `the_end`. */
export function debeziumTables(): string {
  return [
    OWN_TYPES,
    ...DEBEZIUM_VALUES.map(({ type }, i) => `CREATE TABLE v_${i} (id int PRIMARY KEY, v ${type})`),
    ...DEBEZIUM_KEYS.map(({ type }, i) => `CREATE TABLE k_${i} (v ${type} PRIMARY KEY, n int)`),
    ...LONG_VALUES.map(
      ({ type }, i) =>
        `CREATE TABLE long_${i} (id int PRIMARY KEY, n int, v ${type}); ALTER TABLE long_${i} ALTER v SET STORAGE EXTERNAL`,
    ),
    'CREATE TABLE the_end (id int PRIMARY KEY)',
  ].join(';')
}

/** Fills the tables. The row of value i has the id i, and the NULL comes last. */
export function debeziumChanges(): readonly { readonly sql: string; readonly params: readonly string[][] }[] {
  return [
    ...DEBEZIUM_VALUES.map(({ type, values }, i) => ({
      sql: `INSERT INTO v_${i} SELECT (i - 1)::int, v::${type} FROM unnest($1::text[]) WITH ORDINALITY AS t (v, i) UNION ALL SELECT -1, NULL`,
      params: [[...values]],
    })),
    ...DEBEZIUM_KEYS.flatMap(({ type, keys = [] }, i) => [
      {
        sql: `INSERT INTO k_${i} SELECT v::${type}, max(i) - 1 FROM unnest($1::text[]) WITH ORDINALITY AS t (v, i) GROUP BY 1`,
        params: [[...keys]],
      },
      { sql: `DELETE FROM k_${i}`, params: [] },
    ]),
    ...LONG_VALUES.flatMap(({ long: value }, i) => [
      { sql: `INSERT INTO long_${i} VALUES (1, 0, ${value})`, params: [] },
      { sql: `UPDATE long_${i} SET n = 1`, params: [] },
    ]),
    { sql: 'INSERT INTO the_end VALUES (1)', params: [] },
  ]
}

/** A value in the tables, and the message that contains it in the column `v`. */
export interface RecordedValue {
  readonly type: string
  readonly option: ModeOption
  /** null: NULL. For a value that is not in the log, nothing is stated. */
  readonly value: string | null
  readonly table: string
  readonly op: 'c' | 'u'
  /** The column that identifies the row, and the row's value in it. */
  readonly at: readonly [column: string, holds: bigint]
}

/** The lists in the fixture, in the same order. */
export const RECORDED = {
  values: DEBEZIUM_VALUES.flatMap(({ type, option, values }, i) =>
    [...values, null].map((value, n): RecordedValue => {
      const at = ['id', BigInt(value === null ? -1 : n)] as const
      return { type, option, value, table: `v_${i}`, op: 'c', at }
    }),
  ),
  keys: DEBEZIUM_KEYS.flatMap(({ type, option, keys = [] }, i) =>
    keys.map((value, n): RecordedValue => ({ type, option, value, table: `k_${i}`, op: 'c', at: ['n', BigInt(n)] })),
  ),
  unavailable: LONG_VALUES.map(
    ({ type, option }, i): RecordedValue => ({
      type,
      option,
      value: null,
      table: `long_${i}`,
      op: 'u',
      at: ['id', 1n],
    }),
  ),
} as const

export type RecordedList = keyof typeof RECORDED
