/** What the addon gives: bytes, lengths, file descriptors, processes. Each throws an Error with an errno name as `code`. */
export interface Binding {
  /** A writable shared mapping of the range; unmapped when the ArrayBuffer is collected. */
  map(fd: number, offset: number, length: number): ArrayBuffer
  /** Makes the bytes exist, so that a store into a mapping of them cannot raise SIGBUS. */
  reserve(fd: number, offset: number, length: number): void
  /** Mode 0 unlocks, 1 takes the byte shared, 2 exclusive. False when another holds it. Never waits. */
  lock(fd: number, byte: number, mode: 0 | 1 | 2): boolean
  /** Whether another open file holds the byte. Takes nothing; read access is enough. */
  probe(fd: number, byte: number): boolean
  /** Takes notice of a child's end, so that the kernel forgets it; false while it runs. Never waits. */
  reap(pid: number): boolean
}
export declare function loadBinding(): { binding?: Binding; reason?: string }
