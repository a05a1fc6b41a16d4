/**
 * The last safeguard for text that is printed. Redacts a password in a URL or after `password=` in text that Offbeat did not write, such as
 * a driver's message. Placeholders in Offbeat's own text, `password` and `${NAME}`, stay. Offbeat's own secrets are `Secret` values and
 * never get this far.
 */
export function scrub(text: string): string {
  return text
    .replaceAll(/([a-z][a-z0-9+.-]*:\/\/[^\s:/@"']*):(?!\$\{\w+\}@|password@)[^\s@"']+@/giu, '$1:[redacted]@')
    .replaceAll(/\b((?:pg)?password|passwd|pwd|secret|token)(["']?\s*[=:]\s*["']?)[^\s"'&,;]+/giu, '$1$2[redacted]')
}
