/** Characters that move the cursor, break the line or change the text direction. */
const UNSEEN = /[\p{Cc}\u00AD\u061C\u180E\u2028\u2029\uFEFF\u200B-\u200F\u202A-\u202E\u2060-\u206F]/gu

/** Shows an external name on one line. Invisible characters are written as escapes that JSON and YAML understand. */
export function printable(text: string): string {
  return text.replaceAll(UNSEEN, (character) => {
    const short = JSON.stringify(character).slice(1, -1)
    return short.startsWith('\\') ? short : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}
