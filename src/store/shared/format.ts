/** The files of a shared directory, version 1. `docs/file-format.md` describes them. */

export const magic = Buffer.from([0x89, 0x50, 0x48, 0x56, 0x0d, 0x0a, 0x1a, 0x0a])
export const major = 1
export const minor = 0
/** Reads as 0x04030201 where the byte order is reversed. */
export const byteOrderTag = 0x01020304

/** The size of the control file's head and of a values file's head; slots begin after it. */
export const headerSize = 4096
/**
 * The initial size of a values file in bytes, head included; it grows by whole multiples of it. A whole number of pages,
 * also on Apple silicon, so that each part of a file has pages of its own.
 */
export const firstSize = 16 * 1024
const largestStep = 4 * 1024 * 1024

/**
 * Returns by how many bytes a file of this size grows: a quarter of its size, because reserved space occupies memory,
 * and at least `least`.
 */
export function stepAfter(size: number, least: number): number {
  return Math.ceil(Math.max(Math.min(size / 4, largestStep), least) / firstSize) * firstSize
}

/** Bytes 0 to 55 never change after creation; the checksum at 56 covers them. */
export const fixedSize = 56

/** Byte offsets in the head of a values file. */
export const at = {
  magic: 0,
  major: 8,
  minor: 10,
  byteOrder: 12,
  headerSize: 16,
  seat: 20,
  /** 16 random bytes: names the numbering of this file's slots. */
  logId: 24,
  runId: 40,
  checksum: 56,
  kind: 60,
  // The owner; written at creation and at each adoption.
  pid: 64,
  threadId: 68,
  startTicks: 72,
  startedAt: 80,
  pidNamespace: 88,
  epoch: 96,
  state: 100,
  // The fields that change while the owner counts.
  used: 128,
  dropped: 132,
  logBytes: 136,
  heartbeat: 144,
  /** The position up to which the owner has carried out removals. */
  removals: 152,
  /** Cells in the exemplars file. */
  exemplars: 160,
  /** Incremented before and after the series file is rewritten, so it is odd during that. */
  logEdition: 164,
  /** Incremented before and after a buffered owner writes slots, so it is odd during that. */
  flushes: 168,
  /** 16 random bytes: the name of the owner's liveness file; 0 if it has none. Written with the owner. */
  livenessId: 176,
} as const

/** The end of the bytes that an owner writes in the head. */
export const movingEnd = 192

/** Byte offsets in the control file; magic, versions, byte order and runId have the same offsets as in a values file. */
export const controlAt = {
  /** Changes whenever any process removes series. */
  gate: 128,
  /** Position of the first removal that is still in the file. */
  base: 136,
  /** Position after the last one. */
  end: 144,
} as const

export const kinds = { mapped: 1, buffered: 2 } as const
export type SeatKind = (typeof kinds)[keyof typeof kinds]

export const states = { adopting: 0, ready: 1, closed: 2 } as const

/** Byte 0 of a values file: locked exclusively for as long as its owner lives. */
export const ownerByte = 0
/** Byte 0 of the control file: locked shared by every member of the run, exclusively by a process that begins a run. */
export const runByte = 0
/** Byte 1 of the control file: locked by a process that adds a removal. */
export const removalsByte = 1
/** Byte 2 of the control file: locked shared by processes that have joined the run. */
export const memberByte = 2

export const controlName = 'control'
/** Claimed by a process that begins a run without the addon's locks. */
export const beginningName = '.beginning'
/** Claimed by a process that adds a removal without the addon's locks. */
export const removalsName = '.removing'
/** Locked or claimed by the process that does a task for all: the flushes of a host, or an exporter. */
export const leaderName = (task?: string): string => (task === undefined ? '.leader' : `.leader-${task}`)
export const valuesName = (seat: number): string => `${String(seat).padStart(4, '0')}.values`
export const exemplarsName = (seat: number): string => `${String(seat).padStart(4, '0')}.exemplars`
export const seriesName = (seat: number): string => `${String(seat).padStart(4, '0')}.series`
/** The announcement of the target of the process that has this seat. */
export const targetName = (seat: number): string => `${String(seat).padStart(4, '0')}.target`
/** Claimed by a process that takes over a seat without the addon's locks. */
export const seatName = (seat: number): string => String(seat).padStart(4, '0')
/** A claim of one process on a name. */
export const claimName = (name: string, id: string): string => `${name}.claim-${id}`
/** Held open by an owner for as long as it lives. */
export const livenessName = (id: string): string => `.alive-${id}`

/** Returns the number of the seat whose values file has this name. */
export function seatOf(name: string): number | undefined {
  const match = /^(\d{4,9})\.values$/.exec(name)
  return match === null ? undefined : Number(match[1])
}

/** Whether a file name is that of a target's announcement. */
export function isTargetName(name: string): boolean {
  return /^\d{4,9}\.target$/.test(name)
}

/** Whether a file name is that of a claim. */
export function isClaimName(name: string): boolean {
  return /\.claim-[0-9a-f]{16}$/.test(name)
}

/** Returns the id in the name of a liveness file. */
export function livenessIdOf(name: string): string | undefined {
  return /^\.alive-([0-9a-f]{32})$/.exec(name)?.[1]
}

/** Whether a file name is one of promhive's; only such files are ever removed. */
export function isOurs(name: string): boolean {
  return /^(?:\d{4,9}\.(?:values|series|exemplars|target)|(?:\d{4,9}|\.(?:removing|beginning|leader(?:-[\w-]+)?))\.claim-[0-9a-f]+|\.alive-[0-9a-f]{32}|\.tmp-[\w-]+|\.leader(?:-[\w-]+)?|bad-[\w.-]+)$/.test(
    name,
  )
}
