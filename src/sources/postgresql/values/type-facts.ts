import { builtInTypeOid } from './built-in-type.ts'

/** What a type is made of. Only its name can change while the type exists. */
export interface TypeFacts {
  readonly name: string
  readonly kind: 'base' | 'domain' | 'array'
  /** The base type of a domain, or the element type of an array; 0: none. */
  readonly of: number
  /** For a domain: the modifier of its base type, unsigned. */
  readonly modifier: number
  /** For an array: the delimiter between its elements. */
  readonly delimiter: number
}

/** The requested types and all that they are made of. */
export const TYPES_SQL = `
WITH RECURSIVE wanted (oid) AS (
  SELECT pg_catalog.unnest($1::pg_catalog.oid[])
  UNION
  SELECT part FROM wanted JOIN pg_catalog.pg_type USING (oid), pg_catalog.unnest(ARRAY[typbasetype, typelem]) AS part
)
SELECT t.oid, t.typname AS name, n.nspname AS schema, t.typtype AS kind, t.typbasetype AS base, t.typtypmod AS modifier,
       t.typelem AS element, e.typarray = t.oid AS is_array, pg_catalog.ascii(e.typdelim::pg_catalog.text) AS delimiter
FROM wanted JOIN pg_catalog.pg_type t USING (oid)
JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
LEFT JOIN pg_catalog.pg_type e ON e.oid = t.typelem`

export function typeFacts(row: { readonly [column: string]: string | null }): TypeFacts {
  const [schema, name] = [row['schema'] ?? '', row['name'] ?? '']
  const kind = kindOf(row)
  return {
    name: schema === 'pg_catalog' ? name : `${schema}.${name}`,
    kind,
    of: kind === 'base' ? 0 : Number(kind === 'domain' ? row['base'] : row['element']),
    modifier: Number(row['modifier'] ?? -1) >>> 0,
    delimiter: Number(row['delimiter'] ?? 0x2c),
  }
}

function kindOf(row: { readonly [column: string]: string | null }): TypeFacts['kind'] {
  if (row['kind'] === 'd') return 'domain'
  return row['is_array'] === 't' || row['is_array'] === 'true' ? 'array' : 'base'
}

/**
 * What the log itself contains about a type, in a message before the relation: for a domain its base type, for any other type its own name.
 * undefined: the type can be an array, and the log does not contain its element type.
 */
export function typeFactsOfLog(schema: string, name: string): TypeFacts | undefined {
  const about = { modifier: 0xffff_ffff, delimiter: 0x2c }
  if (schema !== 'pg_catalog') {
    return name.startsWith('_') ? undefined : { name: `${schema}.${name}`, kind: 'base', of: 0, ...about }
  }
  const of = builtInTypeOid(name)
  return of === null ? { name, kind: 'base', of: 0, ...about } : { name, kind: 'domain', of, ...about }
}
