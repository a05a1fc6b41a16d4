import type { MongodbProduct } from './mongodb-binaries.ts'

/** What a server can be started with beside the defaults. Each setting means the same for both products. */
export interface MongodbSettings {
  /** How often a no-op is written to the oplog. Without it, an idle server's resume tokens do not advance. Absent: 1. 0: never. */
  readonly noopSeconds?: number
  /** Keeps as little of the oplog as the server can: 1 MB of mongod, 50 entries of SecantusDB, which removes the others 1,000 at a time. */
  readonly smallOplog?: boolean
  /** How much of the oplog is kept: a size of mongod, a number of entries of SecantusDB, which does not measure its oplog in bytes. */
  readonly oplog?: { readonly megabytes: number; readonly entries: number }
  /** Absent: true. false: nobody kills the server, so SecantusDB need not write its log to the disk at each commit, which is much faster. */
  readonly durable?: boolean
  /** Allows `configureFailPoint`. */
  readonly testCommands?: boolean
  /** Starts without a replica set, so that there is no oplog. */
  readonly standalone?: boolean
  /** The paths of PEM files; clients verify the certificate by the authority. Every connection must then be encrypted. */
  readonly tls?: { readonly certificate: string; readonly key: string; readonly authority: string }
}

/** How the server is started this time, with files in its folder. */
export interface MongodbLaunch extends Omit<MongodbSettings, 'tls'> {
  readonly dataDir: string
  /** Whether clients must log in. */
  readonly auth: boolean
  /** By which the members of a replica set with users know each other. */
  readonly keyFile: string
  /** An empty configuration file, so that no other is read. */
  readonly configFile: string
  /** `both`: certificate and key in one file. null: connections are not encrypted. */
  readonly tls: (NonNullable<MongodbSettings['tls']> & { readonly both: string }) | null
}

export const REPLICA_SET = 'offbeat'
const YEAR_SECONDS = 31_536_000
/** At most. A transaction stays in the cache until its commit, and is stuck where it needs a fifth: with 256 MB, one of 30,000 documents. */
const CACHE_GB = 1

/** The arguments to start the server, apart from the port, on loopback only. */
export function mongodbArguments(product: MongodbProduct, launch: MongodbLaunch): readonly string[] {
  return product === 'mongod' ? mongodArguments(launch) : secantusArguments(launch)
}

/** After the reference of mongod 8.0. Not run yet: no mongod was available. */
function mongodArguments(launch: MongodbLaunch): readonly string[] {
  const { dataDir, noopSeconds = 1, smallOplog, oplog, testCommands, standalone, tls, auth, keyFile } = launch
  const parameters = [
    `writePeriodicNoops=${noopSeconds > 0}`,
    ...(noopSeconds > 0 ? [`periodicNoopIntervalSecs=${noopSeconds}`] : []),
    ...(testCommands === true ? ['enableTestCommands=1'] : []),
  ]
  return [
    ...['--dbpath', dataDir, '--bind_ip', '127.0.0.1', '--nounixsocket'],
    ...['--wiredTigerCacheSizeGB', String(CACHE_GB)],
    ...parameters.flatMap((parameter) => ['--setParameter', parameter]),
    ...(standalone === true ? [] : ['--replSet', REPLICA_SET]),
    ...(smallOplog === true ? ['--oplogSize', '1'] : []),
    ...(oplog === undefined ? [] : ['--oplogSize', String(oplog.megabytes)]),
    ...(tls === null ? [] : ['--tlsMode', 'requireTLS', '--tlsCertificateKeyFile', tls.both]),
    ...(auth ? ['--auth', ...(standalone === true ? [] : ['--keyFile', keyFile])] : []),
  ]
}

/**
 * `-I`: nothing of the user's own Python is loaded. Without `--sync-on-commit`, a killed server loses what it has acknowledged, which a
 * mongod does not do. By itself it removes entries of the oplog after an hour; a mongod only when the oplog is full.
 */
function secantusArguments(launch: MongodbLaunch): readonly string[] {
  const {
    dataDir,
    noopSeconds = 1,
    smallOplog,
    oplog,
    durable,
    testCommands,
    standalone,
    tls,
    auth,
    configFile,
  } = launch
  return [
    ...['-I', '-m', 'secantus', '--config', configFile, '--host', '127.0.0.1', '--storage-path', dataDir],
    ...['--cache-size', `${CACHE_GB}G`, '--noop-heartbeat-seconds', String(noopSeconds)],
    ...(durable === false ? [] : ['--sync-on-commit']),
    ...['--oplog-retention-seconds', String(YEAR_SECONDS)],
    ...(smallOplog === true ? ['--oplog-max-entries', '50'] : []),
    ...(oplog === undefined ? [] : ['--oplog-max-entries', String(oplog.entries)]),
    ...(testCommands === true ? ['--enable-test-commands'] : []),
    ...(standalone === true ? ['--standalone'] : []),
    ...(tls === null ? [] : ['--tls-cert-file', tls.certificate, '--tls-key-file', tls.key]),
    ...(auth ? ['--auth'] : []),
  ]
}
