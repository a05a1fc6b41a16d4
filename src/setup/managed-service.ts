import { type Fix, forPerson } from '../model/fix.ts'

/** How to change a server setting on each managed service, whatever the database. Source: the services' own documentation. */
export const SETTING_ON = {
  rds: (name, value) => forPerson(`set ${name} = ${value} in the DB parameter group`),
  aurora: (name, value) => forPerson(`set ${name} = ${value} in the DB cluster parameter group`),
  'cloud-sql': (name, value) => forPerson(`set the flag ${name} = ${value} on the instance`),
  azure: (name, value) => forPerson(`set the server parameter ${name} = ${value}`),
} as const satisfies { readonly [service: string]: (name: string, value: string) => Fix }
