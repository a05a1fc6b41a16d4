import { inDatabase } from '../../../src/model/fix.ts'
import type { SetupStep } from '../../../src/sources/setup.ts'

export const HEARTBEAT_TABLE = 'heartbeat'
const OWNER = 'the owner of the file'

export const HEARTBEAT_STEP: SetupStep = {
  id: 'heartbeat-table',
  why: 'The row that the connector updates.',
  by: 'setup',
  fix: [
    inDatabase(`CREATE TABLE ${HEARTBEAT_TABLE} (beats integer NOT NULL)`, OWNER),
    inDatabase(`INSERT INTO ${HEARTBEAT_TABLE} VALUES (0)`, OWNER),
  ],
}
