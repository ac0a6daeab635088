import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import type { MetricsError } from '../../src/model/errors.js'
import { loadBinding } from '../../src/platform/addon.js'
import { MemoryStore } from '../../src/store/memory/memory-backend.js'
import { controlName, ownerByte, removalsByte } from '../../src/store/shared/format.js'
import { SharedBackend } from '../../src/store/shared/shared-backend.js'
import type { SharedStore } from '../../src/store/shared/shared-store.js'
import type { Stage } from './processes/stage.js'

/** One more writer of a directory, with the addon; its faults are kept. */
export function mappedWriter(stage: Stage, directory: string) {
  const faults: MetricsError[] = []
  const backend = new SharedBackend({
    directory,
    onError: (error) => void faults.push(error),
    overflow: (seat) => new MemoryStore(seat),
  })
  stage.after(() => backend.close())
  const store = backend.openStore()
  return { backend, store, source: backend.openSource(), faults }
}

export type MappedWriter = ReturnType<typeof mappedWriter>

/** Holds the lock on a directory's removals, as a process that was stopped over it does. */
export function holdRemovals(directory: string): () => void {
  const fd = openSync(join(directory, controlName), 'r+')
  if (!loadBinding().binding!.lock(fd, removalsByte, 2)) throw new Error('the lock is held already')
  return () => {
    loadBinding().binding!.lock(fd, removalsByte, 0)
    closeSync(fd)
  }
}

/** Parts of a writer that a test takes in its own hands. */
interface Inside {
  timers: NodeJS.Timeout[]
  store: unknown
  noticeSoon(): void
}

/** A writer that carries out removals only when it counts, or when the test takes a step of its `noticing`. */
export function steppedWriter(stage: Stage, directory: string) {
  const writer = mappedWriter(stage, directory)
  const inside = writer.backend as unknown as Inside
  for (const timer of inside.timers.splice(0)) clearInterval(timer)
  inside.noticeSoon = () => {}
  const store = writer.store as SharedStore
  return {
    ...writer,
    store,
    /** Ends as a process does that is killed: its lock is released, and nothing more is written. */
    kill(): void {
      const { fd } = store.seat as unknown as { readonly fd: number }
      loadBinding().binding!.lock(fd, ownerByte, 0)
      inside.store = undefined
    },
  }
}

export type SteppedWriter = ReturnType<typeof steppedWriter>
