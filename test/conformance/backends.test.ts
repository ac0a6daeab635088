import { afterAll, beforeAll, describe, test, vi } from 'vitest'
import { loadBinding } from '../../src/platform/addon.js'
import type { Backend } from '../../src/store/contract.js'
import { MemoryBackend, MemoryStore } from '../../src/store/memory/memory-backend.js'
import { SharedBackend } from '../../src/store/shared/shared-backend.js'
import { backendConformance, type Conforming } from '../../src/testing.js'
import { Stage } from '../helpers/processes/stage.js'

const framework = { describe, test }
const everything = { manyWriters: true, outlivesWriters: true, exemplars: true }

backendConformance(
  'memory',
  {
    create: () => () => new MemoryBackend(),
    supports: { manyWriters: false, outlivesWriters: false, exemplars: true },
  },
  framework,
)

const { binding } = loadBinding()
if (binding !== undefined) {
  backendConformance('mmap', { create: onDirectory(binding), supports: everything }, framework)
}

backendConformance('buffered', { create: onDirectory(null), supports: everything }, framework)

describe('without /proc', () => {
  beforeAll(() => void vi.stubEnv('PROMHIVE_PROC', 'off'))
  afterAll(() => void vi.unstubAllEnvs())
  backendConformance('buffered', { create: onDirectory(null), supports: everything }, framework)
})

/** Backends that share a directory, as processes would. */
function onDirectory(addon: typeof binding | null): Conforming['create'] {
  return (after) => {
    const stage = new Stage()
    after(() => stage.clear())
    const directory = stage.directory()
    return (): Backend =>
      new SharedBackend({
        directory,
        onError(error) {
          throw error
        },
        overflow: (seat) => new MemoryStore(seat),
        binding: addon ?? null,
      })
  }
}
