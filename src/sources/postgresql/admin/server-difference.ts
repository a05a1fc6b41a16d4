import type { TargetNames } from '../../admin/admin-target.ts'
import type { ServerTraits } from '../connect/server-identity.ts'

/** How two servers differ. null: they are the same server, or a primary and its standby. */
export function serverDifference(admin: ServerTraits, source: ServerTraits, names: TargetNames): string | null {
  if (admin.id !== source.id)
    return `${names.admin} has the system identifier ${admin.id}, ${names.source} has ${source.id}`
  if (admin.standby || source.standby || admin.started === source.started) return null
  return `both have the system identifier ${admin.id}, but were started at different times: one is a copy of the other`
}
