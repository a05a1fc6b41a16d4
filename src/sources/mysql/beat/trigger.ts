import { type Fix, inDatabase } from '../../../model/fix.ts'
import { ADMINISTRATOR } from '../errors/errors.ts'

export const UNSUPPRESSED = 'no trigger that keeps the row from being changed'

/** `triggers`: at least one, named as in a statement. */
export function triggersInWords(triggers: readonly string[]): string {
  return `on the table ${triggers.length === 1 ? 'is the trigger' : 'are the triggers'} ${triggers.join(', ')}`
}

/** Which of several triggers keeps the row from being changed is not visible. */
export function dropTriggers(triggers: readonly string[]): readonly Fix[] {
  return triggers.map((trigger) => inDatabase(`DROP TRIGGER ${trigger}`, ADMINISTRATOR))
}
