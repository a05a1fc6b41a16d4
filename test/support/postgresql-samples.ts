import fc, { type Arbitrary } from 'fast-check'

const odd = [
  '',
  ' ',
  'a"b\\c',
  "it's",
  '{x,y}',
  'NULL',
  'null',
  '\t\n\r\b\f\u0001\u001f\u007f',
  'größe 表 💡',
  '\u2028',
  'x'.repeat(300),
]
const json = [
  '{"a": 1.0, "a": 2, "b": [null, "\\u00e9\\n💡"]}',
  '[]',
  '123456789012345678901234567890.10',
  '"x"',
  'null',
]
const day = [
  '2024-02-29',
  '0001-01-01',
  '0001-12-31 BC',
  '0044-03-15 BC',
  '4713-12-31 BC',
  '9999-12-31',
  '10000-01-01',
  '12345-06-07',
]
const clock = ['00:00:00', '23:59:59.999999', '12:34:56.7', '24:00:00', '01:02:03.000001']
const moments = [
  ...['infinity', '-infinity', '2024-02-29 12:34:56.123456', '1999-12-31 23:59:59', '0001-01-01 00:00:00 BC'],
  ...['0044-03-15 11:00:00.5 BC', '4713-01-01 00:00:00 BC', '294276-12-31 23:59:59.999999', '10000-01-01 00:00:00.1'],
]
const integers = (low: string, high: string) => ['0', '1', '-1', '42', low, high]
const floats = [
  '0',
  '-0',
  '1',
  '-1.5',
  'NaN',
  'Infinity',
  '-Infinity',
  '1e-7',
  '0.1',
  '123456.789',
  '1e15',
  '1e20',
  '3.4e38',
  '1e-38',
]
const texts = (...values: string[]) => values

/**
 * For each type, values that are likely to be handled wrongly, in the server's input form. The test fails if the server has a type that is
 * not listed.
 */
