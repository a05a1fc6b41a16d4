import { type Fix, forPerson, inDatabase } from '../../../model/fix.ts'
import { atLeast, type ServerVersion } from '../connect/server-version.ts'
import { ADMINISTRATOR } from '../errors/errors.ts'

const MANAGED = 'on a managed service set it in the parameters of its console'

/** Changes a setting of the whole server, now and after a restart. `value` is an SQL literal. */
export function setForServer(version: ServerVersion, name: string, value: string): readonly Fix[] {
  // MySQL 5.7 and MariaDB have no SET PERSIST.
  return version.product === 'mysql' && atLeast(version, [8, 0])
    ? setPersistently(name, value)
    : setUntilRestart(name, value)
}

/** Only for MySQL 8.0 and later. */
export function setPersistently(name: string, value: string): readonly Fix[] {
  return [inDatabase(`SET PERSIST ${name} = ${value}`, ADMINISTRATOR, { note: MANAGED })]
}

/** For servers on which no statement changes a setting for good. */
export function setUntilRestart(name: string, value: string): readonly Fix[] {
  return [
    inDatabase(`SET GLOBAL ${name} = ${value}`, ADMINISTRATOR, { note: MANAGED }),
    forPerson(`so that it lasts, write ${lineOf(name, value)} in the option file of the server, under [mysqld]`),
  ]
}

/** For settings that are read only when the server starts. */
export function setAtStart(name: string, value: string): readonly Fix[] {
  return [
    forPerson(`write ${lineOf(name, value)} in the option file of the server, under [mysqld]; ${MANAGED}`),
    forPerson('restart the server'),
  ]
}

function lineOf(name: string, value: string): string {
  const bare = value.replaceAll(/^'|'$/gu, '')
  return bare === '' ? name : `${name} = ${bare}`
}
