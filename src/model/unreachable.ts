/** Closes a switch over a union. A member that is not handled fails to compile, and throws if it gets here at run time. */
export function unreachable(value: never): never {
  throw new TypeError(`unexpected value: ${JSON.stringify(value)}`)
}
