const MOST_WORDS = 6

/** Of a statement: its leading plain words, up to the first sign, number or quote, after which there may be a value. */
export function firstWords(statement: string): string {
  const words = /^\s*((?:[A-Za-z_][\w.]*\s+)*[A-Za-z_][\w.]*)(?=\s|$|[(;,=*])/u.exec(statement)?.[1] ?? ''
  return words.split(/\s+/u).slice(0, MOST_WORDS).join(' ')
}
