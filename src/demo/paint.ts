import type { Style } from '../model/style.ts'
import type { VerdictName } from '../model/verdict.ts'

export function paintVerdict(name: VerdictName, text: string, paint: Style): string {
  if (name === 'idle' || name === 'flowing') return paint.green(text)
  return name === 'stale' ? paint.yellow(text) : paint.bold(paint.red(text))
}
