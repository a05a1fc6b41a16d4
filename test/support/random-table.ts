import type { SchemaStep } from './applying-consumer.ts'

type Identity = 'DEFAULT' | 'FULL' | 'NOTHING' | 'INDEX'

interface RandomColumn {
  readonly name: string
  readonly type: string
  /** In the publication. */
  readonly published: boolean
}

/** A table as it is at one moment. */
export interface TableState {
  readonly name: string
  readonly columns: readonly RandomColumn[]
  /** Of the primary key; empty: none. */
  readonly key: readonly string[]
  readonly identity: Identity
  readonly constraint: string
}

/** What the log carries beside the rows: what happened to the table at this point, and what it is from here on. */
export interface Marker {
  readonly step: SchemaStep
  /** The key that messages must have from here on. */
  readonly key: readonly string[]
}

export interface RandomTransaction {
  readonly sql: string
  readonly after: TableState
}

export const MARKER = 'offbeat_test_ddl'

const BIG = 4000

/** A table of random shape, what is done to it, and how the publication has it. Everything comes of `random`. */
export class RandomTable {
  readonly setup: string
  readonly isPartitioned: boolean
  readonly viaRoot: boolean
  readonly leaves: readonly string[]
  state: TableState
  readonly #random: () => number
  readonly #number: number
  readonly #hasList: boolean
  #serial = 0

