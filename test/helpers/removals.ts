import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { loadBinding } from '#native'
import type { MetricsError } from '../../src/model/errors.js'
import { MemoryStore } from '../../src/store/memory/memory-backend.js'
import { controlName, removalsByte } from '../../src/store/shared/format.js'
import { SharedBackend } from '../../src/store/shared/shared-backend.js'
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
