// Plain JavaScript that any Node.js can read, since it must also run on versions that are too old.
const NEEDED = 24
const major = Number(process.versions.node.split('.')[0])

if (major < NEEDED) {
  const brought = process.platform === 'linux' && process.arch === 'x64'
  const cure = brought
    ? 'Run `npm ci` (without --omit=dev and --omit=optional): it brings Node 24 along, for these scripts only.'
    : `For ${process.platform} on ${process.arch} none comes along: put a Node of ${NEEDED} or newer first on your PATH.`
  console.error(
    `Offbeat needs Node ${NEEDED} or newer; this is Node ${process.versions.node} (${process.execPath}).\n${cure}`,
  )
  process.exit(2)
}
