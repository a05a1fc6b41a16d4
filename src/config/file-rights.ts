/** The owner of a file, and what its owner, its group and others can do. */
export interface FileRights {
  readonly mode: number
  /** 0: root. */
  readonly owner: number
}

/** libpq's rule for a private key: only the owner has access to it. A file of root can also be read by a group, as mounted ones are. */
export function isForOthers({ mode, owner }: FileRights): boolean {
  return (mode & (owner === 0 ? 0o037 : 0o077)) !== 0
}

export const PRIVATE_MODE = 'mode 0600 or less, or 0640 where root owns it'

/** In the form that `chmod` takes. */
export function modeText({ mode }: FileRights): string {
  return (mode & 0o777).toString(8).padStart(4, '0')
}
