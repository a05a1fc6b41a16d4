/**
 * The last safeguard for text that is printed. Redacts a password in a URL or after `password=` in text that Offbeat did not write, such as
 * a driver's message. MySQL's `(using password: YES)` stays, and so do the placeholders in Offbeat's own text, `password`, `<password>` and `${NAME}`.
 * Offbeat's own secrets are `Secret` values and never get this far.
 */
export function scrub(text: string): string {
  return text
    .replaceAll(/([a-z][a-z0-9+.-]*:\/\/[^\s:/@"']*):(?!\$\{\w+\}@|password@)[^\s@"']+@/giu, '$1:[redacted]@')
    .replaceAll(
      /(?<!\/)\b((?:pg)?password|passwd|pwd|secret|token)(["']?\s*[=:]\s*(?:\\*["'])?)(?!(?:YES|NO)\)|<password>(?:$|[\s"'&,;]|\\+["']))(?:(?!\\+["'])[^\s"'&,;])+/giu,
      '$1$2[redacted]',
    )
}
