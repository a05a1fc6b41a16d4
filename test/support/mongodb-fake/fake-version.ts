/** Of the releases that drivers tell apart. The driver refuses 4.2, after it has waited for a newer server as long as it may. */
const WIRE_VERSIONS = { '4.2': 8, '4.4': 9, '5.0': 13, '6.0': 17, '7.0': 21, '8.0': 25, '8.2': 27 } as const

export type FakeVersion = keyof typeof WIRE_VERSIONS

export function wireVersionOf(version: FakeVersion): number {
  return WIRE_VERSIONS[version]
}