export const SAMPLES: { readonly [type: string]: readonly string[] } = {
  bool: texts('t', 'f'),
  bytea: texts('\\x', '\\x00', '\\xdeadbeef', `\\x${'ff00'.repeat(500)}`),
  char: texts('', 'a', '"', '\\'),
  name: odd.map((text) => text.slice(0, 20)),
  int8: integers('-9223372036854775808', '9223372036854775807').concat('9007199254740993'),
  int2: integers('-32768', '32767'),
  int4: integers('-2147483648', '2147483647'),
  int2vector: texts('', '1', '1 -2 3'),
  oidvector: texts('', '1 4294967295'),
  text: odd,
  varchar: odd,
  bpchar: odd,
  oid: texts('0', '1', '4294967295'),
  oid8: texts('0', '18446744073709551615'),
  xid: texts('0', '3', '4294967295'),
  cid: texts('0', '4294967295'),
  xid8: texts('0', '18446744073709551615'),
  tid: texts('(0,1)', '(4294967295,65535)'),
  regproc: texts('-', 'now'),
  regprocedure: texts('-', 'abs(integer)'),
  regoper: texts('0', '!!'),
  regoperator: texts('0', '+(integer,integer)'),
  regclass: texts('pg_class', 'information_schema.tables'),
  regcollation: texts('-', '"C"'),
  regtype: texts('-', 'integer', 'timestamp with time zone', 'mood'),
  regrole: texts('-', 'pg_monitor'),
  regnamespace: texts('-', 'public'),
  regconfig: texts('-', 'english'),
  regdictionary: texts('-', 'simple'),
  regdatabase: texts('-', 'postgres'),
  json,
  jsonb: json,
  jsonpath: texts('$', '$."a b"[*] ? (@ > 1)'),
  xml: texts('<a b="1">ü &amp; \n</a>', 'text', ''),
  point: texts('(0,0)', '(1.5,-2e+30)', '(NaN,Infinity)'),
  lseg: texts('[(0,0),(1,1)]'),
  path: texts('((0,0),(1,1))', '[(0,0),(1,1)]'),
  box: texts('(1,1),(0,0)', '(2.5,3),(-1,-1)'),
  polygon: texts('((0,0),(1,1),(2,0))'),
  line: texts('{1,-1,0}'),
  circle: texts('<(0,0),1>'),
  float4: floats,
  float8: [...floats, '1.7976931348623157e308', '5e-324', '0.30000000000000004', '9007199254740993'],
  money: texts('0', '-0.01', '1234567.89', '-92233720368547758.08', '92233720368547758.07', '999'),
  macaddr: texts('08:00:2b:01:02:03'),
  macaddr8: texts('08:00:2b:01:02:03:04:05'),
  inet: texts('127.0.0.1', '10.1.2.3/8', '::1', '2001:db8::/32'),
  cidr: texts('10.0.0.0/8', '2001:db8::/32'),
  aclitem: texts('pg_monitor=r/pg_monitor'),
  date: [...day, 'infinity', '-infinity', '4714-11-24 BC', '5874897-12-31'],
  time: clock,
  timestamp: moments,
  timestamptz: [...moments, '2024-06-01 12:00:00+05:30', '1850-01-01 00:00:00-12:34:56'],
  timetz: clock.flatMap((time) => [`${time}+00`, `${time}-05:30`, `${time}+12:34:56`]),
  interval: texts(
    '0',
    '1 year 2 mons 3 days 04:05:06.789',
    '-1 year -2 mons +3 days -04:05:06.000001',
    '178000000 years',
    '-1 day',
  ),
  bit: texts('0', '1'),
  varbit: texts('', '0', '1', '10'.repeat(100)),
  numeric: [
    ...texts(
      '0',
      '0.00',
      '-0.5',
      'NaN',
      'Infinity',
      '-Infinity',
      '1e-1000',
      '9'.repeat(1000),
      `-${'7'.repeat(500)}.${'3'.repeat(500)}`,
    ),
    ...texts('1.10', '9007199254740993', '1e100'),
  ],
  refcursor: odd,
  uuid: texts('00000000-0000-0000-0000-000000000000', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'),
  pg_lsn: texts('0/0', 'FFFFFFFF/FFFFFFFF', '16/B374D848'),
  tsvector: texts('', "a:1A fat:2 'it''s':3", 'ü:1'),
  tsquery: texts('', "a & (b | !'c d') <-> e:*A"),
  txid_snapshot: texts('10:20:10,14,15'),
  pg_snapshot: texts('10:20:10,14,15'),
  int4range: texts('empty', '[1,5)', '(,)', '[3,)'),
  numrange: texts('empty', '[1.10,5]', '(,7)'),
  tsrange: texts(
    'empty',
    '["2024-01-01 00:00:00","0044-03-15 00:00:00 BC"]'.replace('2024', '0045').replace('00:00:00"', '00:00:00 BC"'),
    '[,infinity]',
  ),
  tstzrange: texts('empty', '["2024-01-01 00:00:00+02",)'),
  daterange: texts('empty', '[2024-01-01,12345-01-01)'),
  int8range: texts('empty', '[-9223372036854775808,9223372036854775807)'),
  int4multirange: texts('{}', '{[1,5),[7,9)}'),
  nummultirange: texts('{}', '{[1.10,5],(6,)}'),
  tsmultirange: texts('{}', '{["2024-01-01 00:00:00","2024-01-02 00:00:00"]}'),
  tstzmultirange: texts('{}', '{["2024-01-01 00:00:00+02",)}'),
  datemultirange: texts('{}', '{[2024-01-01,2024-02-01)}'),
  int8multirange: texts('{}', '{[1,9223372036854775807)}'),
  cardinal_number: texts('0', '2147483647'),
  character_data: odd,
  sql_identifier: texts('a', 'ü"'),
  time_stamp: texts('2024-02-29 12:34:56.12+00', '0044-03-15 11:00:00 BC'),
  yes_or_no: texts('YES', 'NO'),
  mood: texts('sad', 'so "so"', 'größe, {x}', ''),
  pair: texts('(1,x)', '(,"a ""b"" \\\\ , ()")', '(,)', '(3,"")'),
  textrange: texts('empty', '["a ""b"",",ü)', '(,)'),
  textmultirange: texts('{}', '{["a,b",c],[d,e]}'),
  positive: texts('1', '9223372036854775807'),
  more_positive: texts('2', '9007199254740993'),
  numbers: texts('{}', '{1,NULL,-3}', '{{1,2},{3,4}}', '[2:3]={5,6}'),
  moment: moments,
}

/** Types without an input form, each with an expression that returns a value, if there is one. */
export const NO_INPUT: { readonly [type: string]: string } = {
  pg_node_tree: 'ev_action FROM pg_rewrite',
  pg_ndistinct: 'NULL::pg_ndistinct',
  pg_dependencies: 'NULL::pg_dependencies',
  pg_mcv_list: 'NULL::pg_mcv_list',
  pg_brin_bloom_summary: 'NULL::pg_brin_bloom_summary',
  pg_brin_minmax_multi_summary: 'NULL::pg_brin_minmax_multi_summary',
  gtsvector: 'NULL::gtsvector',
}

const utf8 = fc.string({ unit: 'binary', maxLength: 40 }).map((text) => text.replaceAll('\0', ''))
const whole = (low: bigint, high: bigint) => fc.bigInt({ min: low, max: high }).map(String)
const digits = (least: number, most: number) => fc.stringMatching(new RegExp(`^[0-9]{${least},${most}}$`))
const pad = (value: number, length: number) => String(value).padStart(length, '0')
const dayOf = (lastYear: number) =>
  fc
    .tuple(fc.integer({ min: -4712, max: lastYear }), fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 28 }))
    .map(([year, month, date]) => ({
      text: `${pad(year > 0 ? year : 1 - year, 4)}-${pad(month, 2)}-${pad(date, 2)}`,
      era: year > 0 ? '' : ' BC',
    }))
