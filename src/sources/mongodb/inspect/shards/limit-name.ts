const OF = ' of the shard '

export function limitOfShard(setting: string, shard: string): string {
  return `${setting}${OF}${shard}`
}

/** The setting of a limit, and the shard that has it. null: the server is a replica set. */
export function settingOf(name: string): { readonly setting: string; readonly shard: string | null } {
  const [setting = '', shard] = name.split(OF)
  return { setting, shard: shard ?? null }
}
