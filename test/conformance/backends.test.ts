import { loadBinding } from '#native'
import type { Backend } from '../../src/store/backend.js'
import { MemoryBackend, MemoryStore } from '../../src/store/memory/memory-backend.js'
import { SharedBackend } from '../../src/store/shared/shared-backend.js'
import type { Stage } from '../helpers/processes/stage.js'
import { storeConformance } from './store-conformance.js'

storeConformance('memory', {
  create: () => () => new MemoryBackend(),
  supports: { manyWriters: false, outlivesWriters: false, exemplars: true },
})

const { binding } = loadBinding()
if (binding !== undefined) {
  storeConformance('mmap', {
    create: (stage) => onDirectory(stage, binding),
    supports: { manyWriters: true, outlivesWriters: true, exemplars: true },
  })
}

storeConformance('buffered', {
  create: (stage) => onDirectory(stage, null),
  supports: { manyWriters: true, outlivesWriters: true, exemplars: true },
})

/** Backends that share a directory, as processes would. */
function onDirectory(stage: Stage, addon: typeof binding | null): () => Backend {
  const directory = stage.directory()
  return () =>
    new SharedBackend({
      directory,
      onError(error) {
        throw error
      },
      overflow: (seat) => new MemoryStore(seat),
      binding: addon ?? null,
    })
}
