import type { ClientBeat, OutsideBeat } from '../../../setup/outside-form.ts'
import type { TlsConfig } from '../../source-config.ts'
import { writingConfig } from '../beat/writing-config.ts'
import type { MongodbConfig } from '../config.ts'
import { authenticationDatabase, connectionString } from '../connect/client-options.ts'
import { dnsNamesDatabase } from '../connect/dns-records.ts'

const PASSWORD_VARIABLE = 'MONGODB_PASSWORD'

/** The database of a user whose server asks another one for the password, or a certificate. */
const EXTERNAL = '$external'

/** The heartbeat written by mongosh, in place of `offbeat beat`. */
export function mongoshBeat(configured: MongodbConfig, beat: OutsideBeat): ClientBeat {
  const config = writing(configured)
  const { user } = config.connection
  return {
    ...beat,
    command: ['mongosh', '--nodb', '--norc', '--quiet', '--eval', mongoshScript(config)],
    image: 'mongo:8',
    files: [config.connection.tls.ca, config.connection.tls.cert].filter((file) => file !== null),
    password:
      user === null || !needsPassword(config)
        ? null
        : { of: user, variable: PASSWORD_VARIABLE, file: '~/.mongodb-password', fileByShell: true },
  }
}

/** The connection on which `offbeat beat` writes too. If the configuration has none, its host is a placeholder. */
function writing(config: MongodbConfig): MongodbConfig {
  const primary = { ...config.connection, hosts: [{ host: '<primary>', port: 27017 }] }
  return writingConfig(config) ?? { ...config, connection: primary }
}

function needsPassword({ connection }: MongodbConfig): boolean {
  return connection.parameters?.['authMechanism'] !== 'MONGODB-X509'
}

/**
 * Connects from within the script, because the arguments of a process are seen by every user of its machine. A declaration prints nothing,
 * and cron sends a mail for what is printed.
 */
function mongoshScript(config: MongodbConfig): string {
  const { schema, table } = config.heartbeat.source
  const collection = `.getSiblingDB(${JSON.stringify(schema)}).getCollection(${JSON.stringify(table)})`
  const changes = '{ $set: { text: "mongosh" }, $currentDate: { last_update: true } }'
  const options = '{ upsert: true, writeConcern: { w: "majority", wtimeout: 30000 } }'
  return `const beat = connect(${urlExpression(config)})${collection}.updateOne({ _id: 1 }, ${changes}, ${options})`
}

/** The connection string as an expression of JavaScript, into which the password is put when it runs. */
function urlExpression(config: MongodbConfig): string {
  const { connection } = config
  const url = connectionString(config)
  const [, scheme = '', hosts = '', query = ''] = /^([^/]*\/\/)([^/]*\/)\?(.*)$/u.exec(url) ?? []
  const parameters = [...(query === '' ? [] : [query]), ...loginParameters(config), ...tlsParameters(connection.tls)]
  const rest = `${hosts}?${parameters.join('&')}`
  if (connection.user === null) return JSON.stringify(`${scheme}${rest}`)
  const user = encodeURIComponent(connection.user)
  if (!needsPassword(config)) return JSON.stringify(`${scheme}${user}@${rest}`)
  const password = `encodeURIComponent(process.env.${PASSWORD_VARIABLE})`
  return `${JSON.stringify(`${scheme}${user}:`)} + ${password} + ${JSON.stringify(`@${rest}`)}`
}

function loginParameters(config: MongodbConfig): readonly string[] {
  const { user, parameters = {} } = config.connection
  const mechanism = parameters['authMechanism']
  if (user === null && mechanism === undefined) return []
  const database = mechanism === 'MONGODB-X509' ? EXTERNAL : authenticationDatabase(config)
  return [
    // Otherwise the shell reads it from the TXT record.
    ...(mechanism !== 'MONGODB-X509' && dnsNamesDatabase(config) ? [] : [`authSource=${encodeURIComponent(database)}`]),
    ...(mechanism === undefined ? [] : [`authMechanism=${encodeURIComponent(mechanism)}`]),
  ]
}

/** mongosh takes the certificate and its key in one file. */
function tlsParameters({ mode, ca, cert }: TlsConfig): readonly string[] {
  if (mode === 'disable') return ['tls=false']
  return [
    'tls=true',
    ...(mode === 'require' ? ['tlsAllowInvalidCertificates=true'] : []),
    ...(mode === 'require' || mode === 'verify-ca' ? ['tlsAllowInvalidHostnames=true'] : []),
    ...(ca === null ? [] : [`tlsCAFile=${encodeURIComponent(ca)}`]),
    ...(cert === null ? [] : [`tlsCertificateKeyFile=${encodeURIComponent(cert)}`]),
  ]
}
