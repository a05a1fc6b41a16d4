/**
 * The last net under what is printed: a password that stands in a URL or after `password=` inside a text of somebody else's making
 * (a driver's message) is taken out; what stands for one in our own texts, `password` and `${NAME}`, stays. Secrets of ours are
 * `Secret` and never get this far.
 */
export function scrub(text: string): string {
  return text
    .replaceAll(/([a-z][a-z0-9+.-]*:\/\/[^\s:/@"']*):(?!\$\{\w+\}@|password@)[^\s@"']+@/giu, '$1:[redacted]@')
    .replaceAll(/\b((?:pg)?password|passwd|pwd|secret|token)(["']?\s*[=:]\s*["']?)[^\s"'&,;]+/giu, '$1$2[redacted]')
}
