import type { UrlParameters } from '../url-parameter.ts'

const notSupported =
  'authMechanismProperties compressors connectTimeoutMS heartbeatFrequencyMS loadBalanced localThresholdMS maxIdleTimeMS maxPoolSize maxStalenessSeconds minPoolSize proxyHost proxyPassword proxyPort proxyUsername readConcernLevel retryReads serverSelectionTimeoutMS socketTimeoutMS srvMaxHosts timeoutMS waitQueueTimeoutMS wtimeoutMS zlibCompressionLevel'

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
    readPreferenceTags: { sets: 'own' },
    directConnection: { sets: 'own' },
    srvServiceName: { sets: 'own' },
    // Atlas puts these three into every URL.
    appName: { sets: 'own' },
    retryWrites: { sets: 'own' },
    w: { sets: 'own' },
  },
  refused: {
    ...Object.fromEntries(notSupported.split(' ').map((name) => [name, null])),
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
