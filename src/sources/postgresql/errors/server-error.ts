/**
 * What an ErrorResponse of the server tells us that may be repeated. Its detail, hint and context are left out: they can hold row values.
 * Only where a role was to be changed the detail is taken.
 */
export interface ServerError {
  readonly sqlstate: string
  readonly severity: string
  /** The server's own words; null where they may hold a row's value. */
  readonly message: string | null
  /** The function of the server that raised it. */
  readonly routine: string | null
  /** The table, column, type or constraint that the server names. */
  readonly object?: string | null
  /** The function of the database's owner in which it was raised; '' where it has no name. */
  readonly inFunction?: string | null
  /** Of a stream: the position of the change in the log at which it ended. */
  readonly at?: string | null
  /** Of a stream: how much memory the server was about to take for a value or a row, in bytes, where it refused to. */
  readonly neededBytes?: number | null
}

/**
 * Classes whose messages hold names and settings, never values: connection, features, transaction state, prepared statements, authorization,
 * catalog and schema names, syntax and access rules, resources, state of objects, intervention, system, configuration files. A row filter or a
 * cast can put a value into the others.
 */
const SAFE_CLASS = /^(08|0A|25|26|28|3D|3F|42|53|55|57|58|F0)/
/** Where the server itself cancels a statement or checks a privilege: names and settings alone, whatever the statement was in. */
const SAFE_FILES: readonly unknown[] = ['postgres.c', 'aclchk.c']

/** Of RDS Proxy, which names what it does not support. */
const OF_A_POOLER = /^Feature not supported: RDS Proxy currently doesn.t support [\w -]+\.?$/u

interface WireFields {
  readonly code: unknown
  readonly severity: unknown
  readonly message: unknown
  readonly detail: unknown
  readonly routine: unknown
  /** The server's source file. */
  readonly file: unknown
  readonly schema: unknown
  readonly table: unknown
  readonly column: unknown
  readonly dataType: unknown
  readonly constraint: unknown
  /** In what it happened: a function, a trigger, a statement of theirs. */
  readonly where: unknown
}

/** A function or trigger can raise any words under any code, and puts itself into the context. */
function wordsAreSafe(sqlstate: string, { file, where }: Pick<WireFields, 'file' | 'where'>, message: string): boolean {
  if (OF_A_POOLER.test(message)) return true
  return SAFE_CLASS.test(sqlstate) && (where === undefined || where === null || SAFE_FILES.includes(file))
}

/** The server's error inside whatever the driver threw; null when it is none. */
export function serverErrorOf(thrown: unknown): ServerError | null {
  if (typeof thrown !== 'object' || thrown === null || !('code' in thrown) || !('severity' in thrown)) return null
  const fields = fieldsOf(thrown)
  const { code, severity, message, routine } = fields
  if (typeof code !== 'string' || !/^[0-9A-Z]{5}$/.test(code) || typeof severity !== 'string') return null
  return {
    sqlstate: code,
    severity,
    message: typeof message === 'string' && wordsAreSafe(code, fields, message) ? withReason(message, fields) : null,
    routine: typeof routine === 'string' ? routine : null,
    object: objectNamed(fields),
    inFunction: functionNamed(fields),
  }
}

/** What the server names in separate fields, besides the text. */
function objectNamed(
  fields: Pick<WireFields, 'schema' | 'table' | 'column' | 'dataType' | 'constraint'>,
): string | null {
  const { schema, table, column, dataType, constraint } = fields
  const named = (name: unknown): name is string => typeof name === 'string' && name !== ''
  const within = named(schema) ? `${schema}.` : ''
  if (named(table)) {
    const parts = [named(column) ? `, column ${column}` : '', named(constraint) ? `, constraint ${constraint}` : '']
    return `the table ${within}${table}${parts.join('')}`
  }
  return named(dataType) ? `the type ${within}${dataType}` : null
}

const OF_LANGUAGES = /^(pl_|plpy_|plperl|pltcl)/

