import { closeSync, constants, fstatSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { monotonicNow, setImmediate } from '../platform/timers.js'

/*
 * A worker that is killed cannot count the requests that it was answering. So each worker writes a table of them, by
 * method, to a file without a name. The supervisor has the file open too, and reads it when the worker has ended. It
 * never maps the file, because another process could truncate it, which would kill the supervisor. The table also has
 * the number of requests that the worker has answered in this run, which the metrics do not have.
 */

/** The methods that have a row; any other method is counted in the last row. */
const methods = 'CONNECT DELETE GET HEAD OPTIONS PATCH POST PUT QUERY TRACE _OTHER'.split(' ')
/**
 * The cells of a row: the number of open requests, and the sum of the times at which they began, in milliseconds since
 * 1970.
 */
const rowWidth = 2
/** The last cell: the number of requests that the worker has answered. */
const answeredCell = methods.length * rowWidth
const cells = answeredCell + 1
export const tableBytes = cells * Float64Array.BYTES_PER_ELEMENT

/** Requests of one method that ended with their worker. */
export interface LostRequests {
  readonly method: string
  readonly count: number
  /** How long they had been open on average. */
  readonly seconds: number
}

/** The table of a worker that has ended. */
export interface WorkerTally {
  /** The number of requests that it answered, including failed ones. */
  readonly answered: number
  readonly lost: readonly LostRequests[]
}

/** The table of a worker, for the worker. */
export class OpenRequests {
  private readonly table: Float64Array
  /** Whether the file lacks the end of a request. */
  private late = false

  /** @param write called after changes with all bytes, unless the memory is the file itself */
  constructor(
    memory: ArrayBuffer = new ArrayBuffer(tableBytes),
    private readonly write?: (bytes: Uint8Array) => void,
  ) {
    this.table = new Float64Array(memory, 0, cells)
  }

  /** @param since when the request began, in milliseconds since 1970 */
  begin(method: string, since: number): void {
    this.change(method, 1, since)
    // Written now, because the request may block or crash this process.
    if (this.write !== undefined) this.flush()
  }

  end(method: string, since: number): void {
    this.change(method, -1, -since)
    this.table[answeredCell]!++
    if (this.write === undefined || this.late) return
    this.late = true
    // Delayed, because the next request writes the table anyway.
    setImmediate(() => this.late && this.flush())
  }

  /** Called when every open request has been counted. */
  clear(): void {
    let open = 0
    for (let at = 0; at < answeredCell; at += rowWidth) open += this.table[at]!
    this.table.fill(0, 0, answeredCell)
    this.table[answeredCell]! += open
    this.flush()
  }

  /** Writes what the file does not have yet. */
  flush(): void {
    this.late = false
    this.write?.(new Uint8Array(this.table.buffer, 0, tableBytes))
  }

  private change(method: string, count: number, since: number): void {
    const row = methods.indexOf(method)
    const at = (row < 0 ? methods.length - 1 : row) * rowWidth
    this.table[at]! += count
    this.table[at + 1]! += since
  }
}

/** Maps a file into memory; available with the native addon. */
export type MapFile = (descriptor: number, offset: number, length: number) => ArrayBuffer

/** Opens the table that the supervisor passed to this worker, or one that is not shared if there is none. */
export function openTable(descriptor: number | undefined, map: MapFile | undefined): OpenRequests {
  try {
    if (descriptor === undefined || fstatSync(descriptor).size !== tableBytes) return new OpenRequests()
    if (map === undefined) {
      return new OpenRequests(new ArrayBuffer(tableBytes), (bytes) => {
        // If the table cannot be written, lost requests are not counted; requests continue.
        try {
          writeSync(descriptor, bytes, 0, bytes.length, 0)
        } catch {}
      })
    }
    const memory = map(descriptor, 0, tableBytes)
    // Processes that this worker starts must not inherit the descriptor.
    closeSync(descriptor)
    return new OpenRequests(memory)
  } catch {
    return new OpenRequests()
  }
}

/** The table of a worker, for the supervisor. */
export class OpenRequestsFile {
  private constructor(readonly descriptor: number) {}

  /** @returns undefined if no file can be created: then the requests of killed workers are not counted */
  static create(directory: string): OpenRequestsFile | undefined {
    const path = join(directory, `promhive-open-${process.pid}-${monotonicNow()}-${Math.random()}`)
    let descriptor: number | undefined
    try {
      const { O_RDWR, O_CREAT, O_EXCL } = constants
      descriptor = openSync(path, O_RDWR | O_CREAT | O_EXCL, 0o600)
      rmSync(path, { force: true })
      // Written, not only extended: a store into a mapping of a hole may fail for lack of memory.
      writeSync(descriptor, new Uint8Array(tableBytes), 0, tableBytes, 0)
      return new OpenRequestsFile(descriptor)
    } catch {
      // The disk is full; otherwise each started worker would leak a descriptor.
      if (descriptor !== undefined) closeSync(descriptor)
      return undefined
    }
  }

  /** Reads the answered and open requests, and closes the file. */
  take(now = Date.now()): WorkerTally {
    const table = new Float64Array(cells)
    try {
      readSync(this.descriptor, table, 0, tableBytes, 0)
    } catch {
      table.fill(0)
    }
    closeSync(this.descriptor)
    const lost = methods.flatMap((method, row): LostRequests[] => {
      const [count, since] = [table[row * rowWidth]!, table[row * rowWidth + 1]!]
      // The content comes from the worker, so it is checked like any input.
      if (!Number.isInteger(count) || count <= 0 || count > mostLost) return []
      const seconds = (now - since / count) / 1000
      return [{ method, count, seconds: seconds >= 0 && seconds < 1e9 ? seconds : 0 }]
    })
    const answered = table[answeredCell]!
    return { answered: Number.isSafeInteger(answered) && answered > 0 ? answered : 0, lost }
  }
}

/** The maximum number of open requests that is plausible. */
const mostLost = 100_000