const clockOf = fc
  .tuple(fc.integer({ min: 0, max: 86_399 }), fc.integer({ min: 0, max: 999_999 }))
  .map(
    ([s, micros]) =>
      `${pad(Math.floor(s / 3600), 2)}:${pad(Math.floor(s / 60) % 60, 2)}:${pad(s % 60, 2)}.${pad(micros, 6)}`,
  )
const moment = fc.tuple(dayOf(294_275), clockOf).map(([{ text, era }, time]) => `${text} ${time}${era}`)
const float = fc.double().map(String)
const value = fc.oneof(fc.constant('NULL'), fc.bigInt({ min: -(2n ** 31n), max: 2n ** 31n - 1n }).map(String))

/** Generators of more values for some types. */
export const GENERATED: { readonly [type: string]: Arbitrary<string> } = {
  bytea: fc.uint8Array({ maxLength: 80 }).map((bytes) => `\\x${Buffer.from(bytes).toString('hex')}`),
  text: utf8,
  varchar: utf8,
  bpchar: utf8,
  mood: fc.constantFrom('sad', 'so "so"', 'größe, {x}', ''),
  int8: whole(-(2n ** 63n), 2n ** 63n - 1n),
  int4: whole(-(2n ** 31n), 2n ** 31n - 1n),
  positive: whole(1n, 2n ** 63n - 1n),
  oid8: whole(0n, 2n ** 64n - 1n),
  xid8: whole(0n, 2n ** 64n - 1n),
  float8: float,
  float4: fc.float().map((number) => (Number.isFinite(number) ? number.toPrecision(9) : String(number))),
  numeric: fc
    .tuple(fc.constantFrom('', '-'), digits(1, 300), digits(0, 300))
    .map(([sign, a, b]) => `${sign}${a}${b === '' ? '' : `.${b}`}`),
  money: whole(-(2n ** 63n) / 100n + 1n, (2n ** 63n - 1n) / 100n - 1n).map((text) => `${text}.37`),
  date: dayOf(5_874_896).map(({ text, era }) => text + era),
  time: clockOf,
  timestamp: moment,
  timestamptz: moment,
  moment,
  timetz: fc
    .tuple(clockOf, fc.integer({ min: -15, max: 15 }))
    .map(([time, hour]) => `${time}${hour < 0 ? '-' : '+'}${pad(Math.abs(hour), 2)}:45`),
  interval: fc
    .tuple(
      fc.integer({ min: -99_999, max: 99_999 }),
      fc.integer({ min: -9999, max: 9999 }),
      fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
    )
    .map(([months, days, micros]) => `${months} mons ${days} days ${micros} microseconds`),
  varbit: fc.stringMatching(/^[01]{0,70}$/),
  uuid: fc.uuid(),
  jsonb: fc.jsonValue().map((json) => JSON.stringify(json).replaceAll('\\u0000', '')),
  json: fc.json().map((text) => text.replaceAll('\\u0000', '')),
  pair: fc.tuple(value, utf8).map(([a, b]) => `(${a === 'NULL' ? '' : a},"${b.replaceAll(/["\\]/g, '\\$&')}")`),
  numbers: fc.array(value, { minLength: 1 }).map((items) => `{${items.join(',')}}`),
  textrange: utf8.map((text) => `["${text.replaceAll(/["\\]/g, '\\$&')}",)`),
  int8range: fc.tuple(fc.integer(), fc.nat()).map(([low, length]) => `[${low},${low + length + 1})`),
}