/** The languages of functions have the same names in every language that a server speaks. */
function functionNamed({ file, where }: Pick<WireFields, 'file' | 'where'>): string | null {
  const context = typeof where === 'string' ? where : ''
  const line = context.split('\n').find((each) => each.includes('PL/'))
  if (line === undefined) return typeof file === 'string' && OF_LANGUAGES.test(file) ? '' : null
  return /\S+\([^)]*\)/.exec(line)?.[0] ?? /"([^"]+)"/.exec(line)?.[1] ?? ''
}

/** From 16 on a refused change of a role gives its reason, an attribute and a role, in the detail alone. */
function withReason(message: string, { file, where, detail }: WireFields): string {
  const own = file === 'user.c' && (where === undefined || where === null)
  return own && typeof detail === 'string' ? `${message}: ${detail}` : message
}

/** An Error's message is not enumerable, so each field is asked for by name. */
function fieldsOf(thrown: object): WireFields {
  return {
    code: Reflect.get(thrown, 'code'),
    severity: Reflect.get(thrown, 'severity'),
    message: Reflect.get(thrown, 'message'),
    detail: Reflect.get(thrown, 'detail'),
    routine: Reflect.get(thrown, 'routine'),
    file: Reflect.get(thrown, 'file'),
    where: Reflect.get(thrown, 'where'),
    schema: Reflect.get(thrown, 'schema'),
    table: Reflect.get(thrown, 'table'),
    column: Reflect.get(thrown, 'column'),
    dataType: Reflect.get(thrown, 'dataType'),
    constraint: Reflect.get(thrown, 'constraint'),
  }
}

/**
 * The fields of an ErrorResponse or NoticeResponse on the stream, where hardly a function runs and the context names our slot: a byte for the
 * kind, text up to a zero; a zero byte ends them.
 */
export function parseErrorFields(body: Buffer): ServerError {
  const fields = new Map<string, string>()
  let at = 0
  while (at < body.length && body[at] !== 0) {
    const kind = String.fromCharCode(body[at] ?? 0)
    const end = body.indexOf(0, at + 1)
    if (end === -1) break
    fields.set(kind, body.toString('utf8', at + 1, end))
    at = end + 1
  }
  const sqlstate = fields.get('C') ?? 'XX000'
  const inFunction = functionNamed({ file: fields.get('F'), where: fields.get('W') })
  const [schema, table, column] = [fields.get('s'), fields.get('t'), fields.get('c')]
  return {
    sqlstate,
    neededBytes: neededBytes(sqlstate, fields),
    severity: fields.get('V') ?? fields.get('S') ?? 'ERROR',
    message: inFunction === null && SAFE_CLASS.test(sqlstate) ? (fields.get('M') ?? null) : null,
    routine: fields.get('R') ?? null,
    object: objectNamed({ schema, table, column, dataType: fields.get('d'), constraint: fields.get('n') }),
    inFunction,
    at: /([0-9A-F]+\/[0-9A-F]+)[^/]*$/.exec(fields.get('W') ?? '')?.[1] ?? null,
  }
}

/**
 * Numbers alone: of `invalid memory alloc request size N`, which is never translated, and of the detail of `enlargeStringInfo`, which has
 * the bytes that the message has already and those that were to be added.
 */
function neededBytes(sqlstate: string, fields: ReadonlyMap<string, string>): number | null {
  const alloc = /^invalid memory alloc request size (\d+)$/.exec(fields.get('M') ?? '')
  if (sqlstate === 'XX000' && alloc !== null) return Number(alloc[1])
  const [filled, more] = (fields.get('D') ?? '').match(/\d+/gu) ?? []
  if (sqlstate !== '54000' || fields.get('R') !== 'enlargeStringInfo') return null
  return Number(filled ?? 0) + Number(more ?? 0)
}

/** The server's error as one sentence for people. */
export function sayServerError(error: ServerError): string {
  const words = error.message ?? `an error whose message may contain data, so see the server's log`
  return `${error.severity} ${error.sqlstate}: ${words}`
}
