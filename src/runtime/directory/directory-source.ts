import { loadBinding } from '../../platform/addon.js'
import type { Backend, Source } from '../../store/contract.js'
import { PythonSource } from '../../store/python/python-source.js'
import { FileViews } from '../../store/shared/file-views.js'
import { SharedBackend } from '../../store/shared/shared-backend.js'
import { SharedSource } from '../../store/shared/shared-source.js'

/** Returns a source of all processes that count in a directory, read from outside. */
export function directorySource(directory: string): Source {
  return withPython(new SharedSource(directory, loadBinding().binding), directory)
}

/** Returns the source of a backend; that of a directory also shows the processes that use Python's client. */
export function sourceOf(backend: Backend): Source {
  return backend instanceof SharedBackend ? withPython(backend.openSource(), backend.directory) : backend.openSource()
}

function withPython(source: Source, directory: string): Source {
  const python = new PythonSource(directory, new FileViews(loadBinding().binding))
  return {
    async read(pause) {
      const reading = await source.read(pause)
      const { writers, errors, incomplete, selfFamilies = [] } = await python.read(pause)
      return {
        ...reading,
        writers: [...reading.writers, ...writers],
        errors: [...reading.errors, ...errors],
        incomplete: reading.incomplete ?? incomplete,
        selfFamilies: [...(reading.selfFamilies ?? []), ...selfFamilies],
      }
    },
    close() {
      source.close()
      python.close()
    },
  }
}
