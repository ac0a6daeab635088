import { MetricsError } from '../../model/errors.js'
import { isRemovalList, type RemovalLists, type Taken } from './removal-lists.js'

/** The facts about its writer that a snapshot contains. */
export interface SnapshotHead {
  readonly writer: string
  readonly seat: number
  /** The name of its process. */
  readonly process: string
  readonly epoch: number
  /** Unix seconds. */
  readonly startedAt: number
  /** Unix milliseconds when the snapshot was taken; recent for a living writer. */
  readonly at: number
  /** Whether the writer has closed. */
  readonly closed: boolean
  /** A new ID means that the names start again; with the same ID, they have only grown. */
  readonly log: string
  /** The writers whose numbers this one has taken over, the latest last. */
  readonly inherited: readonly string[]
  readonly removals: RemovalLists
  readonly taken: Taken
}

/** Everything that one writer has counted, at one moment. */
export interface Snapshot {
  readonly head: SnapshotHead
  /** The series log as lines of JSON. */
  readonly names: Uint8Array
  /** JSON: `[slot, bucket, exemplar]` each. */
  readonly exemplars: Uint8Array
  readonly values: Float64Array
}

const version = 1
/** Marks the bytes as a snapshot. */
const magic = Buffer.from('phsnapsh')
const prefix = 32

/**
 * `magic, version, length of head, names and exemplars, number of values` (all but the first as unsigned 32 bit, little
 * endian), then the values, the head as JSON, the names, the exemplars.
 */
export function encodeSnapshot({ head, names, exemplars, values }: Snapshot): Uint8Array {
  const headBytes = Buffer.from(JSON.stringify(head))
  const bytes = Buffer.alloc(prefix + values.byteLength + headBytes.length + names.length + exemplars.length)
  magic.copy(bytes)
  for (const [i, number] of [version, headBytes.length, names.length, exemplars.length, values.length].entries()) {
    bytes.writeUInt32LE(number, magic.length + 4 * i)
  }
  bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), prefix)
  bytes.set(headBytes, prefix + values.byteLength)
  bytes.set(names, prefix + values.byteLength + headBytes.length)
  bytes.set(exemplars, prefix + values.byteLength + headBytes.length + names.length)
  return bytes
}

/** @throws MetricsError `FILE_UNREADABLE` with its reason: `foreign`, `version`, `truncated` or `contents` */
export function decodeSnapshot(storedBytes: Uint8Array): Snapshot {
  if (!(storedBytes instanceof Uint8Array))
    throw unreadable('foreign', 'readAll() gave something that is not a Uint8Array')
  const bytes = Buffer.from(storedBytes.buffer, storedBytes.byteOffset, storedBytes.byteLength)
  if (bytes.length < prefix || bytes.compare(magic, 0, 8, 0, 8) !== 0) {
    throw unreadable('foreign', `${bytes.length} bytes are not a snapshot`)
  }
  const [written, headLength, namesLength, exemplarsLength, slots] = [0, 1, 2, 3, 4].map((i) =>
    bytes.readUInt32LE(magic.length + 4 * i),
  ) as [number, number, number, number, number]
  if (written !== version)
    throw unreadable('version', `a snapshot has version ${written}, this promhive reads ${version}`)
  const namesAt = prefix + slots * 8 + headLength
  const end = namesAt + namesLength + exemplarsLength
  if (bytes.length !== end) throw unreadable('truncated', `a snapshot has ${bytes.length} of its ${end} bytes`)
  const values = new Float64Array(slots)
  new Uint8Array(values.buffer).set(bytes.subarray(prefix, prefix + slots * 8))
  const head = headFrom(bytes.toString('utf8', namesAt - headLength, namesAt))
  if (head === undefined) throw unreadable('contents', 'the head of a snapshot is invalid')
  return {
    head,
    names: bytes.subarray(namesAt, namesAt + namesLength),
    exemplars: bytes.subarray(namesAt + namesLength, end),
    values,
  }
}

function headFrom(json: string): SnapshotHead | undefined {
  try {
    const head = JSON.parse(json) as SnapshotHead
    const { writer, seat, process, epoch, startedAt, at, closed, log, inherited, removals, taken } = head
    const texts =
      Array.isArray(inherited) && [writer, process, log, ...inherited].every((text) => typeof text === 'string')
    const counts = [seat, epoch, ...Object.values(taken)].every((count) => Number.isSafeInteger(count) && count >= 0)
    const times = Number.isFinite(startedAt) && Number.isFinite(at) && startedAt >= 0 && typeof closed === 'boolean'
    return texts && counts && times && Object.values(removals).every(isRemovalList) ? head : undefined
  } catch {
    return undefined
  }
}

function unreadable(reason: string, text: string): MetricsError {
  return new MetricsError('FILE_UNREADABLE', `${text}; the others are shown`, { reason })
}
