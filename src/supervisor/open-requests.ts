import { closeSync, constants, fstatSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { monotonicNow, setImmediate } from '../platform/timers.js'

/*
 * A worker that is killed cannot count the requests that it was answering. So each worker keeps a table of them, by method,
 * in a file without a name that the supervisor has open too, and reads when the worker has ended. The supervisor never maps
 * it: a file that another process can truncate must not end it. The table also has how many requests the worker has
 * answered: unlike the metrics, that number is of this run alone, whatever the backend.
 */

/** The methods that have a row; any other method is counted in the last row. */
const methods = 'CONNECT DELETE GET HEAD OPTIONS PATCH POST PUT QUERY TRACE _OTHER'.split(' ')
/** Of each row: how many requests are open, and the sum of the times at which they began, in milliseconds since 1970. */
const rowWidth = 2
/** The last cell: how many requests the worker has answered. */
const answeredCell = methods.length * rowWidth
const cells = answeredCell + 1
export const tableBytes = cells * Float64Array.BYTES_PER_ELEMENT

/** Requests of one method that ended with their worker. */
export interface LostRequests {
  readonly method: string
  readonly count: number
  /** How long they had been open, on average. */
  readonly seconds: number
}

/** The table of a worker that has ended. */
export interface WorkerTally {
  /** How many requests it answered, failed ones included. */
  readonly answered: number
  readonly lost: readonly LostRequests[]
}

/** The table of a worker, as the worker writes it. */
export class OpenRequests {
  private readonly table: Float64Array
  /** Whether the file lacks the end of a request. */
  private late = false

  /** @param write called after changes with all bytes, where the memory is not the file itself */
  constructor(
    memory: ArrayBuffer = new ArrayBuffer(tableBytes),
    private readonly write?: (bytes: Uint8Array) => void,
  ) {
    this.table = new Float64Array(memory, 0, cells)
  }

  /** @param since when the request began, in milliseconds since 1970 */
  begin(method: string, since: number): void {
    this.change(method, 1, since)
    // Now: the request may block this process, or crash it.
    if (this.write !== undefined) this.flush()
  }

  end(method: string, since: number): void {
    this.change(method, -1, -since)
    this.table[answeredCell]!++
    if (this.write === undefined || this.late) return
    this.late = true
    // The next request writes it too, and costs nothing more then.
    setImmediate(() => this.late && this.flush())
  }

  /** Every open request has been counted. */
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

/** Maps a file into memory, where the native addon can. */
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
    // What this worker starts must not inherit it.
    closeSync(descriptor)
    return new OpenRequests(memory)
  } catch {
    return new OpenRequests()
  }
}

/** The table of a worker, as the supervisor has it. */
export class OpenRequestsFile {
  private constructor(readonly descriptor: number) {}

  /** @returns undefined where no file can be made: the requests of killed workers are not counted then */
  static create(directory: string): OpenRequestsFile | undefined {
    const path = join(directory, `promhive-open-${process.pid}-${monotonicNow()}-${Math.random()}`)
    let descriptor: number | undefined
    try {
      const { O_RDWR, O_CREAT, O_EXCL } = constants
      descriptor = openSync(path, O_RDWR | O_CREAT | O_EXCL, 0o600)
      rmSync(path, { force: true })
      // Written, not only made longer: a store into a mapping of a hole may find no memory.
      writeSync(descriptor, new Uint8Array(tableBytes), 0, tableBytes, 0)
      return new OpenRequestsFile(descriptor)
    } catch {
      // A full disk: each worker that is started would cost a descriptor.
      if (descriptor !== undefined) closeSync(descriptor)
      return undefined
    }
  }

  /** Reads what the worker has answered and what was open, and closes the file. */
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
      // What a worker wrote is checked like any input.
      if (!Number.isInteger(count) || count <= 0 || count > mostLost) return []
      const seconds = (now - since / count) / 1000
      return [{ method, count, seconds: seconds >= 0 && seconds < 1e9 ? seconds : 0 }]
    })
    const answered = table[answeredCell]!
    return { answered: Number.isSafeInteger(answered) && answered > 0 ? answered : 0, lost }
  }
}

/** No worker answers more requests at a time. */
const mostLost = 100_000
