/** Of a larger block no view is kept, since that would keep the block in memory. Such a block has few values. */
const LARGEST_KEPT_BYTES = 16 * 1024 * 1024

let last: Uint8Array = new Uint8Array(0)
let view = newView(last)

/** A view of the same memory, to read several bytes in one step. Consecutive values are in the same block, so the last view is kept. */
export function viewOf(bytes: Uint8Array): DataView {
  if (bytes === last) return view
  if (bytes.length > LARGEST_KEPT_BYTES) return newView(bytes)
  last = bytes
  view = newView(bytes)
  return view
}

function newView({ buffer, byteOffset, length }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, length)
}
