const MOST_WORDS = 6

/** The leading plain words of a statement, up to the first punctuation, number or quote, because a value may follow. */
export function firstWords(statement: string): string {
  const words = /^\s*((?:[A-Za-z_][\w.]*\s+)*[A-Za-z_][\w.]*)(?=\s|$|[(;,=*])/u.exec(statement)?.[1] ?? ''
  return words.split(/\s+/u).slice(0, MOST_WORDS).join(' ')
}
