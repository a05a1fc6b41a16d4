import type { JsonWriter } from '../../../model/table.ts'
import { writeText } from '../../../values/json-text.ts'
import { writeFloat, writeInteger } from '../../../values/number.ts'
import { arrayWriter } from './array-value.ts'
import { type ModeForms, remembered, type TypeForm } from './mode-form.ts'
import { writeBoolean, writeCharByte, writeMoney } from './scalar-value.ts'

/** How values of a type are written, and the type's name in the database. */
export interface ColumnType extends TypeForm {
  readonly name: string
}

/**
 * Types that are not written as the server's text in a JSON string, in addition to those of `ModeForms`. All other types are written so:
 * see `docs/sources/postgresql.md`.
 */
const WRITERS: { readonly [type: string]: JsonWriter } = {
  bool: writeBoolean,
  char: writeCharByte,
  int8: writeInteger,
  int2: writeInteger,
  int4: writeInteger,
  oid: writeInteger,
  oid8: writeInteger,
  xid8: writeInteger,
  xid: writeInteger,
  cid: writeInteger,
  float4: writeFloat,
  float8: writeFloat,
  money: writeMoney,
}

/** From pg_type of PostgreSQL 19: OID, name, OID of its array type. These numbers never change. */
const BASE_TYPES: readonly (readonly [oid: number, name: string, arrayOid: number])[] = [
  [16, 'bool', 1000],
  [17, 'bytea', 1001],
  [18, 'char', 1002],
  [19, 'name', 1003],
  [20, 'int8', 1016],
  [21, 'int2', 1005],
  [22, 'int2vector', 1006],
  [23, 'int4', 1007],
  [24, 'regproc', 1008],
  [25, 'text', 1009],
  [26, 'oid', 1028],
  [27, 'tid', 1010],
  [28, 'xid', 1011],
  [29, 'cid', 1012],
  [30, 'oidvector', 1013],
  [114, 'json', 199],
  [142, 'xml', 143],
  [600, 'point', 1017],
  [601, 'lseg', 1018],
  [602, 'path', 1019],
  [603, 'box', 1020],
  [604, 'polygon', 1027],
  [628, 'line', 629],
  [650, 'cidr', 651],
  [700, 'float4', 1021],
  [701, 'float8', 1022],
  [718, 'circle', 719],
  [774, 'macaddr8', 775],
  [790, 'money', 791],
  [829, 'macaddr', 1040],
  [869, 'inet', 1041],
  [1033, 'aclitem', 1034],
  [1042, 'bpchar', 1014],
  [1043, 'varchar', 1015],
  [1082, 'date', 1182],
  [1083, 'time', 1183],
  [1114, 'timestamp', 1115],
  [1184, 'timestamptz', 1185],
  [1186, 'interval', 1187],
  [1266, 'timetz', 1270],
  [1560, 'bit', 1561],
  [1562, 'varbit', 1563],
  [1700, 'numeric', 1231],
  [1790, 'refcursor', 2201],
  [2202, 'regprocedure', 2207],
  [2203, 'regoper', 2208],
  [2204, 'regoperator', 2209],
  [2205, 'regclass', 2210],
  [2206, 'regtype', 2211],
  [2950, 'uuid', 2951],
  [2970, 'txid_snapshot', 2949],
  [3220, 'pg_lsn', 3221],
  [3614, 'tsvector', 3643],
  [3615, 'tsquery', 3645],
  [3642, 'gtsvector', 3644],
  [3734, 'regconfig', 3735],
  [3769, 'regdictionary', 3770],
  [3802, 'jsonb', 3807],
  [3904, 'int4range', 3905],
  [3906, 'numrange', 3907],
  [3908, 'tsrange', 3909],
  [3910, 'tstzrange', 3911],
  [3912, 'daterange', 3913],
  [3926, 'int8range', 3927],
  [4072, 'jsonpath', 4073],
  [4089, 'regnamespace', 4090],
  [4096, 'regrole', 4097],
  [4191, 'regcollation', 4192],
  [4451, 'int4multirange', 6150],
  [4532, 'nummultirange', 6151],
  [4533, 'tsmultirange', 6152],
  [4534, 'tstzmultirange', 6153],
  [4535, 'datemultirange', 6155],
  [4536, 'int8multirange', 6157],
  [5038, 'pg_snapshot', 5039],
  [5069, 'xid8', 271],
  [6437, 'oid8', 6442],
  [6490, 'regdatabase', 6491],
]

const SEMICOLON = 0x3b

/** The types that every server has, and their array types, by OID. */
export function builtInTypes(forms: ModeForms): Map<number, ColumnType> {
  const types = new Map<number, ColumnType>()
  const formOf: Readonly<Record<string, TypeForm>> = { ...forms }
  for (const [oid, name, arrayOid] of BASE_TYPES) {
    const type = { name, ...(formOf[name] ?? { write: WRITERS[name] ?? writeText }) }
    types.set(oid, type)
    types.set(arrayOid, arrayOf(type, name === 'box' ? SEMICOLON : undefined))
  }
  return types
}

/** Looks up a name as in pg_type, where an array type's name begins with `_`; null: not every server has the type. */
export function builtInTypeOid(name: string): number | null {
  for (const [oid, base, arrayOid] of BASE_TYPES) {
    if (base === name) return oid
    if (`_${base}` === name) return arrayOid
  }
  return null
}

export function arrayOf(element: ColumnType, delimiter?: number): ColumnType {
  const { name, write, modified, unavailable } = element
  return {
    name: `${name}[]`,
    write: arrayWriter(write, delimiter),
    ...(modified === undefined
      ? {}
      : { modified: remembered((modifier) => arrayWriter(modified(modifier), delimiter)) }),
    ...(unavailable === undefined ? {} : { unavailable: Buffer.from(`[${unavailable.toString('utf8')}]`) }),
  }
}
