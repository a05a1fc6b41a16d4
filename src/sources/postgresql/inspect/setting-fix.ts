import { located } from '../../../model/fix.ts'
import { advice, type CheckFix, manual } from '../../check.ts'
import { type SettingControl, setForServer } from './setting-origin.ts'

export const RESTART = 'it needs a restart of the server'

/** The fix for a server setting that takes effect after a restart. */
export function settingAtStart(
  server: SettingControl,
  database: string,
  name: string,
  value: string,
): readonly CheckFix[] {
  return [manual(located(setForServer(server, name, value), database), RESTART), advice('restart the server')]
}
