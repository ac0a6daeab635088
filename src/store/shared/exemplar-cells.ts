import { join } from 'node:path'
import { type Exemplar, exemplarFrom } from '../../model/exemplar.js'
import type { PlacedExemplar } from '../contract.js'
import { crc32 } from './checksum.js'
import { closeQuietly, freeName, openForWriting, readAt, removeQuietly, writeAt } from './files.js'
import { exemplarsName } from './format.js'
import { isUsable } from './ownership.js'
import type { Seat } from './seat.js'

/*
 * The exemplars file: cells of 512 bytes. A cell is added with the first exemplar of a series, and overwritten by the
 * next one.
 *
 * 0 u32 CRC-32 of the bytes from 4 to the end of the text   4 u32 length of the text, 0 for a free cell 8 u32 first
 * slot of the series   12 u32 bucket   16 f64 value   24 f64 unix seconds   32 the labels, JSON
 */

const cellSize = 512
const textAt = 32

/**
 * Writes the exemplars of a seat for its owner. Exemplars are rate-limited, so one small write per cell is fast enough.
 */
export class ExemplarCells {
  private fd: number | undefined
  /** By first slot of the series, and bucket. */
  private readonly cells = new Map<number, Map<number, number>>()
  private readonly free: number[] = []

  constructor(
    private readonly directory: string,
    private readonly seat: Seat,
  ) {
    if (!seat.adopted) removeQuietly(join(directory, exemplarsName(seat.number)))
  }

  /** Throws the error of the disk. */
  write(slot: number, bucket: number, { labels, value, timestamp = 0 }: Exemplar): void {
    const text = Buffer.from(JSON.stringify(labels))
    if (text.length > cellSize - textAt) return
    const fd = this.open()
    const { head } = this.seat
    const cell = this.cells.get(slot)?.get(bucket) ?? this.free.pop() ?? head.exemplars
    const bytes = Buffer.alloc(textAt + text.length)
    bytes.writeUInt32LE(text.length, 4)
    bytes.writeUInt32LE(slot, 8)
    bytes.writeUInt32LE(bucket, 12)
    bytes.writeDoubleLE(value, 16)
    bytes.writeDoubleLE(timestamp, 24)
    text.copy(bytes, textAt)
    bytes.writeUInt32LE(crc32(bytes, 4), 0)
    writeAt(fd, bytes, cell * cellSize)
    this.keep(slot, bucket, cell)
    if (cell === head.exemplars) head.exemplars = cell + 1
  }

  /** Forgets the exemplars of a series whose slots will be reused. */
  drop(slot: number): void {
    if (this.seat.head.exemplars === 0) return
    const fd = this.open()
    const buckets = this.cells.get(slot)
    for (const [bucket, cell] of buckets ?? []) {
      writeAt(fd, Buffer.alloc(textAt), cell * cellSize)
      buckets!.delete(bucket)
      this.free.push(cell)
    }
    this.cells.delete(slot)
  }

  close(): void {
    if (this.fd !== undefined) closeQuietly(this.fd)
  }

  /** Opens the file at the first exemplar, and reads the cells of an earlier owner. */
  private open(): number {
    if (this.fd !== undefined) return this.fd
    const path = join(this.directory, exemplarsName(this.seat.number))
    // Exemplars are optional: an unusable entry of that name is removed.
    if (!isUsable(path)) freeName(path)
    this.fd = openForWriting(path, true)
    const count = this.seat.head.exemplars
    const taken = new Map(readCells(this.fd, count).map((read) => [read.cell, read]))
    for (let cell = 0; cell < count; cell++) {
      const read = taken.get(cell)
      if (read === undefined) this.free.push(cell)
      else this.keep(read.slot, read.bucket, cell)
    }
    return this.fd
  }

  private keep(slot: number, bucket: number, cell: number): void {
    const buckets = this.cells.get(slot)
    if (buckets === undefined) this.cells.set(slot, new Map([[bucket, cell]]))
    else buckets.set(bucket, cell)
  }
}

/** Reads the exemplars of a writer. Skips a cell that is being written; the next scrape shows it. */
export function readExemplars(fd: number, count: number): PlacedExemplar[] {
  return readCells(fd, count)
}

function readCells(fd: number, count: number): (PlacedExemplar & { readonly cell: number })[] {
  const bytes = Buffer.alloc(count * cellSize)
  const whole = Math.ceil(readAt(fd, bytes, bytes.length, 0) / cellSize)
  const cells: (PlacedExemplar & { readonly cell: number })[] = []
  for (let cell = 0; cell < whole; cell++) {
    const from = cell * cellSize
    const length = bytes.readUInt32LE(from + 4)
    const end = from + textAt + length
    if (length === 0 || length > cellSize - textAt || crc32(bytes, from + 4, end) !== bytes.readUInt32LE(from)) continue
    const labels = labelsFrom(bytes.toString('utf8', from + textAt, end))
    const timestamp = bytes.readDoubleLE(from + 24)
    const exemplar = exemplarFrom({ labels, value: bytes.readDoubleLE(from + 16), timestamp })
    if (exemplar === undefined) continue
    cells.push({ cell, slot: bytes.readUInt32LE(from + 8), bucket: bytes.readUInt32LE(from + 12), exemplar })
  }
  return cells
}

function labelsFrom(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}