  constructor(number: number, version: number, random: () => number) {
    this.#number = number
    this.#random = random
    this.isPartitioned = this.#chance(0.3)
    this.viaRoot = this.#chance(0.6)
    const name = `c${number}`
    this.leaves = this.isPartitioned ? [`${name}_a`, `${name}_b`] : []
    const identity = this.isPartitioned
      ? this.#pick<Identity>(['DEFAULT', 'FULL'])
      : this.#pick<Identity>(['DEFAULT', 'FULL', 'FULL', 'INDEX', 'NOTHING'])
    const keyed = identity === 'DEFAULT' || this.#chance(0.8)
    const generated = !this.isPartitioned && version < 18 && this.#chance(0.1)
    this.#hasList = version >= 15 && identity !== 'FULL' && !this.isPartitioned && !generated && this.#chance(0.25)
    const types = this.#someTypes()
    const columns = [
      { name: 'id', type: 'int', published: true },
      { name: 'k', type: 'int', published: true },
      { name: 'code', type: 'int', published: true },
      ...types.map((type, i) => ({ name: `v${i}`, type, published: !this.#hasList || this.#chance(0.6) })),
      ...(generated ? [{ name: 'g', type: 'int GENERATED ALWAYS AS (code * 2) STORED', published: false }] : []),
    ]
    const key = keyed ? this.#pick([['id'], ['id', 'k'], ...(generated ? [['id', 'g']] : [])]) : []
    this.state = { name, columns, key, identity, constraint: `${name}_key` }
    this.setup = this.#setup(keyed && identity === 'FULL' && this.#chance(0.2))
  }

  /** The topics that rows come under. */
  get topics(): readonly string[] {
    return this.isPartitioned && !this.viaRoot ? this.leaves : [this.state.name]
  }

  /** The columns that messages have. */
  static published({ columns }: TableState): readonly string[] {
    return columns.filter(({ published }) => published).map(({ name }) => name)
  }

  /** The key that messages must have: whole, or none. */
  static messageKey(state: TableState): readonly string[] {
    const [, , code] = state.columns
    const key = state.identity === 'INDEX' && code !== undefined ? [code.name] : state.key
    const published = RandomTable.published(state)
    return key.every((name) => published.includes(name)) ? key : []
  }

  /** One in each partition. */
  firstRows(): string {
    return `INSERT INTO ${this.state.name} (id, k, code) VALUES (1, 0, -1), (11, 0, -2)`
  }

  transaction(): RandomTransaction {
    const before = this.state
    const statements: string[] = []
    const size = 1 + Math.floor(this.#random() * 4)
    for (let i = 0; i < size; i++) statements.push(this.#chance(0.15) ? this.#ddl() : this.#rows())
    const after = this.state
    this.state = before
    return { sql: `BEGIN; ${statements.filter((text) => text !== '').join('; ')}; COMMIT`, after }
  }

  marker(step: SchemaStep): string {
    const marker: Marker = { step, key: RandomTable.messageKey(this.state) }
    return `SELECT pg_logical_emit_message(true, '${MARKER}', '${JSON.stringify(marker)}')`
  }

  #setup(deferrable: boolean): string {
    const { name, columns, key, identity, constraint } = this.state
    const n = this.#number
    const parts = columns.map((column) => `${column.name} ${column.type}${column.name === 'code' ? ' NOT NULL' : ''}`)
    if (key.length > 0)
      parts.push(`CONSTRAINT ${constraint} PRIMARY KEY (${key.join(', ')})${deferrable ? ' DEFERRABLE' : ''}`)
    const external = columns
      .filter(({ type }) => type === 'text')
      .map((column) => `ALTER TABLE ${name} ALTER ${column.name} SET STORAGE EXTERNAL`)
    const statements = [
      `CREATE TYPE mood${n} AS ENUM ('sad', 'ok')`,
      `CREATE DOMAIN small${n} AS int`,
      `CREATE DOMAIN flag${n} AS bool`,
      `CREATE TABLE ${name} (${parts.join(', ')})${this.isPartitioned ? ' PARTITION BY RANGE (id)' : ''}`,
      ...this.leaves.map(
        (leaf, i) => `CREATE TABLE ${leaf} PARTITION OF ${name} FOR VALUES FROM (${i * 10}) TO (${i * 10 + 10})`,
      ),
      ...external,
      ...(this.isPartitioned ? [] : [`CREATE UNIQUE INDEX ${name}_code ON ${name} (code)`]),
      `ALTER TABLE ${name} REPLICA IDENTITY ${identity === 'INDEX' ? `USING INDEX ${name}_code` : identity}`,
      ...this.leaves.map((leaf) => `ALTER TABLE ${leaf} REPLICA IDENTITY ${this.#leafIdentity()}`),
      `ALTER PUBLICATION pub SET (publish_via_partition_root = ${this.viaRoot})`,
      `ALTER PUBLICATION pub SET TABLE ${name}${this.#hasList ? ` (${RandomTable.published(this.state).join(', ')})` : ''}`,
    ]
    return statements.join('; ')
  }

  /** Without a key a partition's updates are refused under the default identity. */
  #leafIdentity(): string {
    const { identity, key } = this.state
    if (key.length === 0 || !this.viaRoot) return 'FULL'
    return this.#chance(0.7) ? identity : this.#pick(['DEFAULT', 'FULL'])
  }

  #rows(): string {
    const { name, columns, identity } = this.state
    const [id, k] = columns
    if (id === undefined || k === undefined) return ''
    const which = `${id.name} = ${this.#int(20)}`
    if (identity === 'NOTHING' || this.#chance(0.4)) return this.#insert()
    const settable = columns.filter((column, i) => i > 2 && !isGenerated(column))
    const column = settable.length === 0 ? undefined : this.#pick(settable)
    const value = column === undefined ? `${k.name} = ${k.name}` : `${column.name} = ${this.#value(column.type)}`
    return this.#pick([
      `UPDATE ${name} SET ${value} WHERE ${which}`,
      `UPDATE ${name} SET ${value} WHERE ${id.name} < 10`,
      `UPDATE ${name} SET ${id.name} = ${this.#int(20)} WHERE ${which}`,
      `UPDATE ${name} SET ${k.name} = ${this.#int(3)}, ${value} WHERE ${which}`,
      `UPDATE ${name} SET code = ${++this.#serial} WHERE ${which} AND ${k.name} = 0`,
      `DELETE FROM ${name} WHERE ${which}`,
      this.#chance(0.2) ? `TRUNCATE ${name}` : `DELETE FROM ${name} WHERE ${id.name} > 15`,
    ]).replace(' code ', ` ${columns[2]?.name ?? 'code'} `)
  }

  #insert(): string {
    const columns = this.state.columns.filter((column) => !isGenerated(column))
    const fixed = [String(this.#int(20)), String(this.#int(3)), String(++this.#serial)]
    const values = columns.map(({ type }, i) => fixed[i] ?? this.#value(type))
    return `INSERT INTO ${this.state.name} (${columns.map(({ name }) => name).join(', ')}) VALUES (${values.join(', ')})`
  }

  #ddl(): string {
    const { columns, key } = this.state
    const n = ++this.#serial
    const [id] = columns
    const loose = columns.slice(3).filter((column) => !key.includes(column.name) && !isGenerated(column))
    const some = loose.length === 0 ? undefined : this.#pick(loose)
    switch (this.#pick(['add', 'drop', 'rename', 'rename id', 'key', 'identity', 'table', 'type'] as const)) {
      case 'add':
        return this.#add(n)
      case 'drop':
        return some === undefined ? '' : this.#drop(some)
      case 'rename':
        return some === undefined ? '' : this.#rename(some, n)
      case 'rename id':
        return id === undefined ? '' : this.#rename(id, n)
      case 'key':
        return this.#newKey(n)
      case 'identity':
        return this.#newIdentity()
      case 'table':
        return this.#renameTable()
      case 'type':
        return this.#dropType()
      default:
        return ''
    }
  }

  #add(n: number): string {
    const { name, columns } = this.state
    if (this.#hasList) return ''
    const type = this.#pick(['int', 'text', `small${this.#number}`])
    const added = { name: `a${n}`, type, published: true }
    return this.#change({ columns: [...columns, added] }, `ALTER TABLE ${name} ADD a${n} ${type}`, { add: `a${n}` })
  }

  #drop(gone: RandomColumn): string {
    const { name, columns } = this.state
    const kept = columns.filter((column) => column !== gone)
    return this.#change({ columns: kept }, `ALTER TABLE ${name} DROP ${gone.name}`, { drop: [gone.name] })
  }

  /** Without an index or a column list, which do not go with FULL. */
  #newIdentity(): string {
    const { name, key, identity } = this.state
    if (key.length === 0 || this.isPartitioned || identity === 'INDEX' || this.#hasList) return ''
    const next = identity === 'FULL' ? 'DEFAULT' : 'FULL'
    return this.#change({ identity: next }, `ALTER TABLE ${name} REPLICA IDENTITY ${next}`, {})
  }

  #renameTable(): string {
    const { name } = this.state
    if (this.isPartitioned) return ''
    return this.#change({ name: `${name}x` }, `ALTER TABLE ${name} RENAME TO ${name}x`, {
      renameTable: [name, `${name}x`],
    })
  }

  /** With its columns. In a column list they would take the table out of the publication. */
  #dropType(): string {
    const { columns } = this.state
    if (this.#hasList) return ''
    const type = this.#pick([`mood${this.#number}`, `small${this.#number}`, `flag${this.#number}`])
    const dropped = columns.filter((column) => column.type === type || column.type === `${type}[]`)
    const kept = columns.filter((column) => !dropped.includes(column))
    const word = type.startsWith('mood') ? 'TYPE' : 'DOMAIN'
    return this.#change({ columns: kept }, `DROP ${word} ${type} CASCADE`, { drop: dropped.map(({ name }) => name) })
  }

  #rename(column: RandomColumn, n: number): string {
    const { name, columns, key } = this.state
    const to = `r${n}`
    const renamed = columns.map((each) => (each === column ? { ...each, name: to } : each))
    const names = key.map((each) => (each === column.name ? to : each))
    return this.#change({ columns: renamed, key: names }, `ALTER TABLE ${name} RENAME ${column.name} TO ${to}`, {
      rename: [column.name, to],
    })
  }

  #newKey(n: number): string {
    const { name, columns, key, constraint, identity } = this.state
    if (identity !== 'FULL') return ''
    const [id, k, code] = columns.map((column) => column.name)
    if (id === undefined || k === undefined || code === undefined) return ''
    const drop = key.length === 0 ? '' : `DROP CONSTRAINT ${constraint}`
    const next = this.#pick([[id], [id, k], [id, code], ...(this.isPartitioned ? [] : [[code], []])])
    if (next.length === 0 && drop === '') return ''
    const add =
      next.length === 0
        ? ''
        : `${drop === '' ? '' : ', '}ADD CONSTRAINT p${this.#number}_${n} PRIMARY KEY (${next.join(', ')})`
    return this.#change({ key: next, constraint: `p${this.#number}_${n}` }, `ALTER TABLE ${name} ${drop}${add}`, {})
  }

  #change(change: Partial<TableState>, sql: string, step: SchemaStep): string {
    this.state = { ...this.state, ...change }
    return `${sql}; ${this.marker(step)}`
  }

  #someTypes(): string[] {
    const n = this.#number
    const all = ['int', 'text', 'bool', `mood${n}`, `small${n}`, `flag${n}`, `mood${n}[]`, `small${n}[]`, 'text']
    return all.filter(() => this.#chance(0.4))
  }

  #value(type: string): string {
    if (this.#chance(0.25)) return 'NULL'
    if (type.endsWith('[]')) return type.startsWith('mood') ? `'{sad,ok}'` : `'{${this.#int(9)},7}'`
    if (type.startsWith('mood')) return this.#pick([`'sad'`, `'ok'`])
    if (type === 'bool' || type.startsWith('flag')) return this.#pick(['true', 'false'])
    if (type === 'text') return this.#chance(0.5) ? `repeat('${this.#int(9)}', ${BIG})` : `'t${this.#int(9)}'`
    return String(this.#int(1000))
  }

  #int(below: number): number {
    return Math.floor(this.#random() * below)
  }

  #chance(probability: number): boolean {
    return this.#random() < probability
  }

  #pick<T>(from: readonly T[]): T {
    const picked = from[this.#int(from.length)]
    if (picked === undefined) throw new Error('nothing to pick from')
    return picked
  }
}

function isGenerated({ type }: RandomColumn): boolean {
  return type.includes('GENERATED')
}
