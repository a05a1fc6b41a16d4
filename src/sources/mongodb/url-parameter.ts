import { type OwnParameters, type UrlParameters, valuesOf } from '../url-parameter.ts'

const notSupported =
  'authMechanismProperties compressors connectTimeoutMS heartbeatFrequencyMS localThresholdMS maxIdleTimeMS maxPoolSize maxStalenessSeconds minPoolSize proxyHost proxyPassword proxyPort proxyUsername readConcernLevel retryReads serverSelectionTimeoutMS socketTimeoutMS srvMaxHosts timeoutMS waitQueueTimeoutMS wtimeoutMS zlibCompressionLevel'

/** The URL parameters have the names of MongoDB's connection string. Those of the source itself are given to the driver. */
export const MONGODB_PARAMETERS: UrlParameters = {
  known: {
    tls: { sets: 'mode', values: { true: 'verify-full', false: 'disable' } },
    ssl: { sets: 'mode', values: { true: 'verify-full', false: 'disable' } },
    tlsCAFile: { sets: 'ca' },
    authSource: { sets: 'own' },
    authMechanism: { sets: 'own' },
    replicaSet: { sets: 'own' },
    readPreference: { sets: 'own' },
    // Each is a list of tags; the first that a member has counts.
    readPreferenceTags: { sets: 'own', repeats: true },
    directConnection: { sets: 'own' },
    srvServiceName: { sets: 'own' },
    // Atlas puts these three into every URL.
    appName: { sets: 'own' },
    retryWrites: { sets: 'own' },
    w: { sets: 'own' },
  },
  mistake: tagMistake,
  refused: {
    ...Object.fromEntries(notSupported.split(' ').map((name) => [name, null])),
    loadBalanced:
      'a change stream is read from the server that opened it, which a load balancer does not let a client choose: name the members or the routers (mongos)',
    journal: 'write w=majority, which waits for the journal too',
    tlsAllowInvalidCertificates: 'write tls: { mode: require }',
    tlsAllowInvalidHostnames: 'write tls: { mode: verify-ca }',
    tlsInsecure: 'write tls: { mode: require }',
    tlsCertificateKeyFile: 'write it as `tls.cert` and `tls.key` of the source; both can name the same file',
    tlsCertificateKeyFilePassword: 'decrypt the key, and name it in `tls.key`',
    tlsCRLFile: null,
    sslValidate: 'write tls: { mode: verify-full }',
  },
}

const TAGS = /^(?:[^:,]+:[^:,]+(?:,[^:,]+:[^:,]+)*)?$/u

function tagMistake({ readPreference = 'primary', readPreferenceTags: tags }: OwnParameters) {
  if (tags === undefined) return null
  if (readPreference === 'primary')
    return {
      message: 'has readPreferenceTags, which have no effect: without another readPreference the primary is read',
      expected: 'readPreference=secondary, secondaryPreferred, primaryPreferred or nearest with it',
    }
  if (valuesOf(tags).every((each) => TAGS.test(each))) return null
  return {
    message: 'has readPreferenceTags in another form',
    expected: 'NAME:VALUE, several separated by commas; empty: any member',
  }
}
