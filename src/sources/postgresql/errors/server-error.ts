/**
 * The part of a server's ErrorResponse that can be shown. Its detail, hint and context are left out, since they can contain row values. The
 * detail is used only if a change of a role was refused.
 */
export interface ServerError {
  readonly sqlstate: string
  readonly severity: string
  /** The server's message; null if it may contain a row's value. */
  readonly message: string | null
  /** The server's C function that raised it. */
  readonly routine: string | null
  /** The table, column, type or constraint that the server names. */
  readonly object?: string | null
  /** The user-defined function in which it was raised; '' if it has no name. */
  readonly inFunction?: string | null
  /** For a stream: the position of the change in the log at which it ended. */
  readonly at?: string | null
  /** For a stream: how many bytes of memory the server refused to allocate for a value or a row. */
  readonly neededBytes?: number | null
}

/**
 * Classes whose messages contain names and settings, never values: connection, features, transaction state, prepared statements,
 * authorization, catalog and schema names, syntax and access rules, resources, state of objects, intervention, system, configuration files.
 * In the other classes, a row filter or a cast can put a value into the message.
 */
const SAFE_CLASS = /^(08|0A|25|26|28|3D|3F|42|53|55|57|58|F0)/
/**
 * Files in which the server itself cancels a statement or checks a privilege. Their messages contain only names and settings, whatever
 * function the statement ran in.
 */
const SAFE_FILES: readonly unknown[] = ['postgres.c', 'aclchk.c']

/** A message of RDS Proxy, which names what it does not support. */
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
  /** The context in which it happened: a function, a trigger, a statement inside them. */
  readonly where: unknown
}

/** A function or trigger can raise any message with any code, but then it appears in the context. */
function wordsAreSafe(sqlstate: string, { file, where }: Pick<WireFields, 'file' | 'where'>, message: string): boolean {
  if (OF_A_POOLER.test(message)) return true
  return SAFE_CLASS.test(sqlstate) && (where === undefined || where === null || SAFE_FILES.includes(file))
}

/** The server's error inside what the driver threw; null: there is none. */
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

/** The object that the server names in separate fields, outside the message. */
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

/** The names of function languages are the same in every language of the server's messages. */
function functionNamed({ file, where }: Pick<WireFields, 'file' | 'where'>): string | null {
  const context = typeof where === 'string' ? where : ''
  const line = context.split('\n').find((each) => each.includes('PL/'))
  if (line === undefined) return typeof file === 'string' && OF_LANGUAGES.test(file) ? '' : null
  return /\S+\([^)]*\)/.exec(line)?.[0] ?? /"([^"]+)"/.exec(line)?.[1] ?? ''
}

/** From 16 on, the reason for refusing a change of a role (an attribute and a role) is only in the detail. */
function withReason(message: string, { file, where, detail }: WireFields): string {
  const own = file === 'user.c' && (where === undefined || where === null)
  return own && typeof detail === 'string' ? `${message}: ${detail}` : message
}

/** An Error's message is not enumerable, so each field is read by name. */
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
 * The fields of an ErrorResponse or NoticeResponse on the stream, where almost no function runs and the context names our slot. Each field
 * is one byte for its kind and text up to a zero byte. Another zero byte ends the list.
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
 * Reads only numbers. One is in `invalid memory alloc request size N`, which is never translated. The others are in the detail of
 * `enlargeStringInfo`: the bytes that the message already has, and those to be added.
 */
function neededBytes(sqlstate: string, fields: ReadonlyMap<string, string>): number | null {
  const alloc = /^invalid memory alloc request size (\d+)$/.exec(fields.get('M') ?? '')
  if (sqlstate === 'XX000' && alloc !== null) return Number(alloc[1])
  const [filled, more] = (fields.get('D') ?? '').match(/\d+/gu) ?? []
  if (sqlstate !== '54000' || fields.get('R') !== 'enlargeStringInfo') return null
  return Number(filled ?? 0) + Number(more ?? 0)
}

/** The server's error as one sentence. */
export function sayServerError(error: ServerError): string {
  const words = error.message ?? `an error whose message may contain data, so see the server's log`
  return `${error.severity} ${error.sqlstate}: ${words}`
}
