/** Who operates the server. */
export const SERVICES = ['self-managed', 'atlas'] as const
export type Service = (typeof SERVICES)[number]

/** The commands that create roles and users are refused on Atlas, where they are set in its console or with its own client. */
export function isAtlas(service: string): boolean {
  return service === ('atlas' satisfies Service)
}
