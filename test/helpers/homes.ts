import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Merged } from '../../src/gather/choose-tables.js'
import { Merger } from '../../src/gather/merge.js'
import { ProcessContext } from '../../src/runtime/process-context.js'
import type { Backend, Store, WriterSnapshot } from '../../src/store/contract.js'
import { MemoryStore } from '../../src/store/memory/memory-backend.js'
import type { SeatRole } from '../../src/store/shared/seat-numbers.js'
import { noPause } from './writers.js'

/** A process as its metrics see it; several of them fit into one test. Without a directory it counts in memory, alone. */
export class TestProcess extends ProcessContext {
  private memory: MemoryStore | undefined

  /** @param role what the process is to the application; by default, as the process of the test */
  constructor(
    dir?: string,
    private readonly role: SeatRole = 'process',
  ) {
    super()
    if (dir === undefined) this.memory = new MemoryStore()
    else this.configure({ dir, strict: true, selfMetrics: false })
    onTestFinished(() => this.end())
  }

  override store(): Store {
    return this.memory ?? super.store()
  }

  override seatRole(): SeatRole {
    return this.role
  }

  /** Releases its seat, as the kernel does for a process that ends. Later counts reach no other process. */
  end(): void {
    const { backend } = this as unknown as { readonly backend?: Backend }
    backend?.close?.()
    this.memory ??= new MemoryStore()
  }

  /** Its counts in memory, as the writer on a seat. */
  snapshot(seat: number): WriterSnapshot {
    return { ...this.memory!.snapshot().writers[0]!, seat }
  }
}

/** A directory for processes to count in, removed with the test. */
export function freshDirectory(): string {
  const directory = mkdtempSync(
    join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), `promhive-home-${process.env.TEST_RUN ?? ''}-`),
  )
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

/** What several processes counted, each in memory, merged. */
export function mergedOf(processes: readonly TestProcess[]): Promise<Merged> {
  return new Merger().merge(
    processes.map((process, i) => process.snapshot(i + 1)),
    noPause,
  )
}
