import type { ScriptConnection } from '../../../src/store/redis/script.js'
import type { ServiceSnapshotOptions } from '../../../src/store/redis/service-snapshot.js'

/** The connection, with something done before each call. */
export function intercepted(
  options: ServiceSnapshotOptions,
  before: (...call: Parameters<ScriptConnection['run']>) => unknown,
): ServiceSnapshotOptions {
  const { connection } = options
  const run: ScriptConnection['run'] = async (...call) => {
    await before(...call)
    return connection.run(...call)
  }
  return { ...options, connection: { run, close: () => connection.close() } }
}
