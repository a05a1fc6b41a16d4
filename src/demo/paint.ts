import type { VerdictName } from '../model/verdict.ts'

/** Colours, or none. */
export interface Paint {
  bold(text: string): string
  dim(text: string): string
  red(text: string): string
  green(text: string): string
  yellow(text: string): string
  cyan(text: string): string
}

export function paintVerdict(name: VerdictName, text: string, paint: Paint): string {
  if (name === 'idle' || name === 'flowing') return paint.green(text)
  return name === 'stale' ? paint.yellow(text) : paint.bold(paint.red(text))
}
