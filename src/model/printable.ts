/** What moves a cursor, breaks a line or turns the reading direction round. */
const UNSEEN = /[\p{Cc}\u00AD\u061C\u180E\u2028\u2029\uFEFF\u200B-\u200F\u202A-\u202E\u2060-\u206F]/gu

/** Somebody else's name on one line, its characters that are not seen as escapes of JSON and YAML. */
export function printable(text: string): string {
  return text.replaceAll(UNSEEN, (character) => {
    const short = JSON.stringify(character).slice(1, -1)
    return short.startsWith('\\') ? short : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}
