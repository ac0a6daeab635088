import type { Connection } from '../../../src/store/redis/script.js'
import type { ShelfOptions } from '../../../src/store/redis/shelf.js'

/** The connection, with something done before each call. */
export function intercepted(
  options: ShelfOptions,
  before: (...call: Parameters<Connection['run']>) => unknown,
): ShelfOptions {
  const { connection } = options
  const run: Connection['run'] = async (...call) => {
    await before(...call)
    return connection.run(...call)
  }
  return { ...options, connection: { run, close: () => connection.close() } }
}
